import { kinds } from './kinds';
import type { AdHocFilter, OrderBy, QueryKind, TcpQuery } from '../types';

/** A query whose every key has a value: what the editor shows and what is sent. */
export type CompleteQuery = TcpQuery &
  Required<Pick<TcpQuery, 'kind' | 'metrics' | 'groupBy' | 'filter' | 'scope' | 'limit' | 'adHoc'>>;

/** The first query of a new panel: who resets connections, over time. */
export const defaultQuery: Omit<CompleteQuery, 'refId'> = {
  kind: 'timeseries',
  metrics: kinds.timeseries.defaultMetrics,
  groupBy: [],
  filter: '',
  scope: 'flows',
  limit: kinds.timeseries.defaultLimit,
  adHoc: [],
};

/** Names as a dashboard has them that was written by hand: the analyzer takes one name for a list, too. */
const listOf = (names: string[] | string | undefined) => (typeof names === 'string' ? [names] : names);

/** The order in the same way: `rst.count asc` for an object. A list of several is left to the analyzer as it is. */
function orderOf(order: OrderBy | string | null | undefined): OrderBy | undefined {
  if (typeof order !== 'string') {
    return order ?? undefined;
  }
  const [, field = '', direction] = /^\s*(.*?)(?:\s+(asc|desc))?\s*$/is.exec(order) ?? [];
  return field === '' ? undefined : { field, direction: direction?.toLowerCase() === 'asc' ? 'asc' : 'desc' };
}

/** Fills what a saved query leaves out, by its kind. A list that was saved empty stays empty. */
export function complete(query: TcpQuery): CompleteQuery {
  const kind = query.kind !== undefined && query.kind in kinds ? query.kind : 'timeseries';
  const info = kinds[kind];
  const filled: CompleteQuery = {
    ...query,
    kind,
    metrics: listOf(query.metrics) ?? info.defaultMetrics,
    groupBy: listOf(query.groupBy) ?? info.defaultGroupBy,
    filter: query.filter ?? '',
    scope: query.scope ?? 'flows',
    limit: query.limit ?? info.defaultLimit,
    adHoc: query.adHoc ?? [],
  };
  const order = orderOf(query.orderBy) ?? (query.metrics ? undefined : info.defaultOrder);
  delete filled.orderBy;
  return order ? { ...filled, orderBy: order } : filled;
}

/** Whether asking makes sense; the panel stays empty, without an error, while the user is still choosing. */
export function isRunnable(query: TcpQuery): boolean {
  const { kind, metrics, field } = complete(query);
  if (kind === 'values') {
    return Boolean(field);
  }
  return !kinds[kind].needsMetrics || metrics.length > 0;
}

const same = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((name, i) => name === b[i]);

/**
 * Another kind of the same query. What the user chose is kept where it means the same to the new kind; what was only the old
 * kind's default gives way to the new one's. Nothing stays that the new kind does not show: alert rules send what is saved.
 */
export function changeKind(query: TcpQuery, kind: QueryKind): CompleteQuery {
  const before = complete(query);
  const [old, next] = [kinds[before.kind], kinds[kind]];
  const keepMetrics =
    old.metrics === next.metrics && before.metrics.length > 0 && !same(before.metrics, old.defaultMetrics);
  // Conversations are told apart by client, server and port already; groups are only what is shown beside them.
  const sameRows = (old.metrics === 'feed') === (next.metrics === 'feed');
  const keepGroups = next.groupBy && sameRows && kind !== 'conversations' && !same(before.groupBy, old.defaultGroupBy);
  const metrics = keepMetrics ? before.metrics : next.defaultMetrics;
  const groupBy = keepGroups ? before.groupBy : next.defaultGroupBy;
  const limit = before.limit === old.defaultLimit ? next.defaultLimit : before.limit;
  const after: CompleteQuery = { ...before, kind, metrics, groupBy, limit };
  delete after.orderBy;
  if (next.filter !== 'windows') {
    delete after.leaveOut;
  }
  const names = [...metrics, ...groupBy];
  if (next.order && kind !== 'connections' && before.orderBy && names.includes(before.orderBy.field)) {
    after.orderBy = before.orderBy;
  } else if (next.defaultOrder) {
    const named = kind === 'connections' || names.includes(next.defaultOrder.field);
    after.orderBy = named ? next.defaultOrder : { field: metrics[0], direction: 'desc' };
  }
  return after;
}

/** What a query of one kind chose, to be taken up again when the user comes back to that kind. */
export type Choices = Pick<TcpQuery, 'metrics' | 'groupBy' | 'orderBy' | 'limit'>;

export function choicesOf(query: TcpQuery): Choices {
  const { metrics, groupBy, orderBy, limit } = complete(query);
  return { metrics, groupBy, orderBy, limit };
}

/** Other metrics or groups; an order by a name that is gone goes too. */
export function changeNames(query: TcpQuery, names: Partial<Pick<TcpQuery, 'metrics' | 'groupBy'>>): CompleteQuery {
  const after = complete({ ...query, ...names });
  const order = after.orderBy;
  if (order && after.kind !== 'connections' && ![...after.metrics, ...after.groupBy].includes(order.field)) {
    delete after.orderBy;
  }
  return after;
}

const describe = ({ key, operator, value, values }: AdHocFilter) =>
  `${key} ${operator} ${values && values.length > 0 ? `{${values.join(', ')}}` : value}`;

/** One line for Explore's history and for collapsed rows. */
export function displayText(query: TcpQuery): string {
  const { kind, metrics, groupBy, filter, adHoc, field } = complete(query);
  const info = kinds[kind];
  const parts = [kind === 'values' ? `Values of ${field ?? '…'}` : info.label];
  if ((info.metrics === 'numbers' || info.metrics === 'feed') && metrics.length > 0) {
    parts.push(metrics.join(', '));
  }
  if (info.groupBy && groupBy.length > 0) {
    parts.push(`by ${groupBy.join(', ')}`);
  }
  if (info.filter !== null) {
    const conditions = [filter.trim(), ...adHoc.map(describe)].filter((text) => text !== '');
    if (conditions.length > 0) {
      parts.push(`where ${conditions.join(' and ')}`);
    }
  }
  return parts.join(' ').replace(/\s+/g, ' ');
}
