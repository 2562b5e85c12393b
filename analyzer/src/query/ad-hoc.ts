import {
  combine,
  findField,
  parseFilter,
  quote,
  type Expression,
  type FilterProblem,
  type RowKind,
} from '@tcpscope/filter';
import { errorKinds, TcpscopeError } from '../errors.js';
import type { Notice } from './answer.js';
import type { WireAdHoc } from './model.js';
import { connectionFieldOf } from './names.js';

/**
 * The condition of ad hoc filters. Values are data, never text of the language: each is quoted before it is read, which
 * the language takes for numbers and addresses, too. A dashboard applies its filters to all of its panels, so one that
 * names a field these rows do not have is left out, and a notice says so.
 */
export function adHocCondition(
  filters: readonly WireAdHoc[],
  rows: RowKind
): { readonly condition: Expression | null; readonly notices: readonly Notice[] } {
  const notices: Notice[] = [];
  const conditions = filters.flatMap((filter) => {
    const text = textOf(filter, rows);
    if (text === null) {
      const what = rows === 'windows' ? 'conversations and groups' : 'single connections';
      notices.push({
        severity: 'warning',
        text: `The ad hoc filter on ${filter.key} is left out: ${what} have no such field.`,
      });
      return [];
    }
    const parsed = parseFilter(text, rows, { variables: 'refuse' });
    if (!parsed.ok) {
      throw unusable(filter, parsed.problem);
    }
    return parsed.expression === null ? [] : [parsed.expression];
  });
  return { condition: combine('and', conditions), notices };
}

/** Written in the language; null when these rows lack the field. Throws `queryField` for one that nothing has. */
function textOf({ key, operator, value, values }: WireAdHoc, rows: RowKind): string | null {
  const field = findField(key.trim(), rows);
  if (field === undefined) {
    if (findField(key.trim(), rows === 'windows' ? 'connections' : 'windows') === undefined) {
      throw connectionFieldOf(key);
    }
    return null;
  }
  const several = values !== undefined && values.length > 0 ? values : [value];
  if (field.type === 'boolean' && /^!?=\|?$/.test(operator) && several.every((each) => /^(true|false)$/.test(each))) {
    // The language has no sets of true and false, and no quotes around them.
    const [relation, word] = operator.startsWith('!') ? ['!=', 'and'] : ['=', 'or'];
    const asked = operator.endsWith('|') ? several : [value];
    return asked.map((each) => `${field.name} ${relation} ${each}`).join(` ${word} `);
  }
  const set = `{${several.map(quote).join(', ')}}`;
  switch (operator) {
    case '=|':
      return `${field.name} in ${set}`;
    case '!=|':
      return `${field.name} not in ${set}`;
    case '=~':
      return `${field.name} ~ ${quote(value)}`;
    default:
      return `${field.name} ${operator} ${quote(value)}`;
  }
}

function unusable({ key, operator, value, values }: WireAdHoc, problem: FilterProblem): TcpscopeError {
  const shown = `${key} ${operator} ${values === undefined ? value : values.join(', ')}`.slice(0, 100);
  return new TcpscopeError(errorKinds.queryAdHoc, [shown, problem.message]);
}
