import { setImmediate } from 'node:timers/promises';
import type { Enrichment } from '../enrich/index.js';
import { encodeSlices, tableFor } from './encode.js';
import { blocksOf, rowsOf, type Slice, type StoredBatch } from './native/rows.js';
import type { Schema } from './schema/tables.js';
import type { LossReason } from './spool/losses.js';
import type { Source } from './spool/name.js';
import type { SpoolWriter, Written } from './spool/writer.js';

/** Where the rows of a live capture come from; together with the window of the batch unique for ever. */
export interface Origin {
  /** Name of the capturing analyzer: the dimension `probe` of its rows. */
  readonly probe: string;
  /** A random id of this run of the analyzer, for one `randomUUID()`. */
  readonly run: string;
  /** Number of the capture worker. */
  readonly worker: number;
  /** Counts the batches of the worker. */
  readonly sequence: number;
}

export interface WriteOutcome {
  readonly stored: number;
  readonly lost: number;
  /** Why rows were lost; null when none were. */
  readonly reason: LossReason | null;
}

/** Turns batches into blocks in the spool: the same for the owner of a store and for those who only hand over rows. */
export class RowWriter {
  constructor(
    private readonly spool: SpoolWriter,
    private readonly schema: Schema,
    private readonly enrichment: Enrichment,
    private readonly now: () => number
  ) {}

  /**
   * Writes batches of a capture, of one kind, in blocks of at most 65,536 rows. The batches belong to the store from now on.
   * @param batches at least one
   */
  async write(batches: readonly StoredBatch[], origin: Origin): Promise<WriteOutcome> {
    const [first] = batches as readonly [StoredBatch, ...StoredBatch[]];
    const blocks = blocksOf(batches);
    const window = first.kind === 'windows' ? String(first.window) : first.kind === 'feed' ? 'f' : 'c';
    const writes: Array<Promise<WriteOutcome>> = [];
    for (const [part, block] of blocks.entries()) {
      const sequence = [window, origin.sequence, ...(blocks.length > 1 ? [part] : [])].join('-');
      const { probe, run, worker } = origin;
      const source: Source = { kind: 'capture', probe, run, layout: '', worker, sequence };
      // Encoding a block takes some 50 ms; whatever else runs on this thread gets its turn in between.
      if (part > 0) {
        await setImmediate();
      }
      writes.push(this.writeBlock(first.kind, block, source));
    }
    const written = await Promise.all(writes);
    return {
      stored: written.reduce((sum, { stored }) => sum + stored, 0),
      lost: written.reduce((sum, { lost }) => sum + lost, 0),
      reason: written.find(({ reason }) => reason !== null)?.reason ?? null,
    };
  }

  private async writeBlock(
    kind: StoredBatch['kind'],
    block: ReadonlyArray<Slice<StoredBatch>>,
    source: Source
  ): Promise<WriteOutcome> {
    const rows = rowsOf(block);
    const result = await this.writeSlices(kind, block, source, { wait: false });
    return 'lost' in result ? { stored: 0, lost: rows, reason: result.lost } : { stored: rows, lost: 0, reason: null };
  }

  /** Writes slices of batches of one kind as one block. */
  writeSlices(
    kind: StoredBatch['kind'],
    slices: ReadonlyArray<Slice<StoredBatch>>,
    source: Source,
    { wait }: { wait: boolean }
  ): Promise<Written> {
    const context = { probe: source.probe, inserted: Math.floor(this.now() / 1000) };
    const bytes = encodeSlices(kind, slices, this.schema, context, this.enrichment);
    return this.spool.put({ table: tableFor[kind], rows: rowsOf(slices), bytes, source }, { wait });
  }

  /** Notes that an import is complete. */
  writeMark(source: Source, rows: number): Promise<Written> {
    return this.spool.put({ table: 'imports', rows, bytes: new Uint8Array(0), source }, { wait: true });
  }
}
