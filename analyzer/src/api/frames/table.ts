import type { Column, TableAnswer } from '../../query/index.js';
import { columnConfig } from './config.js';
import { frameField, type Frame, type FrameMeta } from './frame.js';

/** A table as it is: ports are numbers, times are times. */
export function tableFrame({ columns }: TableAnswer, refId: string, meta: FrameMeta): Frame {
  return frameOf(columns, refId, meta);
}

/**
 * A table that alert rules and expressions read, too: all that names a row is text and becomes labels, everything else is
 * a number, and there is no time, nor text that changes while the row stays the same.
 */
export function numericLongFrame({ columns }: TableAnswer, refId: string, meta: FrameMeta): Frame {
  const usable = columns.filter(({ type, describes }) => type !== 'time' && describes !== true).map(asLabel);
  return frameOf(usable, refId, meta);
}

function asLabel(column: Column): Column {
  return column.field?.kind === 'dimension' || column.type === 'string'
    ? { ...column, type: 'string', values: column.values.map((value) => String(value ?? '')) }
    : column;
}

/** One row of numbers, told apart by their names and labels. */
export function numericWideFrame({ columns }: TableAnswer, refId: string, meta: FrameMeta): Frame {
  return frameOf(columns, refId, meta);
}

function frameOf(columns: readonly Column[], refId: string, meta: FrameMeta): Frame {
  const fields = columns.map((column) => {
    const { name, type, labels, field } = column;
    const nullable = !(type === 'string' && field?.kind === 'dimension');
    const config = columnConfig(column);
    return frameField(name, type, { nullable, config, ...(labels === undefined ? {} : { labels }) });
  });
  const nanos = columns.some((column) => column.nanos !== undefined)
    ? { nanos: columns.map((column) => column.nanos ?? null) }
    : {};
  return { schema: { refId, meta, fields }, data: { values: columns.map(({ values }) => values), ...nanos } };
}
