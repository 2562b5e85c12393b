import { counters, fields, type Field, type Ratio } from './catalogue/index.js';
import { combine, referencedFields, type Comparison, type Expression, type Operand } from './expression.js';
import { enumeration, mayBeNull, type RowKind } from './fields/lookup.js';
import { printFilter } from './print.js';
import { numberOf } from './values/number.js';

/** A remark on a filter that is valid but may not select what its writer expects. */
export interface Advice {
  readonly code: 'ratio-null' | 'null-comparison' | 'unequal-null' | 'long-handshake' | 'rst-without-connection';
  /** One or two sentences. */
  readonly message: string;
  /** The whole filter, rewritten; null when there is nothing to rewrite. */
  readonly suggestion: string | null;
}

/** Remarks on a filter about rows of one kind, in the order of its parts. */
export function advise(expression: Expression | null, rows: RowKind = 'windows'): Advice[] {
  if (expression === null) {
    return [];
  }
  const advice = positiveParts(expression).flatMap((part) =>
    part.kind === 'compare' ? remarks(part, expression) : []
  );
  return rows === 'windows' ? [...advice, ...withoutConnection(expression)] : advice;
}

/** The tests that a row passes to match, those under `not` left out: there, null counts the other way round. */
function positiveParts(expression: Expression): readonly Expression[] {
  const joined = expression.kind === 'and' || expression.kind === 'or';
  return joined ? expression.operands.flatMap(positiveParts) : [expression];
}

function remarks(part: Comparison, whole: Expression): Advice[] {
  const rewritten = (by: Expression | null) => (by === null ? null : printFilter(replace(whole, part, by)));
  return [
    ...nullComparison(part, rewritten),
    ...ratioNull(part, whole, rewritten),
    ...unequalNull(part, whole, rewritten),
    ...longHandshake(part, rewritten),
  ];
}

type Rewritten = (by: Expression | null) => string | null;

function replace(within: Expression, part: Expression, by: Expression): Expression {
  if (within === part) {
    return by;
  }
  if (within.kind === 'and' || within.kind === 'or') {
    const operands = within.operands.map((operand) => replace(operand, part, by));
    return combine(within.kind, operands) ?? within;
  }
  return within;
}

/** `x = null` is never true; `is null` was meant. */
function nullComparison({ left, operator, right }: Comparison, rewritten: Rewritten): Advice[] {
  if (right.kind !== 'null' || left.kind === 'null' || (operator !== '=' && operator !== '!=')) {
    return [];
  }
  const suggestion = rewritten({ kind: 'is null', not: operator === '!=', operand: left });
  return [{ code: 'null-comparison', message: 'A comparison with null never matches. Write is null.', suggestion }];
}

/** `syn.ratio > 3` leaves out whoever never connected, and these are often the worst. */
function ratioNull(part: Comparison, whole: Expression, rewritten: Rewritten): Advice[] {
  const { left, operator, right } = part;
  const ratio = left.kind === 'field' && left.field.kind === 'ratio' ? left.field : undefined;
  const connections = counters.find((counter) => counter.name === 'ct.count');
  const count = ratio === undefined ? undefined : numeratorField(ratio);
  if (ratio?.unit !== 'per connection' || count === undefined || connections === undefined) {
    return [];
  }
  const few = plain(right);
  if (
    few === null ||
    (operator !== '>' && operator !== '>=') ||
    mentions(whole, connections) ||
    testsNull(whole, ratio)
  ) {
    return [];
  }
  const none = compareWith(connections, '=', { kind: 'number', value: 0, suffix: null });
  const alone = combine('and', [compareWith(count, operator, few), none]);
  const suggestion = rewritten(alone === null ? null : combine('or', [part, alone]));
  const message = `${ratio.name} is null where no connection succeeded, and null matches nothing.`;
  return [{ code: 'ratio-null', message, suggestion }];
}

/** A share of something counted is a number of it: 150% of the connections is 1.5 for each. */
function plain(right: Operand): Operand | null {
  if (right.kind === 'number') {
    return right.suffix === '%' ? { kind: 'number', value: numberOf(right), suffix: null } : right;
  }
  return right.kind === 'variable' ? right : null;
}

/** The counter or sum that a ratio divides. */
function numeratorField({ numerator }: Ratio): Field | undefined {
  const same = (terms: readonly string[]) => terms.join() === numerator.join();
  return fields.find(
    (field) => (field.kind === 'counter' && same([field.name])) || (field.kind === 'sum' && same(field.terms))
  );
}

const compareWith = (field: Field, operator: Comparison['operator'], right: Operand): Comparison => ({
  kind: 'compare',
  operator,
  left: { kind: 'field', field },
  right,
});

const mentions = (expression: Expression, field: Field) => referencedFields(expression).includes(field);

function testsNull(expression: Expression, field: Field): boolean {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.operands.some((operand) => testsNull(operand, field));
    case 'not':
      return testsNull(expression.operand, field);
    case 'is null':
      return expression.operand.kind === 'field' && expression.operand.field === field;
    default:
      return false;
  }
}

/** `aborter != client` leaves out connections that nobody aborted. */
function unequalNull(part: Comparison, whole: Expression, rewritten: Rewritten): Advice[] {
  const { left, operator, right } = part;
  if (operator !== '!=' || left.kind !== 'field' || right.kind === 'null' || right.kind === 'field') {
    return [];
  }
  if (enumeration(left.field) === undefined || !mayBeNull(left.field) || testsNull(whole, left.field)) {
    return [];
  }
  const suggestion = rewritten(combine('or', [part, { kind: 'is null', not: false, operand: left }]));
  const message = `Rows without a value of ${left.field.name} do not match, not even !=.`;
  return [{ code: 'unequal-null', message, suggestion }];
}

/** Handshakes of 10 s and more are rare; whoever writes 200 means milliseconds. */
function longHandshake(part: Comparison, rewritten: Rewritten): Advice[] {
  const { left, right } = part;
  const bare = right.kind === 'number' && right.suffix === null && right.value >= 10;
  if (!bare || left.kind !== 'field' || !/^ct($|\.(avg|net|max|p\d\d)$)/.test(left.field.name)) {
    return [];
  }
  const suggestion = rewritten({ ...part, right: { ...right, suffix: 'ms' } });
  const message = `A number without a suffix is in seconds. Write ${right.value}ms for milliseconds.`;
  return [{ code: 'long-handshake', message, suggestion }];
}

/** The accurate form of "RST but no connection" does not depend on where the time range begins. */
function withoutConnection(expression: Expression): Advice[] {
  const parts = expression.kind === 'and' ? expression.operands : [];
  const is = (name: RegExp, operator: Comparison['operator']) => (part: Expression) =>
    part.kind === 'compare' &&
    part.operator === operator &&
    part.left.kind === 'field' &&
    name.test(part.left.field.name) &&
    part.right.kind === 'number' &&
    part.right.value === 0;
  const reset = parts.find(is(/^rst\.count(\.|$)/, '>'));
  const none = parts.find(is(/^ct\.count$/, '='));
  const counted = reset?.kind === 'compare' && reset.left.kind === 'field' ? reset.left.field.name : undefined;
  const accurate = fields.find((field) => field.name === counted?.replace('rst.count', 'rst.noconn'));
  if (reset === undefined || none === undefined || accurate === undefined) {
    return [];
  }
  const test = compareWith(accurate, '>', { kind: 'number', value: 0, suffix: null });
  const others = parts.filter((part) => part !== reset && part !== none);
  const message = `This also matches connections that were opened before the time range. ${accurate.name} counts only RST without any connection.`;
  return [{ code: 'rst-without-connection', message, suggestion: printFilter(combine('and', [test, ...others])) }];
}
