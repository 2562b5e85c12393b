import { kinds } from './kinds';
import type { AdHocFilter, QueryKind, TcpQuery } from '../types';

/** A query whose every key has a value: what the editor shows and what is sent. */
export type CompleteQuery = TcpQuery &
  Required<Pick<TcpQuery, 'kind' | 'metrics' | 'groupBy' | 'filter' | 'scope' | 'limit' | 'adHoc'>>;

const defaultLimit = 10;

/** The first query of a new panel: who resets connections, over time. */
export const defaultQuery: Omit<CompleteQuery, 'refId'> = {
  kind: 'timeseries',
  metrics: kinds.timeseries.defaultMetrics,
  groupBy: [],
  filter: '',
  scope: 'flows',
  limit: defaultLimit,
  adHoc: [],
};

/** Fills what a saved query leaves out, by its kind. A list that was saved empty stays empty. */
export function complete(query: TcpQuery): CompleteQuery {
  const kind = query.kind !== undefined && query.kind in kinds ? query.kind : 'timeseries';
  const info = kinds[kind];
  const filled: CompleteQuery = {
    ...query,
    kind,
    metrics: query.metrics ?? info.defaultMetrics,
    groupBy: query.groupBy ?? info.defaultGroupBy,
    filter: query.filter ?? '',
    scope: query.scope ?? 'flows',
    limit: query.limit ?? defaultLimit,
    adHoc: query.adHoc ?? [],
  };
  if (query.orderBy === undefined && query.metrics === undefined && info.defaultOrder) {
    filled.orderBy = info.defaultOrder;
  }
  return filled;
}

/** Whether asking makes sense; the panel stays empty, without an error, while the user is still choosing. */
export function isRunnable(query: TcpQuery): boolean {
  const { kind, metrics, field } = complete(query);
  if (kind === 'values') {
    return Boolean(field);
  }
  return !kinds[kind].metrics || metrics.length > 0;
}

const same = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((name, i) => name === b[i]);

/**
 * Another kind of the same query. What the user chose is kept where the new kind can use it; what was only the old kind's
 * default gives way to the new one's. Nothing is deleted that a later change back would bring to use again.
 */
export function changeKind(query: TcpQuery, kind: QueryKind): CompleteQuery {
  const before = complete(query);
  const old = kinds[before.kind];
  const next = kinds[kind];
  const untouched = (now: string[], byDefault: string[]) => now.length === 0 || same(now, byDefault);
  const metrics = next.metrics && untouched(before.metrics, old.defaultMetrics) ? next.defaultMetrics : before.metrics;
  const groupBy =
    next.groupBy !== 'none' && untouched(before.groupBy, old.defaultGroupBy) ? next.defaultGroupBy : before.groupBy;
  const after: CompleteQuery = { ...before, kind, metrics, groupBy };
  delete after.orderBy;
  const order = before.orderBy;
  // Rows of connections know other fields than grouped rows, so an order seldom means anything on the other side.
  if (order && next.order && kind !== 'connections' && [...metrics, ...groupBy].includes(order.field)) {
    after.orderBy = order;
  } else if (next.defaultOrder) {
    const named = kind === 'connections' || [...metrics, ...groupBy].includes(next.defaultOrder.field);
    after.orderBy = named ? next.defaultOrder : { field: metrics[0], direction: 'desc' };
  }
  return after;
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
  if (info.metrics && metrics.length > 0) {
    parts.push(metrics.join(', '));
  }
  if (info.groupBy !== 'none' && groupBy.length > 0) {
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
