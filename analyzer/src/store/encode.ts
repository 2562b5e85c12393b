import type { Batch, ConnectionBatch, WindowBatch } from '../flow/batch.js';
import type { Enrichment } from '../enrich/index.js';
import { encodeConnections } from './native/connections.js';
import type { RowContext, Slice } from './native/rows.js';
import { encodeWindows } from './native/windows.js';
import type { Schema, TableName } from './schema/tables.js';

/** The table that rows of a batch go to. */
export const tableFor = { windows: 'conv_10s', connections: 'connections' } as const satisfies Record<
  Batch['kind'],
  TableName
>;

/** Slices of batches of one kind as one Native block. */
export function encodeSlices(
  kind: Batch['kind'],
  slices: ReadonlyArray<Slice<Batch>>,
  schema: Schema,
  context: RowContext,
  enrichment: Enrichment
): Uint8Array {
  const table = schema.tables.find(({ name }) => name === tableFor[kind])!;
  return kind === 'windows'
    ? encodeWindows(table, slices as ReadonlyArray<Slice<WindowBatch>>, context, enrichment)
    : encodeConnections(table, slices as ReadonlyArray<Slice<ConnectionBatch>>, context, enrichment);
}
