import type { FeedBatch } from '../diagnose/index.js';
import type { ConnectionBatch, WindowBatch } from '../flow/batch.js';
import type { Enrichment } from '../enrich/index.js';
import { encodeConnections } from './native/connections.js';
import { encodeFeed } from './native/feed.js';
import type { RowContext, Slice, StoredBatch } from './native/rows.js';
import { encodeWindows } from './native/windows.js';
import type { Schema, TableName } from './schema/tables.js';

/** The table that rows of a batch go to. */
export const tableFor = { windows: 'conv_10s', connections: 'connections', feed: 'feed' } as const satisfies Record<
  StoredBatch['kind'],
  TableName
>;

/** Slices of batches of one kind as one Native block. */
export function encodeSlices(
  kind: StoredBatch['kind'],
  slices: ReadonlyArray<Slice<StoredBatch>>,
  schema: Schema,
  context: RowContext,
  enrichment: Enrichment
): Uint8Array {
  const table = schema.tables.find(({ name }) => name === tableFor[kind])!;
  switch (kind) {
    case 'windows':
      return encodeWindows(table, slices as ReadonlyArray<Slice<WindowBatch>>, context, enrichment);
    case 'connections':
      return encodeConnections(table, slices as ReadonlyArray<Slice<ConnectionBatch>>, context, enrichment);
    case 'feed':
      return encodeFeed(table, slices as ReadonlyArray<Slice<FeedBatch>>, context);
  }
}
