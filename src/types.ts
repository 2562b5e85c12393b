import type { DataSourceJsonData } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';

export const queryKinds = [
  'timeseries',
  'top',
  'conversations',
  'connections',
  'closes',
  'causes',
  'findings',
  'feed',
  'feedseries',
  'values',
  'health',
] as const;
export type QueryKind = (typeof queryKinds)[number];

/** What a filter applies to: whole conversations before they are grouped, or the grouped rows. */
export type Scope = 'flows' | 'rows';

/** What an answer does not count: minutes of poor captures, scans, services that close by RST on purpose. */
export type Omission = 'poor-captures' | 'scans' | 'rst-by-design';

export interface OrderBy {
  field: string;
  direction: 'asc' | 'desc';
}

/** A condition that came from a dashboard's ad hoc filters or from a click on a value, kept apart from the user's text. */
export interface AdHocFilter {
  key: string;
  operator: string;
  value: string;
  values?: string[];
}

/** The query model: one flat object, saved in panels and taken by the analyzer as it is. */
export interface TcpQuery extends DataQuery {
  kind?: QueryKind;
  /** Names of counters, sums, ratios and distinct counts. */
  metrics?: string[];
  /** Names of dimensions. */
  groupBy?: string[];
  /** Text in the filter language; empty for everything. */
  filter?: string;
  scope?: Scope;
  /** What is not counted; nothing is left out when it is missing. */
  leaveOut?: Omission[];
  orderBy?: OrderBy;
  /** Most rows or series; a text while it holds a dashboard variable. */
  limit?: number | string;
  /** Kind `values`: the field whose values are asked for, and what they must contain. */
  field?: string;
  search?: string;
  adHoc?: AdHocFilter[];
  /** Name of a series, with {{field}} for the value of a dimension. */
  legend?: string;
}

/** Nothing beyond the HTTP settings that Grafana's own backend reads. */
export type TcpOptions = DataSourceJsonData;

export interface TcpSecureOptions {
  token?: string;
}

/** One field of the analyzer's catalogue (`GET fields`). */
export interface FieldInfo {
  name: string;
  aliases: string[];
  kind: 'dimension' | 'counter' | 'sum' | 'ratio' | 'percentile' | 'mean' | 'distinct' | 'attribute';
  type: 'ip' | 'port' | 'integer' | 'number' | 'string' | 'boolean' | 'time';
  unit: string | null;
  side: 'client' | 'server' | null;
  summary: string;
  /** Which rows carry the field: windows of a conversation, single connections, or both; or captures as a whole. */
  rows: 'windows' | 'connections' | 'both' | 'feed';
  values?: string[];
}

/** What is wrong with a filter. Offsets are UTF-16 units of the text that was sent. */
export interface FilterProblem {
  code: string;
  message: string;
  position?: { start: number; end: number };
  hint?: string;
}

/** The analyzer's judgement of a filter (`POST filter`). */
export interface FilterAnswer {
  ok: boolean;
  problem?: FilterProblem;
  /** Remarks on a filter that is right but may not select what is expected; `filter` is the whole of it, rewritten. */
  advice?: Array<{ code: string; message: string; filter?: string }>;
  canonical?: string;
}
