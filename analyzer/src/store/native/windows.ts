import { windowCounters, type WindowBatch } from '../../flow/batch.js';
import type { Enrichment } from '../../enrich/index.js';
import { storedColumns, type Table } from '../schema/tables.js';
import { writeColumns } from './columns.js';
import { rowsOf, type RowContext, type WindowSlice } from './rows.js';
import { each, sharedWriters } from './shared.js';
import { NativeWriter } from './writer.js';

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

  const writer = new NativeWriter(columns.length, rows, 4096 + rows * (columns.length * 4 + 96));
  writeColumns(writer, columns, writers);
  return writer.finish();
}
