import { setImmediate } from 'node:timers/promises';
import { lastEpoch, type ConnectionBatch } from '../flow/index.js';
import type { FeedLimits } from './feed/config.js';
import { FeedBook } from './feed/feed-book.js';
import type { FeedWindow } from './feed/feed-window.js';
import { Neighbourhood } from './surroundings.js';
import { judge, learn, type DiagnosedBatch } from './verdicts.js';

export interface DiagnoserOptions {
  /** Workers that share the packets. */
  readonly workers: number;
  /**
   * Epochs by which the others may run ahead of a worker before it is no longer waited for. `Infinity` for files, where
   * all come to the end; live, a worker that sees no packet has no clock.
   */
  readonly patience: number;
  /**
   * Whether judging goes on while `emit` has not taken what it was given. Files are to wait. What is captured live comes all the
   * same: it is bounded, and counted when it is lost, where it is stored, and would pile up here without end.
   */
  readonly ahead?: boolean;
  /** Takes the connections of a worker in the order in which they came. */
  readonly emit: (batch: DiagnosedBatch, worker: number) => Promise<void> | void;
  /** Takes how good the capture was, in order of time, before the connections that ended then. */
  readonly emitFeed?: (windows: readonly FeedWindow[]) => Promise<void> | void;
  /** When a capture is too poor for verdicts; the usual limits when left out. */
  readonly feed?: FeedLimits | undefined;
}

interface Held {
  readonly batch: ConnectionBatch;
  readonly worker: number;
  readonly settle: (failure?: unknown) => void;
}

/** Batches held, complete epochs apart, above which a worker that runs ahead is asked to wait. */
const MOST_HELD = 64;
/** Batches of complete epochs that may wait to be judged. */
const MOST_READY = 16;

/**
 * Puts the shares of several workers together, epoch by epoch: when all have passed an epoch, its connections are learned
 * from and then judged (see `Neighbourhood`). So a verdict depends on the packets alone.
 *
 * Trade-off: connections wait for the end of their epoch, up to 10 s of event time, for verdicts that are the same
 * however the work was shared.
 */
export class Diagnoser {
  private readonly feed: FeedBook;
  private readonly neighbourhood: Neighbourhood;
  private readonly held = new Map<number, Held[]>();
  private readonly passed: number[];
  private released = false;
  private working: Promise<void> | null = null;
  private ready = 0;
  /** What `emit` has been given and not taken yet. */
  private readonly giving = new Set<Promise<void>>();
  private failure: { readonly error: unknown } | null = null;
  private changed = openPromise();

  constructor(private readonly options: DiagnoserOptions) {
    this.passed = Array.from({ length: options.workers }, () => 0);
    this.feed = new FeedBook(options.feed);
    this.neighbourhood = new Neighbourhood(this.feed);
  }

  /** Takes a batch; resolves when it has been judged and `emit` has taken it. */
  take(batch: ConnectionBatch, worker: number): Promise<void> {
    this.passed[worker] = batch.until;
    if (batch.feed !== undefined) {
      this.feed.add(batch.feed);
    }
    const done = openPromise();
    if (batch.rows === 0) {
      done.resolve();
    } else {
      const settle = (failure?: unknown) => (failure === undefined ? done.resolve() : done.reject(failure));
      const epoch = this.held.get(batch.epoch) ?? [];
      this.held.set(batch.epoch, epoch);
      epoch.push({ batch, worker, settle });
    }
    this.work();
    return done.promise;
  }

  /**
   * Takes a batch, whose memory may be kept; resolves at once unless too much is waiting here. A worker that all others
   * wait for never waits. Rejects when an earlier batch could not be taken.
   */
  async accept(batch: ConnectionBatch, worker: number): Promise<void> {
    this.take(batch, worker).catch((error: unknown) => {
      this.failure ??= { error };
    });
    while (this.failure === null && (this.ready > MOST_READY || (this.count > MOST_HELD && this.isAhead(worker)))) {
      await this.changed.promise;
    }
    this.throwFailure();
  }

  /** Nothing more is to be waited for: judges all that is held. */
  async finish(): Promise<void> {
    this.released = true;
    this.work();
    while (this.working !== null) {
      await this.working;
    }
    await Promise.all(this.giving);
    this.released = false;
    this.feed.restart();
    this.throwFailure();
  }

  private get count(): number {
    let count = 0;
    for (const epoch of this.held.values()) {
      count += epoch.length;
    }
    return count;
  }

  private isAhead(worker: number): boolean {
    return (this.passed[worker] as number) > Math.min(...this.passed);
  }

  /** All epochs before this one are complete. */
  private get frontier(): number {
    if (this.released) {
      return Infinity;
    }
    const running = this.passed.filter((epoch) => epoch !== lastEpoch);
    return running.length === 0
      ? lastEpoch
      : Math.max(Math.min(...running), Math.max(...running) - this.options.patience);
  }

  private work(): void {
    this.working ??= this.judgeComplete().finally(() => {
      this.working = null;
      this.turn();
      if (this.nextComplete() !== null) {
        this.work();
      }
    });
  }

  private async judgeComplete(): Promise<void> {
    for (let epoch = this.nextComplete(); epoch !== null; epoch = this.nextComplete()) {
      const batches = (this.held.get(epoch) ?? []).sort((a, b) => a.worker - b.worker);
      this.held.delete(epoch);
      this.ready = batches.length;
      for (const { batch } of batches) {
        learn(batch, this.neighbourhood);
        await setImmediate();
      }
      await this.settleFeed(epoch);
      for (const { batch, worker, settle } of batches) {
        await this.give(() => this.options.emit(judge(batch, this.neighbourhood), worker), settle);
        this.ready--;
        this.turn();
        await setImmediate();
      }
      if (batches.length > 0) {
        this.neighbourhood.endEpoch();
      }
    }
  }

  /** The epoch is complete: how good the capture was can be told. */
  private async settleFeed(epoch: number): Promise<void> {
    const window = this.feed.settle(epoch);
    if (window !== null) {
      await this.give(
        () => this.options.emitFeed?.([window]),
        (error) => {
          this.failure ??= error === undefined ? null : { error };
        }
      );
    }
  }

  /** Hands something on, and waits until it is taken when files are read. */
  private async give(emit: () => Promise<void> | void, settle: (failure?: unknown) => void): Promise<void> {
    const given = (async () => emit())()
      .then(() => settle(), settle)
      .finally(() => this.giving.delete(given));
    this.giving.add(given);
    if (this.options.ahead !== true) {
      await given;
    }
  }

  /** The first complete epoch of which connections wait to be judged, or counts of the capture. */
  private nextComplete(): number | null {
    const { frontier } = this;
    const first = Math.min(this.feed.next ?? Infinity, ...this.held.keys());
    return first < frontier ? first : null;
  }

  private turn(): void {
    this.changed.resolve();
    this.changed = openPromise();
  }

  private throwFailure(): void {
    if (this.failure !== null) {
      throw this.failure.error;
    }
  }
}

interface OpenPromise {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

function openPromise(): OpenPromise {
  let resolve!: () => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<void>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  return { promise, resolve, reject };
}
