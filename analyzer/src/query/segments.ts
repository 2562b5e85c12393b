import { windowTables, type TableName } from '../store/schema/tables.js';
import type { Range } from './range.js';

/** What of a range is not counted. */
export interface LeftOut {
  /** Windows that hold a part of a minute of which the capture showed too little. */
  readonly poorCaptures?: boolean;
  readonly rows?: LeftOutRows;
}

/** Rows that are not counted, by the hash (text) of the columns that `leftOutHashes` in sql/source.ts names. */
export interface LeftOutRows {
  /** A client and a server. */
  readonly hosts: readonly string[];
  /** A client and a port of servers. */
  readonly ports: readonly string[];
  /** A server and its port. */
  readonly services: readonly string[];
}

/** A piece of a range, answered from one table. */
export interface Segment extends Range, LeftOut {
  readonly table: TableName;
}

/** A piece of a range and the finest table that is complete there, an index into `windowTables`. */
export interface Span extends Range, LeftOut {
  readonly finest: number;
}

/**
 * Covers spans with as few rows as possible: whole windows of the coarsest table that is allowed, what is left at the ends
 * from finer ones. Every window of the range is in exactly one segment, so sums over the segments are exact. The ends of
 * a span must be multiples of its finest windows. `coarsest` is an index into `windowTables`.
 */
export function segmentsOf(spans: readonly Span[], coarsest: number): Segment[] {
  return spans.flatMap(({ finest, from, to, ...leftOut }) => {
    // Of longer windows too much would be left out for one poor minute.
    const longest = leftOut.poorCaptures === true ? Math.min(coarsest, minutes) : coarsest;
    return cover({ from, to }, finest, Math.max(longest, finest)).map((piece) => ({ ...piece, ...leftOut }));
  });
}

/** The table of windows of a minute. */
const minutes = windowTables.findIndex(({ seconds }) => seconds === 60);

function cover({ from, to }: Range, finest: number, level: number): Segment[] {
  if (from >= to) {
    return [];
  }
  const { name: table, seconds } = windowTables[level]!;
  if (level === finest) {
    return [{ table, from, to }];
  }
  const first = Math.ceil(from / seconds) * seconds;
  const last = Math.floor(to / seconds) * seconds;
  return first >= last
    ? cover({ from, to }, finest, level - 1)
    : [
        ...cover({ from, to: first }, finest, level - 1),
        { table, from: first, to: last },
        ...cover({ from: last, to }, finest, level - 1),
      ];
}

/** The coarsest table whose windows make up buckets of `step` seconds. */
export function coarsestFor(step: number): number {
  return windowTables.findLastIndex(({ seconds }) => step % seconds === 0);
}

export const coarsestTable = windowTables.length - 1;
