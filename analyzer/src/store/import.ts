import { errorKinds, TcpscopeError } from '../errors.js';
import { maxBlockRows, slicesOf, type Slice, type StoredBatch } from './native/rows.js';
import type { RowWriter } from './row-writer.js';
import type { Outcome } from './spool/folder.js';
import type { Source } from './spool/name.js';
import type { Written } from './spool/writer.js';

export interface ImportSource {
  /** Name of the import: the dimension `probe` of its rows. */
  readonly probe: string;
  /** Hash over the bytes of the file (or of all files), hexadecimal. With the probe it names the import for ever. */
  readonly hash: string;
  /**
   * What decides which rows come in which block: version of the analyzer, number of workers, options. An import that
   * was interrupted can be completed only with the same layout.
   */
  readonly layout: string;
}

export interface ImportResult {
  /** Rows that were added. */
  readonly stored: number;
  /** Rows that an earlier import of the same file had added. */
  readonly duplicate: number;
}

/** An import in progress. */
export interface Import {
  /**
   * Takes a batch; batches of one worker in their order. Waits while the spool is full. The batch belongs to the store
   * from now on.
   */
  write(batch: StoredBatch, worker?: number): Promise<void>;
  /**
   * Resolves when every row is in the tables. Throws `importConflict`, `storeWrite` (blocks were refused or could not
   * be spooled) or `storeOwnerGone`.
   */
  complete(): Promise<ImportResult>;
}

export interface ImportOptions {
  readonly source: ImportSource;
  readonly writer: RowWriter;
  /** Resolves with the fate of a file in the spool. */
  readonly settled: (name: string) => Promise<Outcome>;
}

interface Gathered {
  slices: Array<Slice<StoredBatch>>;
  rows: number;
  sequence: number;
}

/** Blocks in flight after which `write` waits: it bounds memory, and what an owner that ends leaves in the spool. */
const blocksInFlight = 64;

/**
 * Windows of a capture file may be many and small (a quiet day has 8640), and each insert costs the engine some 10 ms
 * whatever it holds: so rows are gathered into full blocks, for each worker and table by itself, because the order in
 * which workers finish differs from run to run, and the blocks of a second import must be those of the first.
 */
export class GatheringImport implements Import {
  private readonly gathered = new Map<string, Gathered>();
  private readonly outcomes: Array<Promise<{ outcome: Outcome; rows: number }>> = [];
  private readonly unsettled = new Set<Promise<unknown>>();

  constructor(private readonly options: ImportOptions) {}

  async write(batch: StoredBatch, worker = 0): Promise<void> {
    const key = `${worker}.${batch.kind}`;
    const gathered = this.gathered.get(key) ?? { slices: [], rows: 0, sequence: 0 };
    this.gathered.set(key, gathered);
    for (const slice of slicesOf<StoredBatch>(batch)) {
      const rows = slice.to - slice.from;
      if (gathered.rows + rows > maxBlockRows) {
        await this.flush(gathered, batch.kind, worker);
      }
      gathered.slices.push(slice);
      gathered.rows += rows;
    }
  }

  async complete(): Promise<ImportResult> {
    for (const [key, gathered] of this.gathered) {
      const [worker, kind] = key.split('.') as [string, StoredBatch['kind']];
      await this.flush(gathered, kind, Number(worker));
    }
    const outcomes = await Promise.all(this.outcomes);
    const rows = (wanted: Outcome) =>
      outcomes.reduce((sum, { outcome, rows }) => sum + (outcome === wanted ? rows : 0), 0);
    const { source, writer } = this.options;
    if (outcomes.some(({ outcome }) => outcome === 'conflict')) {
      throw new TcpscopeError(errorKinds.importConflict, [source.layout]);
    }
    if (rows('quarantined') > 0) {
      throw new TcpscopeError(errorKinds.storeWrite, [
        `${rows('quarantined')} rows were refused and are in quarantine`,
      ]);
    }
    const result = { stored: rows('stored'), duplicate: rows('duplicate') };
    await this.settle(await writer.writeMark(this.sourceOf(0, 'end'), result.stored + result.duplicate), 0);
    return result;
  }

  private async flush(gathered: Gathered, kind: StoredBatch['kind'], worker: number): Promise<void> {
    if (gathered.rows === 0) {
      return;
    }
    const { slices, rows } = gathered;
    const source = this.sourceOf(worker, `${kind[0]}${gathered.sequence++}`);
    gathered.slices = [];
    gathered.rows = 0;
    while (this.unsettled.size >= blocksInFlight) {
      await Promise.race(this.unsettled);
    }
    const written = await this.options.writer.writeSlices(kind, slices, source, { wait: true });
    const outcome = this.settle(written, rows);
    this.outcomes.push(outcome);
    // A rejection is for complete() to report.
    const settled = outcome.catch(() => undefined);
    this.unsettled.add(settled);
    void settled.then(() => this.unsettled.delete(settled));
  }

  private async settle(written: Written, rows: number): Promise<{ outcome: Outcome; rows: number }> {
    if ('lost' in written) {
      throw new TcpscopeError(errorKinds.storeWrite, [`the spool did not take them (${written.lost})`]);
    }
    return { outcome: await this.options.settled(written.file.name), rows };
  }

  private sourceOf(worker: number, sequence: string): Source {
    const { probe, hash, layout } = this.options.source;
    return { kind: 'import', probe, run: hash, layout, worker, sequence };
  }
}
