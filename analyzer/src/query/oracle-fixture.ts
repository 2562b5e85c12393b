import {
  counters,
  dimensions,
  evaluate,
  histograms,
  parseFilter,
  referencedFields,
  splitConjuncts,
  valueOfField,
  type Dimension,
  type Distinct,
  type Expression,
  type FilterValue,
  type StoredField,
} from '@tcpscope/filter';
import type { Store } from '../store/store.js';
import type { Metric } from './answer.js';
import { keyValue } from './keys.js';
import { countedBy, dimensionOf, metricOf } from './names.js';

/** What the tables of 10 s windows hold, row by row. */
export interface StoredRow {
  /** Start of the window, seconds since 1970. */
  readonly ts: number;
  readonly values: ReadonlyMap<StoredField, FilterValue>;
  /** Times in microseconds by the histogram's name, as often as they were counted. */
  readonly times: ReadonlyMap<string, readonly number[]>;
}

export async function storedRows(store: Pick<Store, 'select'>): Promise<StoredRow[]> {
  const fields = [...dimensions, ...counters];
  const columns = [...fields, ...histograms];
  const sql = `SELECT toUnixTimestamp(ts), ${columns.map(({ column }) => column).join(', ')} FROM conv_10s`;
  const { data, rows } = await store.select(sql, {}, { timeoutMs: 60_000, maxRows: 1_000_000 });
  return Array.from({ length: rows }, (_, row) => ({
    ts: Number(data[0]![row]),
    values: new Map<StoredField, FilterValue>(
      fields.map((field, i) => {
        const value = data[i + 1]![row];
        return [field, field.kind === 'dimension' ? keyValue(field, value) : value === null ? null : Number(value)];
      })
    ),
    times: new Map(
      histograms.map(({ name }, i) => [name, timesIn(data[1 + fields.length + i]![row] as Record<string, unknown>)])
    ),
  }));
}

function timesIn(counts: Readonly<Record<string, unknown>>): number[] {
  return Object.entries(counts).flatMap(([time, count]) => Array<number>(Number(count)).fill(Number(time)));
}

export interface OracleQuery {
  /** Seconds since 1970; windows that begin in [from, to). */
  readonly from: number;
  readonly to: number;
  readonly metrics: readonly string[];
  readonly groupBy: readonly string[];
  readonly filter: string;
  readonly scope: 'flows' | 'rows';
}

/** Groups of rows by the text of some dimensions. */
function groupsOf(rows: readonly StoredRow[], by: readonly Dimension[]): Map<string, StoredRow[]> {
  const groups = new Map<string, StoredRow[]>();
  for (const row of rows) {
    const key = JSON.stringify(by.map((dimension) => row.values.get(dimension)));
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, [row]);
    } else {
      group.push(row);
    }
  }
  return groups;
}

/** The values that a group has: sums, maxima, numbers of different values, and dimensions that its rows share. */
function aggregate(rows: readonly StoredRow[]): (field: StoredField) => FilterValue {
  return (field) => {
    switch (field.kind) {
      case 'counter': {
        // What nobody knows adds nothing, unless nobody knows any of it.
        const known = rows.map((row) => row.values.get(field) ?? null).filter((value) => value !== null);
        if (known.length === 0) {
          return null;
        }
        const values = known.map(Number);
        return field.aggregate === 'max' ? Math.max(0, ...values) : values.reduce((sum, value) => sum + value, 0);
      }
      case 'distinct':
        return different(rows, field);
      case 'mean': {
        const all = rows.flatMap(({ times }) => times.get(field.of)!);
        return all.length === 0 ? null : all.reduce((sum, time) => sum + time, 0) / all.length;
      }
      case 'percentile': {
        const all = rows.flatMap(({ times }) => times.get(field.of)!).sort((a, b) => a - b);
        return all[Math.ceil((all.length * field.percent) / 100) - 1] ?? null;
      }
      default:
        return rows[0]?.values.get(field) ?? null;
    }
  };
}

function different(rows: readonly StoredRow[], field: Distinct): number {
  const dimension = countedBy(field);
  return new Set(rows.map((row) => row.values.get(dimension))).size;
}

/** The rows of a query that count, decided as the documentation says it, by looking at every row. */
function chosenRows(all: readonly StoredRow[], query: OracleQuery): StoredRow[] {
  const { from, to, scope } = query;
  const parsed = parseFilter(query.filter, 'windows');
  if (!parsed.ok) {
    throw new Error(parsed.problem.message);
  }
  const { dimensions: where, rest } = splitConjuncts(parsed.expression);
  const rows = all.filter(
    ({ ts, values }) => ts >= from && ts < to && evaluate(where, (field) => values.get(field) ?? null)
  );
  const groupBy = query.groupBy.map(dimensionOf);
  const by = scope === 'rows' ? groupBy : conversation(rest, groupBy);
  return rest === null
    ? rows
    : [...groupsOf(rows, by).values()].filter((group) => evaluate(rest, aggregate(group))).flat();
}

function conversation(rest: Expression | null, groupBy: readonly Dimension[]): Dimension[] {
  const named = rest === null ? [] : referencedFields(rest).filter((field) => field.kind === 'dimension');
  return [...new Set([...['client.ip', 'server.ip', 'server.port'].map(dimensionOf), ...groupBy, ...named])];
}

function valuesOf(rows: readonly StoredRow[], metrics: readonly Metric[]): Array<number | null> {
  const value = aggregate(rows);
  return metrics.map((metric) => {
    const number = valueOfField(metric, value);
    return typeof number === 'number' ? number : null;
  });
}

/** Each group's key (JSON) and the values of its metrics. */
export function expectedGroups(all: readonly StoredRow[], query: OracleQuery): Map<string, Array<number | null>> {
  const metrics = query.metrics.map(metricOf);
  const groups = groupsOf(chosenRows(all, query), query.groupBy.map(dimensionOf));
  return new Map([...groups].map(([key, rows]) => [key, valuesOf(rows, metrics)]));
}

/** For each group and metric the value of every bucket; undefined where the group has no row. */
export function expectedSeries(
  all: readonly StoredRow[],
  query: OracleQuery,
  step: number,
  times: readonly number[]
): Map<string, Array<Array<number | null | undefined>>> {
  const metrics = query.metrics.map(metricOf);
  const groups = groupsOf(chosenRows(all, query), query.groupBy.map(dimensionOf));
  return new Map(
    [...groups].map(([key, rows]) => {
      const buckets = times.map((time) => {
        const inside = rows.filter(({ ts }) => ts >= time && ts < time + step);
        return inside.length === 0 ? undefined : valuesOf(inside, metrics);
      });
      return [key, metrics.map((_, m) => buckets.map((values) => values?.[m]))];
    })
  );
}
