import { isOfTimes, type Field } from '@tcpscope/filter';
import type { Column } from '../../query/index.js';
import type { FieldConfig } from './frame.js';

const units: Readonly<Record<NonNullable<Field['unit']>, string>> = {
  packets: 'short',
  'packets per second': 'pps',
  connections: 'short',
  attempts: 'short',
  hosts: 'short',
  ports: 'short',
  'per connection': 'short',
  bytes: 'bytes',
  seconds: 's',
  share: 'percentunit',
};

export function unitOf(unit: Field['unit']): Pick<FieldConfig, 'unit'> {
  return unit === null ? {} : { unit: units[unit] };
}

/** What Grafana shows with the values of a field of the catalogue. */
export function fieldConfig(field: Field): FieldConfig {
  // No filter knows what captures are called.
  const filterable =
    (field.kind === 'dimension' && field.rows !== 'feed') || (field.kind === 'attribute' && field.type !== 'time');
  return { ...unitOf(field.unit), description: field.summary, ...(filterable ? { filterable } : {}) };
}

/** What Grafana shows with a column of a table. */
export function columnConfig({ field, summary, unit, nulls }: Column): FieldConfig {
  const base =
    field === null
      ? { ...unitOf(unit ?? null), ...(summary === undefined ? {} : { description: summary }) }
      : fieldConfig(field);
  if (field === null || (field.kind !== 'ratio' && !isOfTimes(field)) || nulls === undefined) {
    return base;
  }
  // One text stands for all nulls of a column, so it may say "infinite" only when that is true of all of them.
  const text = nulls === 'infinite' ? `∞ (${field.whenNull})` : field.whenNull;
  return { ...base, mappings: [{ type: 'special', options: { match: 'null', result: { text, index: 0 } } }] };
}
