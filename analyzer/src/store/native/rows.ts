import type { FeedBatch, Verdicts } from '../../diagnose/index.js';
import type { Batch, ConnectionBatch, WindowBatch } from '../../flow/batch.js';

/** Everything that is stored. */
export type StoredBatch = Batch | FeedBatch;

/** Rows `from` up to, not including, `to` of a batch. */
export interface Slice<B extends StoredBatch> {
  readonly batch: B;
  readonly from: number;
  readonly to: number;
}
export type WindowSlice = Slice<WindowBatch>;
/** Connections, with what was concluded of them if anybody has. */
export type DiagnosableBatch = ConnectionBatch & { readonly verdicts?: Verdicts };
export type ConnectionSlice = Slice<DiagnosableBatch>;

/** Rows in one block: one block is one insert and, in a partition, one part. */
export const maxBlockRows = 65_536;

/** A batch cut into slices that fit a block. */
export function slicesOf<B extends StoredBatch>(batch: B): Array<Slice<B>> {
  const slices: Array<Slice<B>> = [];
  for (let from = 0; from < batch.rows; from += maxBlockRows) {
    slices.push({ batch, from, to: Math.min(from + maxBlockRows, batch.rows) });
  }
  return slices;
}

/** Batches cut into slices, and these put together into blocks, in their order. */
export function blocksOf(batches: readonly StoredBatch[]): Array<Array<Slice<StoredBatch>>> {
  const blocks: Array<Array<Slice<StoredBatch>>> = [];
  let rows = Infinity;
  for (const slice of batches.flatMap((batch) => slicesOf(batch))) {
    const more = slice.to - slice.from;
    if (rows + more > maxBlockRows) {
      blocks.push([]);
      rows = 0;
    }
    blocks.at(-1)?.push(slice);
    rows += more;
  }
  return blocks;
}

export function rowsOf(slices: ReadonlyArray<Slice<StoredBatch>>): number {
  return slices.reduce((rows, { from, to }) => rows + to - from, 0);
}

/** What every row of a block has in common, and the names that enrichment finds for it. */
export interface RowContext {
  readonly probe: string;
  /** When the rows are stored, seconds since 1970; retention counts from it. */
  readonly inserted: number;
}
