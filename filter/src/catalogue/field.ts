/**
 * What a field of the catalogue is. The catalogue is the one list of names: the filter language, the query model,
 * the store's schema, the report's JSON and the reference in docs/ are all made from it.
 */

export type Side = 'client' | 'server';

/** How values are written and compared. `time` is an instant (nanoseconds since 1970 in the store). */
export type ValueType = 'ip' | 'port' | 'integer' | 'number' | 'string' | 'boolean' | 'time';

/** What one unit of the value is. Shares are 0 to 1; `per connection` is a mean of a count. */
export type Unit =
  | 'packets'
  | 'packets per second'
  | 'connections'
  | 'attempts'
  | 'bytes'
  | 'seconds'
  | 'share'
  | 'per connection'
  | 'hosts'
  | 'ports'
  | null;

/**
 * - `dimension`: names a group (an address, a port, a zone); on every row.
 * - `counter`: a stored number that adds up (or keeps its maximum) over rows.
 * - `sum`: counters added together.
 * - `ratio`: sums of counters divided, null when the divisor is 0; never a mean of ratios.
 * - `percentile`: a time that a part of all times in the group stay below, or the longest; null when there is none.
 * - `mean`: the mean of all times in the group; null when there is none.
 * - `distinct`: how many values a dimension takes in the group.
 * - `attribute`: a fact of one connection; only on connections.
 */
export type FieldKind = 'dimension' | 'counter' | 'sum' | 'ratio' | 'percentile' | 'mean' | 'distinct' | 'attribute';

/**
 * Which rows carry a field: 10 s windows of a conversation, rows of single connections, or both; or `feed`, windows of a
 * whole capture, which no filter knows.
 */
export type Rows = 'windows' | 'connections' | 'both' | 'feed';

interface Common {
  /** Canonical name, lower case, dotted: `rst.count.srv`. */
  readonly name: string;
  /** Other names the language accepts: the words of PVQL and of the older custom filters. */
  readonly aliases: readonly string[];
  readonly type: ValueType;
  readonly unit: Unit;
  /** The side that emitted what is counted, or that the value describes; null when neither. */
  readonly side: Side | null;
  /** One sentence for completion lists, tooltips and the reference. */
  readonly summary: string;
  readonly rows: Rows;
}

export interface Dimension extends Common {
  readonly kind: 'dimension';
  readonly column: string;
}

export interface Counter extends Common {
  readonly kind: 'counter';
  readonly column: string;
  /** How rows combine. */
  readonly aggregate: 'sum' | 'max';
  /** Width in a window row; rollups are always 64 bit. `u64` for bytes and sums of microseconds. */
  readonly storage: 'u32' | 'u64';
  /** Stored units in one unit of the field: 1, or 1e6 for seconds that are stored as microseconds. */
  readonly scale: number;
  /** Whether there are captures of which nobody can tell it: it is null then, and NaN in batches. */
  readonly unknown: boolean;
}

export interface Sum extends Common {
  readonly kind: 'sum';
  /** Names of the counters that are added. */
  readonly terms: readonly string[];
}

export interface Ratio extends Common {
  readonly kind: 'ratio';
  /** Names of counters. */
  readonly numerator: readonly string[];
  /** Names of counters; the ratio is null when they add up to 0. */
  readonly denominator: readonly string[];
  /** Why the ratio is null when it is. */
  readonly whenNull: string;
}

/** Times of the rows of windows, as counts of logarithmic buckets: what percentiles and means are found in. */
export interface Histogram {
  readonly name: string;
  readonly column: string;
  readonly summary: string;
}

interface OfTimes extends Common {
  /** Name of the histogram. */
  readonly of: string;
  /** Stored units in one unit of the field. */
  readonly scale: number;
  /** Why it is null when it is. */
  readonly whenNull: string;
}

export interface Percentile extends OfTimes {
  readonly kind: 'percentile';
  /** Per cent of all times that are not above it; 100 is the longest. */
  readonly percent: number;
}

export interface Mean extends OfTimes {
  readonly kind: 'mean';
}

/** What is found in a histogram. */
export type TimeMetric = Percentile | Mean;

export interface Distinct extends Common {
  readonly kind: 'distinct';
  /** Name of the dimension whose values are counted. */
  readonly of: string;
}

export interface Attribute extends Common {
  readonly kind: 'attribute';
  readonly column: string;
  /** The values an enumeration takes, in their natural order. */
  readonly values?: readonly string[];
}

export type Field = Dimension | Counter | Sum | Ratio | TimeMetric | Distinct | Attribute;
