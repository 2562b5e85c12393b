import type { Dimension } from '@tcpscope/filter';
import type { Statement } from '../answer.js';
import { conditionText, type Condition } from '../condition.js';
import { countedBy, type Ingredients } from '../names.js';
import type { Order } from '../question.js';
import type { Segment } from '../segments.js';
import { Bindings } from './bindings.js';
import { addUp, askedBy, columnsOf, conversationOf, neededFor, together, type Needs } from './conversations.js';
import {
  addedUp,
  attempts,
  conditionOn,
  conversationRows,
  grouping,
  hashOf,
  isPerConnection,
  orderTerms,
  tableRows,
  timeOf,
  type Level,
} from './levels.js';
import { sourceOf } from './source.js';

export interface GroupsPlan {
  readonly segments: readonly Segment[];
  readonly condition: Condition;
  readonly groupBy: readonly Dimension[];
  /** What is summed and counted of each group. */
  readonly ingredients: Ingredients;
  readonly order: readonly Order[];
  /** One row more is asked for, to know whether there are more. */
  readonly limit: number;
}

/**
 * Groups over a whole range. Columns of the answer: number of rows behind it, hash of the group (text), each dimension of
 * `groupBy`, the sum of each counter, the number of each distinct count, each metric of times.
 */
export function groupsStatement(plan: GroupsPlan): Statement {
  const { condition, groupBy, ingredients, order, limit } = plan;
  const bindings = new Bindings();
  const { from, level, where, rows, by } = scoped(plan, bindings);
  const read = by === null ? (each: Dimension) => level.column(each) : grouping(level, groupBy).read;
  const columns = [
    `${rows} AS n`,
    `toString(${hashOf(level, groupBy)}) AS h`,
    ...groupBy.map((dimension, i) => `${read(dimension)} AS k${i}`),
    ...ingredients.counters.map((counter, i) => `${level.counter(counter)} AS s${i}`),
    ...ingredients.distincts.map((distinct, i) => `${level.distinct(distinct)} AS u${i}`),
    ...ingredients.times.map((each, i) => `${timeOf(level, each)} AS q${i}`),
  ];
  const terms = [
    ...order.flatMap((each) => orderTerms(level, each, read)),
    ...groupBy.map((dimension) => `${read(dimension)} ASC`),
  ];
  const lines = [
    `SELECT ${columns.join(', ')}`,
    `FROM ${from}`,
    ...(where === null ? [] : [`WHERE ${where}`]),
    ...(by === null || by === '' ? [] : [`GROUP BY ${by}`]),
    ...(groupBy.length === 0 ? [] : [`ORDER BY ${terms.join(', ')}`, `LIMIT ${limit + 1}`]),
  ];
  const names = groupBy.map(({ name }) => name).join(', ');
  const what = `${names === '' ? 'Totals' : `Groups by ${names}`}${conditionText(condition)}`;
  return { what, sql: lines.join('\n'), parameters: bindings.parameters };
}

/** Where the rows of a statement come from and what is still to be done with them. */
interface Scoped {
  readonly from: string;
  readonly level: Level;
  readonly where: string | null;
  /** SQL of the number of rows behind a group. */
  readonly rows: string;
  /** What the rows are grouped by; null when they are groups already. */
  readonly by: string | null;
}

/** Rows of the range; where a filter asks sums first, the groups or the conversations of the range that match. */
function scoped(plan: GroupsPlan, bindings: Bindings): Scoped {
  const { segments, condition, groupBy } = plan;
  const { where, having, scope } = condition;
  const needs = needsOf(plan);
  if (having === null) {
    const from = sourceOf(segments, columnsOf(needs), where, bindings);
    return { from, level: tableRows, where: null, rows: 'count()', by: grouping(tableRows, groupBy).by };
  }
  const asked = askedBy(having);
  const key = conversationOf(having, groupBy);
  if (scope === 'rows' || key.every((dimension) => groupBy.includes(dimension))) {
    const all = together(needs, asked);
    const from = addUp(sourceOf(segments, columnsOf(all), where, bindings), groupBy, all);
    const of = scope === 'rows' ? 'groups' : 'conversations';
    return { from, level: addedUp, where: conditionOn(of, having, bindings), rows: 'c_rows', by: null };
  }
  // What is counted as different is counted over conversations, later: they carry the values.
  const counted = needs.distincts.map(countedBy);
  const all = together(
    { ...needs, dimensions: [...key, ...needs.dimensions, ...counted], distincts: [] },
    { ...asked, distincts: [] }
  );
  const from = addUp(sourceOf(segments, columnsOf(all), where, bindings), key, all);
  return {
    from,
    level: conversationRows,
    where: conditionOn('conversations', having, bindings),
    rows: 'count()',
    by: grouping(conversationRows, groupBy).by,
  };
}

function needsOf({ ingredients, order, groupBy }: GroupsPlan): Needs {
  const ordered = order.map(({ field }) => field);
  const fields = [...ingredients.counters, ...ingredients.distincts, ...ingredients.times, ...ordered];
  const infinite = ordered.some(isPerConnection) ? [attempts] : [];
  return neededFor([...fields, ...infinite], groupBy);
}
