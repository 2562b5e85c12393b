import {
  combine,
  parseFilter,
  printFilter,
  referencedFields,
  splitConjuncts,
  type Dimension,
  type Expression,
  type FilterProblem,
  type RowKind,
} from '@tcpscope/filter';
import { errorKinds, TcpscopeError } from '../errors.js';
import { adHocCondition } from './ad-hoc.js';
import type { Notice } from './answer.js';
import type { Scope, WireAdHoc } from './model.js';

/** What an answer is limited to. */
export interface Condition {
  /** Chooses rows before anything is added up: the parts of the filter that name dimensions alone. */
  readonly where: Expression | null;
  /** Asked of sums: of each conversation over the whole range, or of each group. */
  readonly having: Expression | null;
  readonly scope: Scope;
}

export interface Conditions {
  /** The filter and the ad hoc filters together; null for everything. */
  readonly expression: Expression | null;
  readonly notices: readonly Notice[];
}

/** The catalogue's error for a problem of the filter language. */
export function filterError({ code, message, position, hint }: FilterProblem): TcpscopeError {
  const error = TcpscopeError.received(code, 400, message);
  error.position = { start: position.start, end: position.end };
  if (hint !== undefined) {
    error.hint = hint;
  }
  return error;
}

/** Reads filter text. Throws the problem of the language, with its position. */
export function readFilter(text: string, rows: RowKind): Expression | null {
  const parsed = parseFilter(text, rows, { variables: 'refuse' });
  if (!parsed.ok) {
    throw filterError(parsed.problem);
  }
  return parsed.expression;
}

export function readConditions(text: string, adHoc: readonly WireAdHoc[], rows: RowKind): Conditions {
  const written = readFilter(text, rows);
  const { condition, notices } = adHocCondition(adHoc, rows);
  const parts = [written, condition].filter((part) => part !== null);
  return { expression: combine('and', parts), notices };
}

/** Divides a condition by where it is asked. Throws `queryScope` for a dimension that groups do not have. */
export function conditionFor(
  { expression, notices }: Conditions,
  scope: Scope,
  groupBy: readonly Dimension[]
): { readonly condition: Condition; readonly notices: readonly Notice[] } {
  const { dimensions: where, rest: having } = splitConjuncts(expression);
  const asked = having === null ? [] : referencedFields(having);
  if (scope === 'rows') {
    const stray = asked.find((field) => field.kind === 'dimension' && !groupBy.includes(field));
    if (stray !== undefined) {
      throw new TcpscopeError(errorKinds.queryScope, [stray.name, stray.name]);
    }
  }
  const counted = scope === 'flows' ? asked.filter(({ kind }) => kind === 'distinct') : [];
  const hints = counted.map(({ name }): Notice => {
    const text = `A single conversation has one client, one server and one port, so ${name} is 1 in a filter of scope "flows". Use scope "rows".`;
    return { severity: 'warning', text };
  });
  return { condition: { where, having, scope }, notices: [...notices, ...hints] };
}

/** The condition in one line, for people. */
export function conditionText({ where, having, scope }: Condition): string {
  const parts = [
    ...(where === null ? [] : [`where ${printFilter(where)}`]),
    ...(having === null
      ? []
      : [`${scope === 'flows' ? 'of conversations with' : 'keeping groups with'} ${printFilter(having)}`]),
  ];
  return parts.length === 0 ? '' : ` ${parts.join(', ')}`;
}
