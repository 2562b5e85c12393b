import { feedCounters } from '@tcpscope/filter';
import { undecodedOf, type FeedBatch, type FeedWindow } from '../../diagnose/index.js';
import { windowSeconds } from '../../flow/index.js';
import { storedColumns, type Table } from '../schema/tables.js';
import { writeColumns, type ColumnWriter } from './columns.js';
import { constant } from './enriched.js';
import { rowsOf, type RowContext, type Slice } from './rows.js';
import { encodeString, NativeWriter, toUint64 } from './writer.js';

/** What a column of the table is in a window, by the column's name; null when it is unknown. */
const values: Readonly<Record<string, (window: FeedWindow) => number | null>> = {
  seconds: () => windowSeconds,
  packets: ({ packets }) => packets,
  tcp: ({ tcp }) => tcp,
  undecoded: undecodedOf,
  duplicates: ({ duplicates }) => duplicates,
  drops: ({ drops }) => drops,
  clock_steps: ({ clockSteps }) => clockSteps,
  acks: ({ acks }) => acks,
  gaps: ({ gapAcks }) => gapAcks,
  connections: ({ connections }) => connections,
  oneway: ({ oneway }) => oneway,
  midstream: ({ midstream }) => midstream,
  missed: ({ missed }) => missed,
  guesses: ({ guesses }) => guesses,
  evicted: ({ evicted }) => evicted,
  poor: ({ poor }) => (poor === null ? 0 : windowSeconds),
};

/** How good captures were as a block for `feed`. */
export function encodeFeed(table: Table, slices: ReadonlyArray<Slice<FeedBatch>>, context: RowContext): Uint8Array {
  const rows = rowsOf(slices);
  const windows = slices.flatMap(({ batch, from, to }) => batch.windows.slice(from, to));
  const writers = new Map<string, ColumnWriter>([
    ['ts', (w) => w.raw(Uint32Array.from(windows, ({ window }) => window))],
    ['probe', (w) => constant(w, context.probe, rows)],
    ['interface', (w) => slices.forEach(({ batch, from, to }) => constant(w, batch.capture, to - from))],
    ['reason', (w) => windows.forEach(({ poor }) => w.raw(encodeString(poor ?? '')))],
    ['inserted', (w) => w.raw(new Uint32Array(rows).fill(context.inserted))],
  ]);
  for (const { column, unknown } of feedCounters) {
    const all = windows.map((window) => values[column]!(window));
    writers.set(column, (w) => {
      if (unknown) {
        w.raw(Uint8Array.from(all, (value) => (value === null ? 1 : 0)));
      }
      w.raw(toUint64(all.map((value) => value ?? 0)));
    });
  }
  const columns = storedColumns(table);
  const writer = new NativeWriter(columns.length, rows, 4096 + rows * 256);
  writeColumns(writer, columns, writers);
  return writer.finish();
}
