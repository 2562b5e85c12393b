import { toSql, type Expression } from '@tcpscope/filter';
import { windowTables } from '../../store/schema/tables.js';
import type { LeftOutRows, Segment } from '../segments.js';
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
  const selects = segments.map((segment) => {
    const times = timesOf(segment, bindings);
    const rest = where === null ? '' : ` AND ${rowCondition(where, bindings)}`;
    const good = segment.poorCaptures === true ? ` AND ${isOfGoodFeed(segment, bindings)}` : '';
    const counted = segment.rows === undefined ? '' : isCounted(segment.rows, bindings);
    return `SELECT ${list} FROM ${segment.table} WHERE ${times}${good}${counted}${rest}`;
  });
  return `(\n  ${selects.join('\n  UNION ALL\n  ')}\n)`;
}

function timesOf({ from, to }: Segment, bindings: Bindings): string {
  return `ts >= ${bindings.second(from)} AND ts < ${bindings.second(to)}`;
}

/** What the hashes of `LeftOutRows` are made of. */
export const leftOutHashes: Readonly<Record<keyof LeftOutRows, string>> = {
  hosts: 'cityHash64(client_ip, server_ip)',
  ports: 'cityHash64(client_ip, server_port)',
  services: 'cityHash64(server_ip, server_port)',
};

function isCounted(rows: LeftOutRows, bindings: Bindings): string {
  return (['hosts', 'ports', 'services'] as const)
    .filter((kind) => rows[kind].length > 0)
    .map((kind) => ` AND ${leftOutHashes[kind]} NOT IN ${bindings.hashes(rows[kind])}`)
    .join('');
}

/** The probe has not said of any part of the window that its capture was too poor for verdicts. */
function isOfGoodFeed(segment: Segment, bindings: Bindings): string {
  const seconds = windowTables.find(({ name }) => name === segment.table)!.seconds;
  const window = `(probe, intDiv(toUnixTimestamp(ts), ${seconds}))`;
  return `${window} NOT IN (SELECT ${window} FROM feed WHERE ${timesOf(segment, bindings)} AND reason != '')`;
}
