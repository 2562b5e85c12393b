import type { Dimension, Expression } from '@tcpscope/filter';
import type { Statement } from '../answer.js';
import { conditionText, type Condition } from '../condition.js';
import type { Ingredients } from '../names.js';
import { span } from '../range.js';
import type { Segment } from '../segments.js';
import { Bindings } from './bindings.js';
import { addUp, askedBy, columnsOf, conversationOf, neededFor, together } from './conversations.js';
import { addedUp, conditionOn, hashOf, tableRows, timeOf } from './levels.js';
import { bucket, sourceOf } from './source.js';

export interface BucketsPlan {
  /** Segments whose windows make up buckets. */
  readonly segments: readonly Segment[];
  /** Segments of the range for what is decided before time is divided; these may be coarser. */
  readonly whole: readonly Segment[];
  readonly step: number;
  readonly condition: Condition;
  readonly groupBy: readonly Dimension[];
  /** Hashes of the groups that have a series; null for all rows as one. */
  readonly groups: readonly string[] | null;
  readonly ingredients: Ingredients;
}

/**
 * Groups by time. Which conversations count is decided over the whole range first, and only then is time divided. Columns
 * of the answer: start of the bucket, hash of the group (text), sums of counters, distinct counts, metrics of times.
 */
export function bucketsStatement(plan: BucketsPlan): Statement {
  const { segments, step, condition, groupBy, groups, ingredients } = plan;
  const { where, having, scope } = condition;
  const bindings = new Bindings();
  const filtered = having !== null && scope === 'flows' ? having : null;
  const key = filtered === null ? [] : conversationOf(filtered, groupBy);
  const { counters, distincts, times } = ingredients;
  const measured = [...counters, ...distincts, ...times];
  const columns = columnsOf(neededFor(measured, [...(groups === null ? [] : groupBy), ...key]));
  const group = groups === null ? '0' : hashOf(tableRows, groupBy);
  const chosen = groups === null ? [] : [`${group} IN ${bindings.hashes(groups)}`];
  const matching =
    filtered === null
      ? []
      : [`${hashOf(tableRows, key)} IN (\n${conversationsMatching(plan, filtered, chosen, bindings)}\n)`];
  const conditions = [...chosen, ...matching];
  const sql = [
    `SELECT ${[
      'bucket',
      `toString(${group}) AS h`,
      ...counters.map((counter, i) => `${tableRows.counter(counter)} AS s${i}`),
      ...distincts.map((distinct, i) => `${tableRows.distinct(distinct)} AS u${i}`),
      ...times.map((each, i) => `${timeOf(tableRows, each)} AS q${i}`),
    ].join(', ')}`,
    `FROM ${sourceOf(segments, [bucket(step), ...columns], where, bindings)}`,
    ...(conditions.length === 0 ? [] : [`WHERE ${conditions.join(' AND ')}`]),
    `GROUP BY bucket${groups === null ? '' : `, ${group}`}`,
    'ORDER BY bucket',
  ].join('\n');
  const what = `Series of ${span(step)} buckets${conditionText(condition)}`;
  return { what, sql, parameters: bindings.parameters };
}

/** The conversations of the whole range that a filter keeps. */
function conversationsMatching(
  { whole, condition, groupBy }: BucketsPlan,
  having: Expression,
  chosen: readonly string[],
  bindings: Bindings
): string {
  const key = conversationOf(having, groupBy);
  const needs = together(neededFor([], key), { ...askedBy(having), distincts: [] });
  const source = sourceOf(whole, columnsOf(needs), condition.where, bindings);
  const rows = chosen.length === 0 ? source : `${source}\nWHERE ${chosen.join(' AND ')}`;
  return [
    `SELECT ${hashOf(addedUp, key)}`,
    `FROM ${addUp(rows, key, needs)}`,
    `WHERE ${conditionOn('conversations', having, bindings)}`,
  ].join('\n');
}
