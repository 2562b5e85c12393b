import type { Dimension, Distinct, Counter, Field, Ratio, Sum, TimeMetric } from '@tcpscope/filter';
import type { Parameters } from '../store/engine/engine.js';
import type { QueryKind } from './model.js';

/** What can be measured over a group. */
export type Metric = Counter | Sum | Ratio | TimeMetric | Distinct;

/** Something the reader of an answer must know, such as a limit that was hit. */
export interface Notice {
  readonly severity: 'info' | 'warning';
  readonly text: string;
}

/** A query of the store. `what` says in words what it asks. */
export interface Statement {
  readonly what: string;
  readonly sql: string;
  readonly parameters: Parameters;
}

interface Common {
  readonly kind: QueryKind;
  readonly notices: readonly Notice[];
  /** What was asked of the store, in order. */
  readonly statements: readonly Statement[];
}

export interface Series {
  /** Value of each dimension of `groupBy`, as text. */
  readonly keys: readonly string[];
  /** For each metric a value for each time; null is unknown, or a ratio without a divisor. */
  readonly values: ReadonlyArray<ReadonlyArray<number | null>>;
}

export interface SeriesAnswer extends Common {
  readonly shape: 'series';
  readonly metrics: readonly Metric[];
  readonly groupBy: readonly Dimension[];
  /** Distance of two times, seconds. */
  readonly step: number;
  /** Start of each bucket, seconds since 1970. The first and the last may reach beyond the range. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
}

export type Cell = string | number | boolean | null;

export interface Column {
  readonly name: string;
  /** The field of the catalogue whose unit and meaning the column has; null for others. */
  readonly field: Field | null;
  readonly type: 'string' | 'number' | 'boolean' | 'time';
  /** Times are milliseconds since 1970. */
  readonly values: readonly Cell[];
  /** Of times: the nanoseconds behind each millisecond. */
  readonly nanos?: readonly number[];
  /** One sentence, where the field's own does not say it. */
  readonly summary?: string;
  /** What a null of a ratio means: `infinite` when there was something to divide in every such row, `none` when in none. */
  readonly nulls?: 'infinite' | 'none' | 'mixed';
  /** Tells columns of the same name apart. */
  readonly labels?: Readonly<Record<string, string>>;
  /** It says something about the row and does not name it: no label of a series in alert rules. */
  readonly describes?: true;
  /** Unit, for columns without a field. */
  readonly unit?: Field['unit'];
}

export interface TableAnswer extends Common {
  readonly shape: 'table';
  readonly columns: readonly Column[];
  readonly rows: number;
  /** Whether a limit cut rows off. */
  readonly more: boolean;
}

/** A query that is hidden, or that asks for nothing yet. */
export interface EmptyAnswer extends Common {
  readonly shape: 'empty';
}

export type Answer = SeriesAnswer | TableAnswer | EmptyAnswer;
