import { bucketTimes, histograms } from '@tcpscope/filter';
import { windowCounters, type WindowBatch } from '../../flow/batch.js';
import type { Enrichment } from '../../enrich/index.js';
import { storedColumns, type Table } from '../schema/tables.js';
import { writeColumns } from './columns.js';
import { rowsOf, type RowContext, type WindowSlice } from './rows.js';
import { each, sharedWriters } from './shared.js';
import { NativeWriter, toUint64 } from './writer.js';

/** Windows of conversations as a block for `conv_10s`. */
export function encodeWindows(
  table: Table,
  slices: readonly WindowSlice[],
  context: RowContext,
  enrichment: Enrichment
): Uint8Array {
  const columns = storedColumns(table);
  const rows = rowsOf(slices);
  const vlanOf = (batch: WindowBatch, row: number) => batch.vlan[row]!;
  const writers = sharedWriters(slices, windowCounters, context, enrichment, vlanOf);
  writers.set('ts', (w) => each(slices, ({ batch, from, to }) => w.raw(new Uint32Array(to - from).fill(batch.window))));
  writers.set('vlan', (w) => each(slices, ({ batch, from, to }) => w.raw(batch.vlan.subarray(from, to))));
  histograms.forEach(({ column }, at) => writers.set(column, (w) => writeTimes(w, slices, at)));

  const writer = new NativeWriter(columns.length, rows, 4096 + rows * (columns.length * 4 + 96));
  writeColumns(writer, columns, writers);
  return writer.finish();
}

/** Map(UInt64, UInt64): for each row the end of its pairs, then all times (microseconds), then how many of each. */
function writeTimes(writer: NativeWriter, slices: readonly WindowSlice[], histogram: number): void {
  const ends: number[] = [];
  const parts = slices.map(({ batch, from, to }) => {
    const times = batch.times[histogram]!;
    const first = from === 0 ? 0 : times.ends[from - 1]!;
    const before = ends.at(-1) ?? 0;
    for (let row = from; row < to; row++) {
      ends.push(before + times.ends[row]! - first);
    }
    const last = to === 0 ? 0 : times.ends[to - 1]!;
    return { buckets: times.buckets.subarray(first, last), counts: times.counts.subarray(first, last) };
  });
  writer.raw(toUint64(ends));
  parts.forEach(({ buckets }) => writer.raw(toUint64(Float64Array.from(buckets, (bucket) => bucketTimes[bucket]!))));
  parts.forEach(({ counts }) => writer.raw(toUint64(counts)));
}
