import { findField, type Dimension, type Field } from '@tcpscope/filter';
import type { z } from 'zod';
import { errorKinds, TcpscopeError } from '../errors.js';
import type { Metric, Notice } from './answer.js';
import { conditionFor, readConditions } from './condition.js';
import { defaultRows, defaultSeries, type QueryConfig } from './config.js';
import { closeMix, connectionColumns, conversationDetails, resetRatios, serverResets, tcpEvents } from './defaults.js';
import { healthNames } from './health-numbers.js';
import { querySchema, queryKinds, type QueryKind, type WireQuery } from './model.js';
import { connectionFieldOf, conversationKey, dimensionOf, isMetric, metricOf } from './names.js';
import { feedDimensionOf, feedGroups, feedMetricOf, feedNumbers, feedShares } from './feed-names.js';
import type { Order, Question } from './question.js';
import { readInstants, windowsIn } from './range.js';

/** Points of a series when nobody says how many are of use. */
const defaultPoints = 500;

/** Understands a query as it was sent. Throws errors of the catalogue, the first thing that is wrong. */
export function readQuestion(input: unknown, config: QueryConfig): Question {
  const parsed = querySchema.safeParse(input);
  if (!parsed.success) {
    throw new TcpscopeError(errorKinds.queryInvalid, [issueText(parsed.error)]);
  }
  const query = parsed.data;
  const kind = kindOf(query);
  if (query.hide === true || isUntouched(query)) {
    return { kind, shape: 'empty', notices: [] };
  }
  return questionOf(kind, query, config);
}

/** The first issue in words: where, and what is wrong. */
export function issueText({ issues }: z.core.$ZodError): string {
  const [issue] = issues;
  const where = issue?.path.join('.') ?? '';
  return `${where === '' ? '' : `"${where}": `}${issue?.message ?? 'unreadable'}`.slice(0, 300);
}

function kindOf({ kind, queryType }: WireQuery): QueryKind {
  // Grafana itself saves an empty queryType.
  const name = kind || queryType || 'timeseries';
  const known = queryKinds.find((each) => each === name);
  if (known === undefined) {
    throw new TcpscopeError(errorKinds.queryKind, [name, queryKinds.join(', ')]);
  }
  return known;
}

/** A query in which nobody has chosen anything yet. */
function isUntouched({ kind, queryType, metrics, groupBy, filter, field }: WireQuery): boolean {
  return !kind && !queryType && !metrics?.length && !groupBy?.length && !filter?.trim() && !field;
}

function questionOf(kind: QueryKind, query: WireQuery, config: QueryConfig): Question {
  switch (kind) {
    case 'timeseries':
      return timeseries(query, config);
    case 'top':
      return top(query, config);
    case 'conversations':
      return conversations(query, config);
    case 'closes':
      return closes(query, config);
    case 'connections':
      return connections(query, config);
    case 'causes':
      return causes(query, config);
    case 'findings':
      return findings(query, config);
    case 'feed':
    case 'feedseries':
      return feed(kind, query, config);
    case 'values':
      return values(query, config);
    case 'health':
      return health(query);
  }
}

/** What all questions about windows have in common. */
function ranged(query: WireQuery, config: QueryConfig, groupBy: readonly Dimension[], scope = scopeOf(query)) {
  const { instants, notices } = readInstants(query.from, query.to, config.range);
  const conditions = readConditions(query.filter ?? '', query.adHoc ?? [], 'windows');
  const { condition, notices: more } = conditionFor(conditions, scope, groupBy);
  return {
    range: windowsIn(instants),
    leaveOut: unique(query.leaveOut ?? []),
    condition,
    notices: [...notices, ...more],
  };
}

const scopeOf = ({ scope, filterScope }: WireQuery) => scope ?? filterScope ?? 'flows';

const unique = <T>(items: readonly T[]): T[] => [...new Set(items)];

/** Chosen metrics; the default when the query does not say, none when it says none. */
function metricsOf({ metrics }: WireQuery, byDefault: readonly Metric[]): readonly Metric[] {
  return metrics ? unique(metrics.map(metricOf)) : byDefault;
}

const dimensionsOf = ({ groupBy }: WireQuery) => unique((groupBy ?? []).map(dimensionOf));

function timeseries(query: WireQuery, config: QueryConfig): Question {
  const kind = 'timeseries';
  const metrics = metricsOf(query, resetRatios);
  const groupBy = dimensionsOf(query);
  const { notices, ...common } = ranged(query, config, groupBy);
  const [first] = metrics;
  if (first === undefined) {
    return { kind, shape: 'empty', notices: [] };
  }
  const { limit, notices: cut } = limitOf(query, defaultSeries, config.series, 'series');
  const order = ordersOf(query, (name) => metricOrder(name, metrics)) ?? [{ field: first, direction: 'desc' }];
  return {
    ...{ kind, shape: kind, ...common, metrics, groupBy, order, limit, points: config.points },
    intervalMs: query.intervalMs ?? 0,
    maxDataPoints: query.maxDataPoints || defaultPoints,
    notices: [...notices, ...cut],
  };
}

function top(query: WireQuery, config: QueryConfig): Question {
  const kind = 'top';
  const metrics = metricsOf(query, tcpEvents);
  const groupBy = dimensionsOf(query);
  const { notices, ...common } = ranged(query, config, groupBy);
  const [first] = metrics;
  if (first === undefined) {
    return { kind, shape: 'empty', notices: [] };
  }
  const { limit, notices: cut } = limitOf(query, defaultRows, config.rows, 'rows');
  const byDefault = query.metrics ? first : serverResets;
  const order = ordersOf(query, (name) => groupOrder(name, metrics, groupBy)) ?? [
    { field: byDefault, direction: 'desc' },
  ];
  const all = [...notices, ...cut];
  return { kind, shape: 'groups', ...common, metrics, groupBy, order, limit, seen: false, notices: all };
}

function conversations(query: WireQuery, config: QueryConfig): Question {
  const kind = 'conversations';
  const metrics = query.metrics?.length ? metricsOf(query, []) : tcpEvents;
  const named = dimensionsOf(query);
  const groupBy = unique([...conversationKey, ...(named.length > 0 ? named : conversationDetails)]);
  // A row is a conversation, so both scopes are the same; this one splits it by what the filter names.
  const { notices, ...common } = ranged(query, config, groupBy, 'flows');
  const { limit, notices: cut } = limitOf(query, defaultRows, config.rows, 'rows');
  const order = ordersOf(query, (name) => groupOrder(name, metrics, groupBy)) ?? [
    { field: serverResets, direction: 'desc' },
  ];
  const all = [...notices, ...cut];
  return { kind, shape: 'groups', ...common, metrics, groupBy, order, limit, seen: true, notices: all };
}

function closes(query: WireQuery, config: QueryConfig): Question {
  const groupBy = dimensionsOf(query);
  const { notices, ...common } = ranged(query, config, groupBy);
  const most = Math.max(1, Math.floor(config.rows / closeMix.length));
  const { limit, notices: cut } = limitOf(query, defaultSeries, most, 'groups');
  return { kind: 'closes', shape: 'closes', ...common, groupBy, limit, notices: [...notices, ...cut] };
}

function connections(query: WireQuery, config: QueryConfig): Question {
  const kind = 'connections';
  const names = query.metrics?.length ? query.metrics : connectionColumns;
  const columns = unique(names.map(connectionFieldOf));
  const { instants, notices } = readInstants(query.from, query.to, config.range);
  const { expression, notices: more } = readConditions(query.filter ?? '', query.adHoc ?? [], kind);
  const { limit, notices: cut } = limitOf(query, defaultRows, config.rows, 'rows');
  const order = ordersOf(query, connectionOrder) ?? [{ field: connectionFieldOf('start'), direction: 'desc' }];
  const all = [...notices, ...more, ...cut];
  return { kind, shape: kind, instants, columns, filter: expression, order, limit, notices: all };
}

/** A question about connections that ended in the range. */
function ended(query: WireQuery, config: QueryConfig, what: string) {
  const { instants, notices } = readInstants(query.from, query.to, config.range);
  const { expression, notices: more } = readConditions(query.filter ?? '', query.adHoc ?? [], 'connections');
  const { limit, notices: cut } = limitOf(query, defaultRows, config.rows, what);
  return { instants, filter: expression, limit, notices: [...notices, ...more, ...cut] };
}

function causes(query: WireQuery, config: QueryConfig): Question {
  return { kind: 'causes', shape: 'causes', groupBy: dimensionsOf(query), ...ended(query, config, 'rows') };
}

function findings(query: WireQuery, config: QueryConfig): Question {
  return { kind: 'findings', shape: 'findings', ...ended(query, config, 'findings') };
}

function feed(kind: 'feed' | 'feedseries', query: WireQuery, config: QueryConfig): Question {
  const overTime = kind === 'feedseries';
  const metrics = query.metrics ? unique(query.metrics.map(feedMetricOf)) : overTime ? feedShares : feedNumbers;
  const groupBy = query.groupBy?.length ? unique(query.groupBy.map(feedDimensionOf)) : feedGroups;
  const { instants, notices } = readInstants(query.from, query.to, config.range);
  const [first] = metrics;
  if (first === undefined) {
    return { kind, shape: 'empty', notices: [] };
  }
  const [most, what] = overTime ? [config.series, 'series'] : [config.rows, 'rows'];
  const { limit, notices: cut } = limitOf(query, overTime ? defaultSeries : defaultRows, most, what);
  const order = ordersOf(query, (name) => feedOrder(name, metrics, groupBy)) ?? [{ field: first, direction: 'desc' }];
  const { intervalMs, maxDataPoints } = query;
  const wishes = { intervalMs: intervalMs ?? 0, maxDataPoints: maxDataPoints || defaultPoints, points: config.points };
  const common = { kind, shape: 'feed', range: windowsIn(instants), metrics, groupBy, order, limit } as const;
  return { ...common, series: overTime ? wishes : null, notices: [...notices, ...cut] };
}

function feedOrder(name: string, metrics: readonly Field[], groupBy: readonly Field[]): Field {
  const choices = [...metrics, ...groupBy];
  const field = choices.find((each) => each.name === name.trim().toLowerCase());
  if (field === undefined) {
    throw unordered(name, choices);
  }
  return field;
}

function values(query: WireQuery, config: QueryConfig): Question {
  const kind = 'values';
  if (!query.field) {
    return { kind, shape: 'empty', notices: [] };
  }
  const search = query.search ?? '';
  const { limit, notices: cut } = limitOf(query, defaultRows, config.rows, 'values');
  const field = findField(query.field.trim(), 'windows') ?? connectionFieldOf(query.field);
  if (field.kind === 'dimension') {
    const { notices, ...common } = ranged(query, config, [field]);
    return { kind, shape: kind, ...common, field, search, limit, notices: [...notices, ...cut] };
  }
  if (field.kind !== 'attribute' || field.type === 'time' || field.type === 'number') {
    throw new TcpscopeError(errorKinds.queryFieldValues, [field.name, 'a number or a time']);
  }
  const { instants, notices } = readInstants(query.from, query.to, config.range);
  const { expression, notices: more } = readConditions(query.filter ?? '', query.adHoc ?? [], 'connections');
  const all = [...notices, ...more, ...cut];
  return { kind, shape: 'facts', instants, field, filter: expression, search, limit, notices: all };
}

function health({ metrics }: WireQuery): Question {
  const numbers = unique((metrics ?? []).map((name) => name.trim()));
  const unknown = numbers.find((name) => !healthNames.includes(name));
  if (unknown !== undefined) {
    const what = `there is no number of capture health "${unknown}", but ${healthNames.join(', ')}`;
    throw new TcpscopeError(errorKinds.queryInvalid, [what]);
  }
  return { kind: 'health', shape: 'health', numbers, notices: [] };
}

function limitOf(
  { limit }: WireQuery,
  byDefault: number,
  most: number,
  what: string
): { readonly limit: number; readonly notices: readonly Notice[] } {
  const wanted = typeof limit === 'string' ? (limit.trim() === '' ? null : Number(limit)) : limit;
  if (wanted === null || wanted === undefined) {
    return { limit: Math.min(byDefault, most), notices: [] };
  }
  if (!Number.isSafeInteger(wanted) || wanted < 1) {
    throw new TcpscopeError(errorKinds.queryInvalid, [`"limit" is ${wanted}, but must be a whole number from 1`]);
  }
  if (wanted <= most) {
    return { limit: wanted, notices: [] };
  }
  const text = `At most ${most} ${what} are answered; the limit of ${wanted} was lowered.`;
  return { limit: most, notices: [{ severity: 'warning', text }] };
}

/** The orders of a query; null when it names none. */
function ordersOf({ orderBy }: WireQuery, fieldOf: (name: string) => Field): readonly Order[] | null {
  const orders = orderBy === null || orderBy === undefined ? [] : Array.isArray(orderBy) ? orderBy : [orderBy];
  const read = orders
    .map((order) => (typeof order === 'string' ? readOrder(order) : order))
    .filter(({ field }) => field.trim() !== '')
    .map(({ field, direction }) => ({ field: fieldOf(field), direction }));
  return read.length === 0 ? null : read;
}

function readOrder(text: string): { field: string; direction: 'asc' | 'desc' } {
  const [, field = '', direction] = /^\s*(.*?)(?:\s+(asc|desc))?\s*$/is.exec(text) ?? [];
  return { field, direction: direction?.toLowerCase() === 'asc' ? 'asc' : 'desc' };
}

function unordered(name: string, choices: readonly Field[]): TcpscopeError {
  const list = choices.map((choice) => choice.name).join(', ');
  return new TcpscopeError(errorKinds.queryOrder, [name, list]);
}

function metricOrder(name: string, metrics: readonly Metric[]): Field {
  const field = findField(name.trim(), 'windows');
  if (field === undefined || !isMetric(field)) {
    throw unordered(name, metrics);
  }
  return field;
}

function groupOrder(name: string, metrics: readonly Metric[], groupBy: readonly Dimension[]): Field {
  const field = findField(name.trim(), 'windows');
  const usable = field !== undefined && (isMetric(field) || (field.kind === 'dimension' && groupBy.includes(field)));
  if (!usable) {
    throw unordered(name, [...metrics, ...groupBy]);
  }
  return field;
}

function connectionOrder(name: string): Field {
  const field = findField(name.trim(), 'connections');
  if (field === undefined) {
    throw unordered(name, connectionColumns.map(connectionFieldOf));
  }
  return field;
}
