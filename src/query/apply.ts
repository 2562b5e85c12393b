import type { AdHocVariableFilter } from '@grafana/data';
import { hasVariables, interpolateFilter, type Lookup } from './interpolate';
import { complete } from './model';
import type { AdHocFilter, TcpQuery } from '../types';

const everyVariable = /\$\{[^{}]*\}|\$[a-z_]\w*|\[\[[^[\]]*\]\]/gi;

/** A text that is not in the filter language: values are put in as they are, several joined by commas. */
function plainText(text: string, lookup: Lookup): string {
  return text.replace(everyVariable, (reference) => {
    const values = lookup(reference);
    return values === null ? reference : values === 'all' ? '' : values.join(',');
  });
}

/** A list of names, in which a variable may stand for several. */
function names(list: string[], lookup: Lookup): string[] {
  const all = list.flatMap((name) => {
    const values = /^(\$\{[^{}]*\}|\$\w+|\[\[[^[\]]*\]\])$/.test(name) ? lookup(name) : null;
    return values === null ? [plainText(name, lookup)] : values === 'all' ? [] : values;
  });
  return [...new Set(all)].filter((name) => name !== '');
}

function limit(value: number | string, lookup: Lookup): number | string {
  if (typeof value === 'number') {
    return value;
  }
  const text = plainText(value, lookup).trim();
  return /^\d+$/.test(text) ? Number(text) : text;
}

/**
 * A dashboard's ad hoc filter as the query model has it; null while the user has not chosen a field yet, and where it sets no
 * limit: who clears a filter that the dashboard begins with leaves the pattern `.*` behind, on a field of any type.
 */
export function adHocFilter({ key, operator, value, values }: AdHocVariableFilter): AdHocFilter | null {
  if (!key || !operator || (operator === '=~' && value === '.*')) {
    return null;
  }
  return values && values.length > 0 ? { key, operator, value, values } : { key, operator, value };
}

/** The query as it is sent: complete, without variables, with the dashboard's ad hoc filters. */
export function applyVariables(query: TcpQuery, lookup: Lookup, filters: AdHocVariableFilter[] = []): TcpQuery {
  const full = complete(query);
  const own = full.adHoc.map((filter) => ({
    ...filter,
    value: plainText(filter.value, lookup),
    ...(filter.values && { values: filter.values.flatMap((value) => names([value], lookup)) }),
  }));
  const added = filters.map(adHocFilter).filter((filter) => filter !== null);
  const applied: TcpQuery = {
    ...full,
    metrics: names(full.metrics, lookup),
    groupBy: names(full.groupBy, lookup),
    filter: interpolateFilter(full.filter, lookup),
    limit: limit(full.limit, lookup),
    adHoc: [...own, ...added],
  };
  if (full.orderBy && !Array.isArray(full.orderBy)) {
    applied.orderBy = { ...full.orderBy, field: plainText(full.orderBy.field, lookup) };
  }
  for (const key of ['field', 'search', 'legend'] as const) {
    const text = full[key];
    if (typeof text === 'string') {
      applied[key] = plainText(text, lookup);
    }
  }
  return applied;
}

/** Whether any part holds a variable: alert rules have none, and must not. */
export function usesVariables(query: TcpQuery): boolean {
  const { metrics, groupBy, filter, limit: most, field, search, adHoc } = complete(query);
  const texts = [...metrics, ...groupBy, String(most), field ?? '', search ?? ''];
  const values = adHoc.flatMap(({ value, values: several }) => [value, ...(several ?? [])]);
  return hasVariables(filter) || [...texts, ...values].some((text) => text.search(everyVariable) >= 0);
}
