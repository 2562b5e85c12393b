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
 * windows a second, and each block costs the engine some 50 ms whatever it holds: one by one they would wait for minutes.
 */
export class GatheredRows {
  private readonly waiting = new Map<StoredBatch['kind'], Waiting>();
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly write: WriteTogether) {}

  /** Takes a batch. Resolves when more can be taken: a full block is stored first. */
  async take(batch: StoredBatch): Promise<void> {
    const waiting = this.waiting.get(batch.kind) ?? { batches: [], rows: 0 };
    if (waiting.rows > 0 && waiting.rows + batch.rows > maxBlockRows) {
      await this.store(batch.kind);
      return this.take(batch);
    }
    waiting.batches.push(batch);
    waiting.rows += batch.rows;
    this.waiting.set(batch.kind, waiting);
    this.timer ??= setTimeout(() => void this.flush(), DELAY);
  }

  /** Stores all that waits. */
  async flush(): Promise<void> {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
    await Promise.all([...this.waiting.keys()].map((kind) => this.store(kind)));
  }

  private async store(kind: StoredBatch['kind']): Promise<void> {
    const waiting = this.waiting.get(kind);
    if (waiting !== undefined) {
      this.waiting.delete(kind);
      await this.write(waiting.batches);
    }
  }
}
