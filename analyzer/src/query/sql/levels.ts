import {
  formulaOf,
  toSql,
  type Counter,
  type Dimension,
  type Distinct,
  type Expression,
  type Field,
  type Histogram,
  type TimeMetric,
  isMaximum,
  isOfTimes,
} from '@tcpscope/filter';
import { countedBy, foundIn, metricOf } from '../names.js';
import type { Order } from '../question.js';
import type { Bindings } from './bindings.js';

/** How fields are written in a part of a statement. */
export interface Level {
  counter(counter: Counter): string;
  distinct(distinct: Distinct): string;
  /** A map of times to how many there are of each, the shortest time first. */
  histogram(histogram: Histogram): string;
  /** Of a dimension that all rows of a group share. */
  dimension(dimension: Dimension): string;
  /** Columns themselves, for keys. */
  column(field: Dimension | Counter | Histogram): string;
}

/** Adds rows up: rows of the tables (prefix ''), or what was added up once already (`c_`). */
function adding(prefix: '' | 'c_'): Level {
  const column = (field: Dimension | Counter | Histogram) => `${prefix}${field.column}`;
  return {
    column,
    counter: (counter) => `${counter.aggregate}(${column(counter)})`,
    distinct: (distinct) => `uniqExact(${column(countedBy(distinct))})`,
    histogram: (histogram) => `sumMap(${column(histogram)})`,
    dimension: (dimension) => `any(${column(dimension)})`,
  };
}

export const tableRows = adding('');
export const conversationRows = adding('c_');

/**
 * Reads what a sub-select has added up. Conditions are asked there and not in HAVING: the engine fails on some functions
 * around aggregates (`match(any(x), '')`: "is not resolved as ordinary function").
 */
export const addedUp: Level = {
  column: (field) => `c_${field.column}`,
  counter: (counter) => `c_${counter.column}`,
  distinct: (distinct) => distinctColumn(distinct),
  histogram: (histogram) => `c_${histogram.column}`,
  dimension: (dimension) => `c_${dimension.column}`,
};

export function distinctColumn({ name }: Distinct): string {
  return `c_${name.replaceAll('.', '_')}`;
}

/** A percentile or mean in stored units, as `percentileOf` and `meanOf` of the filter language find it; null without any time. */
export function timeOf(level: Level, field: TimeMetric): string {
  const times = level.histogram(foundIn(field));
  const counts = `mapValues(${times})`;
  if (field.kind === 'mean') {
    const sum = `arraySum(arrayMap((t, c) -> t * c, mapKeys(${times}), ${counts}))`;
    return `if(empty(${times}), NULL, ${sum} / arraySum(${counts}))`;
  }
  const rank = `arrayFirstIndex(c -> c * 100 >= arraySum(${counts}) * ${field.percent}, arrayCumSum(${counts}))`;
  return `if(empty(${times}), NULL, mapKeys(${times})[${rank}])`;
}

export function hashOf(level: Level, dimensions: readonly Dimension[]): string {
  return dimensions.length === 0 ? '0' : `cityHash64(${dimensions.map((each) => level.column(each)).join(', ')})`;
}

/** What GROUP BY names, and how each dimension is then read. */
export function grouping(
  level: Level,
  dimensions: readonly Dimension[]
): { readonly by: string; readonly read: (dimension: Dimension) => string } {
  // Keys of more than 32 bytes are serialized for every row, which took 881 ms where a hash of them took 510. Two of a
  // million groups share a hash with a probability of 3e-8; they would be shown as one.
  return isWide(dimensions)
    ? { by: hashOf(level, dimensions), read: (dimension) => level.dimension(dimension) }
    : { by: dimensions.map((each) => level.column(each)).join(', '), read: (dimension) => level.column(dimension) };
}

const bytes: Partial<Record<Dimension['type'], number>> = { ip: 16, port: 2, integer: 2 };

function isWide(dimensions: readonly Dimension[]): boolean {
  const width = dimensions.reduce((sum, { type }) => sum + (bytes[type] ?? Infinity), 0);
  return dimensions.length > 1 && width > 32;
}

/**
 * A condition on what was added up. A single conversation has one of everything that can be counted as different, so there
 * is nothing to count.
 */
export function conditionOn(of: 'conversations' | 'groups', expression: Expression, bindings: Bindings): string {
  return toSql(expression, {
    column: (field) => {
      switch (field.kind) {
        case 'counter':
          return addedUp.counter(field);
        case 'distinct':
          return of === 'conversations' ? 'toUInt64(1)' : addedUp.distinct(field);
        case 'dimension':
          return addedUp.dimension(field);
        case 'percentile':
        case 'mean':
          return timeOf(addedUp, field);
        default:
          throw new TypeError(`${field.name} is not on rows of windows`);
      }
    },
    parameter: (value, type) => bindings.bind(value, type),
  });
}

/** Ratios that are infinite rather than unknown when somebody tried and never connected. */
export function isPerConnection(field: Field): boolean {
  return field.kind === 'ratio' && field.unit === 'per connection';
}

export const attempts = metricOf('syn.count') as Counter;

/** Terms of ORDER BY. Nulls never come first; a ratio per connection without any connection counts as infinite. */
export function orderTerms(
  level: Level,
  { field, direction }: Order,
  read: (dimension: Dimension) => string
): string[] {
  const way = `${direction.toUpperCase()} NULLS LAST`;
  if (field.kind === 'dimension') {
    return [`${read(field)} ${way}`];
  }
  if (field.kind === 'distinct') {
    return [`${level.distinct(field)} ${way}`];
  }
  if (isOfTimes(field)) {
    return [`${timeOf(level, field)} ${way}`];
  }
  const formula = formulaOf(field);
  if (formula === null) {
    throw new TypeError(`groups cannot be ordered by ${field.name}`);
  }
  const numerator = total(level, formula.numerator);
  if (formula.denominator === null) {
    return [`${isMaximum(field) ? `nullIf(${numerator}, 0)` : numerator} ${way}`];
  }
  const denominator = total(level, formula.denominator);
  const ratio = `${numerator} / nullIf(${denominator}, 0)`;
  const value = isPerConnection(field)
    ? `if(${denominator} = 0, if(${numerator} > 0 OR ${level.counter(attempts)} > 0, inf, NULL), ${ratio})`
    : ratio;
  // Among those that are infinite, who did it most often comes first.
  return [`${value} ${way}`, `${numerator} ${way}`];
}

function total(level: Level, counters: readonly Counter[]): string {
  const sums = counters.map((counter) => level.counter(counter));
  return sums.length === 1 ? sums[0]! : `(${sums.join(' + ')})`;
}
