import { feedCounters, type Field } from '@tcpscope/filter';
import type { Statement } from '../answer.js';
import type { FeedMetric, FeedQuestion } from '../question.js';
import { span } from '../range.js';
import { Bindings } from './bindings.js';

const columns = new Map(feedCounters.map(({ name, column }) => [name, `\`${column}\``]));
const columnOf = (name: string) => columns.get(name)!;
const identifier = (field: Field) => ('column' in field ? `\`${field.column}\`` : '');

/**
 * A number over all rows of a group. What nobody knows is null, and no part of a sum; a ratio divides by what belongs to
 * the rows whose numerator is known.
 */
function measure(metric: FeedMetric): string {
  if (metric.kind === 'counter') {
    return `sumOrNull(${columnOf(metric.name)})`;
  }
  const over = metric.numerator.map(columnOf).join(' + ');
  const under = metric.denominator.map(columnOf).join(' + ');
  return `sumOrNull(${over}) / nullIf(sumIf(${under}, isNotNull(${over})), 0)`;
}

function measures(metrics: readonly FeedMetric[]): string[] {
  return metrics.map((metric, i) => `${measure(metric)} AS m${i}`);
}

function inRange({ range }: FeedQuestion, bindings: Bindings): string {
  return `ts >= ${bindings.second(range.from)} AND ts < ${bindings.second(range.to)}`;
}

/**
 * Captures, one row each: their names, numbers, the last reason for which verdicts were not given, and how many rows there
 * are. Those with the highest values come first; what is unknown comes last.
 */
export function feedStatement(question: FeedQuestion): Statement {
  const { metrics, groupBy, order, limit } = question;
  const bindings = new Bindings();
  const keys = groupBy.map(identifier);
  const orders = order.map(({ field, direction }) => {
    const at = metrics.indexOf(field as FeedMetric);
    return `${at < 0 ? identifier(field) : `m${at}`} ${direction === 'asc' ? 'ASC' : 'DESC'} NULLS LAST`;
  });
  const sql = [
    `SELECT ${[...keys, ...measures(metrics), "argMaxIf(reason, ts, reason != '') AS why"].join(', ')}`,
    'FROM feed',
    `WHERE ${inRange(question, bindings)}`,
    `GROUP BY ${keys.join(', ')}`,
    `ORDER BY ${[...orders, ...keys].join(', ')}`,
    `LIMIT ${limit + 1}`,
  ].join('\n');
  return { what: 'How good the captures were', sql, parameters: bindings.parameters };
}

/** The same over time, for captures that were chosen: start of the bucket, names, numbers. */
export function feedBucketsStatement(
  question: FeedQuestion,
  step: number,
  captures: ReadonlyArray<readonly string[]>
): Statement {
  const { metrics, groupBy } = question;
  const bindings = new Bindings();
  const keys = groupBy.map(identifier);
  const chosen = captures.map(
    (names) => `(${keys.map((key, i) => `${key} = ${bindings.bind(names[i]!, 'String')}`).join(' AND ')})`
  );
  const sql = [
    `SELECT ${[`intDiv(toUnixTimestamp(ts), ${step}) * ${step} AS bucket`, ...keys, ...measures(metrics)].join(', ')}`,
    'FROM feed',
    `WHERE ${inRange(question, bindings)} AND (${chosen.join(' OR ')})`,
    `GROUP BY ${['bucket', ...keys].join(', ')}`,
    `ORDER BY ${['bucket', ...keys].join(', ')}`,
  ].join('\n');
  return { what: `How good the captures were, in buckets of ${span(step)}`, sql, parameters: bindings.parameters };
}
