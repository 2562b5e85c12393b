import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Log } from '../log.js';
import type { SpoolFolder } from './folder.js';
import type { Losses, LossReason } from './losses.js';
import { formatName, parseName, type Source, type SpoolFile } from './name.js';

export interface Block {
  readonly table: string;
  readonly rows: number;
  readonly bytes: Uint8Array;
  readonly source: Source;
}

/** What became of a block that was given to the spool. */
export type Written = { readonly file: SpoolFile } | { readonly lost: LossReason };

export interface SpoolWriterOptions {
  readonly folder: SpoolFolder;
  /** Most bytes in the spool. */
  readonly limit: number;
  /** Most bytes held in memory while the spool cannot take them. */
  readonly pendingLimit: number;
  readonly fsync: boolean;
  readonly losses: Losses;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Bytes in the spool at the moment, those being written left out. */
  readonly used: () => Promise<number>;
  readonly onWritten: (file: SpoolFile) => void;
}

const retryMs = 1000;
/** Numbers in names; they go round. */
const numbers = 1_000_000;

/**
 * Writes blocks into the spool. While the spool or the disk is full blocks wait in memory, up to a limit, and are tried
 * again every second; beyond it they are lost and counted. Waiting is bounded in bytes, not in time: a full disk for an
 * hour costs nothing as long as the rows of that hour fit.
 */
export class SpoolWriter {
  /** Begins anywhere: two imports of a file at the same time would give a block the same name, and only one got its answer. */
  private number = randomInt(numbers);
  private pending = 0;
  private writing = 0;
  private hurried = false;
  private blocked: LossReason | null = null;
  private readonly inFlight = new Set<Promise<Written>>();
  private readonly names = new Set<string>();
  private readonly wakers = new Set<() => void>();

  constructor(private readonly options: SpoolWriterOptions) {}

  /** Bytes held in memory. */
  get pendingBytes(): number {
    return this.pending;
  }

  /** Whether a file is being written. It may be seen in the folder already, while it is forced to the disk. */
  isWriting(name: string): boolean {
    return this.names.has(name);
  }

  /** Why blocks are not getting into the spool at the moment, null when they are. */
  get obstacle(): LossReason | null {
    return this.blocked;
  }

  /**
   * Resolves when the block is in the spool (from then on it survives the death of any process) or is lost. With `wait`
   * it is never lost for want of space: for sources that can be held back.
   */
  put(block: Block, { wait }: { wait: boolean }): Promise<Written> {
    const written = this.write(block, wait);
    this.inFlight.add(written);
    void written.finally(() => this.inFlight.delete(written));
    return written;
  }

  /** Space may have become free: try again now. */
  wake(): void {
    for (const waker of this.wakers) {
      waker();
    }
  }

  /** Nothing waits for space any more: what finds none at the next try is given up, and counted. */
  giveUpWaiting(): void {
    this.hurried = true;
    this.wake();
  }

  /** Gives up what still waits for space, and resolves when nothing is on its way. */
  async stop(): Promise<void> {
    this.giveUpWaiting();
    await Promise.allSettled(this.inFlight);
  }

  private async write(block: Block, wait: boolean): Promise<Written> {
    const name = formatName({
      time: this.options.now(),
      number: this.number++ % numbers,
      table: block.table,
      rows: block.rows,
      bytes: block.bytes.length,
      crc: crc32(block.bytes),
      source: block.source,
    });
    this.names.add(name);
    try {
      return await this.writeAs(name, block, wait);
    } finally {
      this.names.delete(name);
    }
  }

  private async writeAs(name: string, block: Block, wait: boolean): Promise<Written> {
    const size = block.bytes.length;
    let obstacle = await this.attempt(name, block.bytes);
    if (obstacle !== null && !wait && this.pending + size > this.options.pendingLimit) {
      return this.lose(obstacle, block.rows);
    }
    if (obstacle !== null) {
      this.pending += size;
      while (obstacle !== null && !this.hurried) {
        await this.pause();
        obstacle = await this.attempt(name, block.bytes);
      }
      this.pending -= size;
    }
    if (obstacle !== null) {
      return this.lose('stopped', block.rows);
    }
    const file = parseName(name)!;
    this.options.onWritten(file);
    return { file };
  }

  private lose(reason: LossReason, rows: number): Written {
    this.options.losses.add(reason, rows);
    this.options.log.error({ reason, rows }, 'rows lost');
    return { lost: reason };
  }

  /** Null when the file is in the spool, else why not. */
  private async attempt(name: string, bytes: Uint8Array): Promise<LossReason | null> {
    const obstacle = await this.store(name, bytes);
    if (obstacle !== this.blocked) {
      if (obstacle === null) {
        this.options.log.info({}, 'spool takes rows again');
      }
      this.blocked = obstacle;
    }
    return obstacle;
  }

  private async store(name: string, bytes: Uint8Array): Promise<LossReason | null> {
    const size = bytes.length;
    const ahead = this.writing;
    this.writing += size;
    try {
      const used = (await this.options.used()) + ahead;
      // A block larger than the whole spool may still pass an empty one.
      if (used > 0 && used + size > this.options.limit) {
        if (this.blocked === null) {
          this.options.log.warn({ used, limit: this.options.limit }, 'spool is full, rows wait in memory');
        }
        return 'spool-full';
      }
      await this.options.folder.put(name, bytes, this.options.fsync);
      return null;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (this.blocked === null) {
        this.options.log.warn({ err: error }, 'spool cannot be written, rows wait in memory');
      }
      return code === 'ENOSPC' || code === 'EDQUOT' ? 'disk-full' : 'spool-error';
    } finally {
      this.writing -= size;
    }
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.wakers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, retryMs);
      this.wakers.add(done);
    });
  }
}
