import type { FieldInfo, OrderBy, QueryKind } from '../types';

/** Which controls a kind of query has, and what it starts with. */
export interface KindInfo {
  kind: QueryKind;
  label: string;
  description: string;
  /** What the list of metrics means: numbers over a group or of captures, columns of single connections, or nothing. */
  metrics: 'numbers' | 'feed' | 'columns' | 'none';
  /** Whether a query with an empty list of metrics asks for nothing. */
  needsMetrics: boolean;
  groupBy: boolean;
  /** Which rows the filter is about; null when the kind takes no filter. */
  filter: 'windows' | 'connections' | null;
  /** Whether rows are grouped, so that filtering before and after grouping differ. */
  scope: boolean;
  order: boolean;
  limit: boolean;
  defaultMetrics: string[];
  defaultGroupBy: string[];
  defaultOrder?: OrderBy;
  defaultLimit: number;
}

/** The columns of the theme "TCP Events": counts and ratios side by side, both sides apart. */
const tcpEvents = [
  'syn.count',
  'ct.count',
  'syn.ratio',
  'fin.count.clt',
  'fin.count.srv',
  'rst.count.clt',
  'rst.count.srv',
  'rst.ratio.srv',
  'refused.count',
  'noanswer.count',
];

const byServerResets: OrderBy = { field: 'rst.count.srv', direction: 'desc' };

/** What makes verdicts impossible when it is high. */
const feedShares = ['feed.drops.share', 'feed.gaps.share', 'feed.oneway.share', 'feed.missed.share'];

/** Kinds about captures as a whole, which no filter knows. */
const ofCaptures = {
  metrics: 'feed',
  needsMetrics: true,
  groupBy: true,
  filter: null,
  scope: false,
  order: true,
  limit: true,
  defaultGroupBy: ['probe', 'interface'],
} satisfies Partial<KindInfo>;

export const kinds: Record<QueryKind, KindInfo> = {
  timeseries: {
    kind: 'timeseries',
    label: 'Time series',
    description: 'Metrics over time, one series for each group',
    metrics: 'numbers',
    needsMetrics: true,
    groupBy: true,
    filter: 'windows',
    scope: true,
    order: true,
    limit: true,
    defaultMetrics: ['rst.ratio.clt', 'rst.ratio.srv'],
    defaultGroupBy: [],
    defaultLimit: 10,
  },
  top: {
    kind: 'top',
    label: 'Top',
    description: 'The groups with the highest values over the time range, as a table',
    metrics: 'numbers',
    needsMetrics: true,
    groupBy: true,
    filter: 'windows',
    scope: true,
    order: true,
    limit: true,
    defaultMetrics: tcpEvents,
    defaultGroupBy: ['client.ip'],
    defaultOrder: byServerResets,
    defaultLimit: 10,
  },
  conversations: {
    kind: 'conversations',
    label: 'Conversations',
    description: 'Each client with each server and port: their metrics, and why their connections ended',
    metrics: 'numbers',
    needsMetrics: false,
    groupBy: true,
    filter: 'windows',
    scope: false,
    order: true,
    limit: true,
    defaultMetrics: tcpEvents,
    defaultGroupBy: [],
    defaultOrder: byServerResets,
    defaultLimit: 100,
  },
  connections: {
    kind: 'connections',
    label: 'Connections',
    description: 'Single connections: how each one ended, who ended it and why',
    metrics: 'columns',
    needsMetrics: false,
    groupBy: false,
    filter: 'connections',
    scope: false,
    order: true,
    limit: true,
    defaultMetrics: [],
    defaultGroupBy: [],
    defaultOrder: { field: 'start', direction: 'desc' },
    defaultLimit: 100,
  },
  closes: {
    kind: 'closes',
    label: 'How connections ended',
    description: 'How many connections ended in which way',
    metrics: 'none',
    needsMetrics: false,
    groupBy: true,
    filter: 'windows',
    scope: true,
    order: false,
    limit: true,
    defaultMetrics: [],
    defaultGroupBy: [],
    defaultLimit: 10,
  },
  causes: {
    kind: 'causes',
    label: 'Why connections ended',
    description: 'How many connections ended for which cause, and how sure that is',
    metrics: 'none',
    needsMetrics: false,
    groupBy: true,
    filter: 'connections',
    scope: false,
    order: false,
    limit: true,
    defaultMetrics: [],
    defaultGroupBy: [],
    defaultLimit: 100,
  },
  findings: {
    kind: 'findings',
    label: 'Findings',
    description: 'What connections have in common: outages, scans, timers, with what to check next',
    metrics: 'none',
    needsMetrics: false,
    groupBy: false,
    filter: 'connections',
    scope: false,
    order: false,
    limit: true,
    defaultMetrics: [],
    defaultGroupBy: [],
    defaultLimit: 100,
  },
  feed: {
    kind: 'feed',
    label: 'Feed quality',
    description: 'How good each capture was: drops, gaps, what is seen in part only',
    ...ofCaptures,
    defaultMetrics: ['feed.packets', 'feed.rate', ...feedShares, 'feed.duplicates.share', 'feed.evicted', 'feed.poor'],
    defaultLimit: 100,
  },
  feedseries: {
    kind: 'feedseries',
    label: 'Feed quality over time',
    description: 'The same over time, one series for each capture',
    ...ofCaptures,
    defaultMetrics: feedShares,
    defaultLimit: 10,
  },
  values: {
    kind: 'values',
    label: 'Values of a field',
    description: 'The different values of one field, for variables',
    metrics: 'none',
    needsMetrics: false,
    groupBy: false,
    filter: null,
    scope: false,
    order: false,
    limit: true,
    defaultMetrics: [],
    defaultGroupBy: [],
    defaultLimit: 100,
  },
  health: {
    kind: 'health',
    label: 'Capture health',
    description: 'What limits the other numbers: losses, guesses, evictions',
    metrics: 'none',
    needsMetrics: false,
    groupBy: false,
    filter: null,
    scope: false,
    order: false,
    limit: false,
    defaultMetrics: [],
    defaultGroupBy: [],
    defaultLimit: 100,
  },
};

const isMetric = ({ kind }: FieldInfo) => kind !== 'dimension' && kind !== 'attribute';

/** The numbers that can be measured over a group, those that most questions need first. */
export function metricsOf(fields: FieldInfo[]): FieldInfo[] {
  const first = [...new Set([...kinds.timeseries.defaultMetrics, ...tcpEvents])];
  const rank = ({ name }: FieldInfo) => (first.includes(name) ? first.indexOf(name) : first.length);
  return fields.filter((field) => isMetric(field) && !isFeed(field)).sort((a, b) => rank(a) - rank(b));
}

/** The fields of captures as a whole. */
const isFeed = ({ rows }: FieldInfo) => rows === 'feed';

/** The numbers of captures. */
export const feedMetricsOf = (fields: FieldInfo[]) => fields.filter((field) => isMetric(field) && isFeed(field));

/** The fields that a single connection has. */
export const columnsOf = (fields: FieldInfo[]) =>
  fields.filter(({ rows }) => rows === 'both' || rows === 'connections');

/** What tells conversations apart, always. */
const conversationKey = ['client.ip', 'server.ip', 'server.port'];

export const isDimension = (field: FieldInfo) => field.kind === 'dimension' && !isFeed(field);

/** What rows of the kind can be grouped by. */
export function groupsOf(kind: KindInfo, fields: FieldInfo[]): FieldInfo[] {
  return kind.metrics === 'feed'
    ? fields.filter((field) => field.kind === 'dimension' && (isFeed(field) || field.name === 'probe'))
    : fields.filter(isDimension);
}

/** The names that rows of the kind can be ordered by. */
export function orderFields(kind: KindInfo, metrics: string[], groupBy: string[], fields: FieldInfo[]): string[] {
  switch (kind.kind) {
    case 'connections':
      return columnsOf(fields).map((field) => field.name);
    case 'conversations':
      return [...metrics, ...conversationKey, ...groupBy];
    case 'timeseries':
    case 'feedseries':
      // A series is ranked by its value over the whole range; its name says nothing about that.
      return metrics;
    default:
      return [...metrics, ...groupBy];
  }
}
