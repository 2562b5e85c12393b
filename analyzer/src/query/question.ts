import type { Counter, Dimension, Expression, Field, Ratio } from '@tcpscope/filter';
import type { Metric, Notice } from './answer.js';
import type { Condition } from './condition.js';
import type { Omission, QueryKind } from './model.js';
import type { Instants, Range } from './range.js';
import type { LeftOutRows } from './segments.js';

/** A query that is understood: names are fields, times are whole windows, limits are held. Plain data, made by `read.ts`. */
export type Question =
  | TimeseriesQuestion
  | GroupsQuestion
  | ClosesQuestion
  | ConnectionsQuestion
  | CausesQuestion
  | FindingsQuestion
  | FeedQuestion
  | ValuesQuestion
  | FactsQuestion
  | HealthQuestion
  | EmptyQuestion;

/** A number of a capture. */
export type FeedMetric = Counter | Ratio;

export interface Order {
  readonly field: Field;
  readonly direction: 'asc' | 'desc';
}

interface Common {
  readonly kind: QueryKind;
  readonly notices: readonly Notice[];
}

export interface Ranged extends Common {
  readonly range: Range;
  readonly leaveOut: readonly Omission[];
  /** Which conversations these are: found before it is answered. */
  readonly leftOut?: LeftOutRows;
  readonly condition: Condition;
}

export interface TimeseriesQuestion extends Ranged {
  readonly shape: 'timeseries';
  readonly metrics: readonly Metric[];
  readonly groupBy: readonly Dimension[];
  /** What decides which series are shown when there are too many. */
  readonly order: readonly Order[];
  readonly limit: number;
  readonly intervalMs: number;
  readonly maxDataPoints: number;
  readonly points: number;
}

/** Groups and their metrics over the whole range. */
export interface GroupsQuestion extends Ranged {
  readonly shape: 'groups';
  readonly metrics: readonly Metric[];
  readonly groupBy: readonly Dimension[];
  readonly order: readonly Order[];
  readonly limit: number;
  /** Whether the first and the last window of each group, and why its connections ended, are wanted. */
  readonly seen: boolean;
}

export interface ClosesQuestion extends Ranged {
  readonly shape: 'closes';
  readonly groupBy: readonly Dimension[];
  /** Most groups. */
  readonly limit: number;
}

export interface ConnectionsQuestion extends Common {
  readonly shape: 'connections';
  readonly instants: Instants;
  readonly columns: readonly Field[];
  readonly filter: Expression | null;
  readonly order: readonly Order[];
  readonly limit: number;
}

/** Why connections ended that ended in a range. */
export interface CausesQuestion extends Common {
  readonly shape: 'causes';
  readonly instants: Instants;
  readonly groupBy: readonly Dimension[];
  readonly filter: Expression | null;
  readonly limit: number;
}

/** What groups of connections that ended in a range have in common. */
export interface FindingsQuestion extends Common {
  readonly shape: 'findings';
  readonly instants: Instants;
  readonly filter: Expression | null;
  readonly limit: number;
}

/** How good captures were, over the whole range or over time. */
export interface FeedQuestion extends Common {
  readonly shape: 'feed';
  readonly range: Range;
  readonly metrics: readonly FeedMetric[];
  readonly groupBy: readonly Dimension[];
  readonly order: readonly Order[];
  readonly limit: number;
  /** Where the answer is over time: how far points may lie apart. Null for one row each. */
  readonly series: Pick<TimeseriesQuestion, 'intervalMs' | 'maxDataPoints' | 'points'> | null;
}

/** Values of a dimension. */
export interface ValuesQuestion extends Ranged {
  readonly shape: 'values';
  readonly field: Dimension;
  readonly search: string;
  readonly limit: number;
}

/** Values of a fact of single connections. */
export interface FactsQuestion extends Common {
  readonly shape: 'facts';
  readonly instants: Instants;
  readonly field: Field;
  readonly filter: Expression | null;
  readonly search: string;
  readonly limit: number;
}

export interface HealthQuestion extends Common {
  readonly shape: 'health';
  /** Names of what is wanted; empty for all. */
  readonly numbers: readonly string[];
}

export interface EmptyQuestion extends Common {
  readonly shape: 'empty';
}
