import { maxBlockRows, type StoredBatch } from '../store/index.js';

/** Longest time that rows wait for others, milliseconds. */
const DELAY = 1000;

/** Stores batches of one kind together. */
export type WriteTogether = (batches: readonly StoredBatch[]) => Promise<void>;

interface Waiting {
  batches: StoredBatch[];
  rows: number;
}

/**
 * Gathers the rows of a stream for a second, or until they fill a block. A recording that is played fast has a hundred
 * windows a second, and each block costs the engine tens of milliseconds, rollups included, whatever it holds: one by one
 * they would wait for minutes.
 */
export class GatheredRows {
  private readonly waiting = new Map<StoredBatch['kind'], Waiting>();
  private timer: NodeJS.Timeout | null = null;
  /** One step after the other: nobody adds while rows are stored, which is what makes a fast reader wait. */
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly write: WriteTogether) {}

  /** Takes a batch. Resolves when more can be taken. */
  take(batch: StoredBatch): Promise<void> {
    return this.next(() => this.add(batch));
  }

  /** Stores all that was taken. */
  flush(): Promise<void> {
    return this.next(async () => {
      if (this.timer !== null) {
        clearTimeout(this.timer);
        this.timer = null;
      }
      await Promise.all([...this.waiting.keys()].map((kind) => this.store(kind)));
    });
  }

  private next(step: () => Promise<void>): Promise<void> {
    this.last = this.last.then(step);
    return this.last;
  }

  private async add(batch: StoredBatch): Promise<void> {
    const { kind, rows } = batch;
    if ((this.waiting.get(kind)?.rows ?? 0) + rows > maxBlockRows) {
      await this.store(kind);
    }
    const waiting = this.waiting.get(kind) ?? { batches: [], rows: 0 };
    waiting.batches.push(batch);
    waiting.rows += rows;
    this.waiting.set(kind, waiting);
    this.timer ??= setTimeout(() => void this.flush(), DELAY);
  }

  private async store(kind: StoredBatch['kind']): Promise<void> {
    const waiting = this.waiting.get(kind);
    if (waiting !== undefined) {
      this.waiting.delete(kind);
      await this.write(waiting.batches);
    }
  }
}
