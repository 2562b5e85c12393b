import { toSql, type Expression } from '@tcpscope/filter';
import type { Segment } from '../segments.js';
import type { Bindings } from './bindings.js';

/** Start of the bucket of a window, seconds since 1970; `step` is in seconds. */
export function bucket(step: number): string {
  return `toUInt32(intDiv(toUnixTimestamp(ts), ${step}) * ${step}) AS bucket`;
}

/** A condition on dimensions, on the columns of a table: here indexes help. */
export function rowCondition(expression: Expression, bindings: Bindings): string {
  return toSql(expression, {
    column: (field) => {
      if (field.kind !== 'dimension') {
        throw new TypeError(`${field.name} is not a dimension`);
      }
      return field.column;
    },
    parameter: (value, type) => bindings.bind(value, type),
  });
}

/** Rows of windows from all segments of a range. */
export function sourceOf(
  segments: readonly Segment[],
  columns: readonly string[],
  where: Expression | null,
  bindings: Bindings
): string {
  const list = columns.length === 0 ? '1' : columns.join(', ');
  const selects = segments.map(({ table, from, to }) => {
    const times = `ts >= ${bindings.second(from)} AND ts < ${bindings.second(to)}`;
    const rest = where === null ? '' : ` AND ${rowCondition(where, bindings)}`;
    return `SELECT ${list} FROM ${table} WHERE ${times}${rest}`;
  });
  return `(\n  ${selects.join('\n  UNION ALL\n  ')}\n)`;
}
