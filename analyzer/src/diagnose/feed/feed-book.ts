import { closeClasses } from '@tcpscope/filter';
import {
  connectionFlags,
  windowOf,
  windowSeconds,
  windowStart,
  type ConnectionBatch,
  type FeedCounts,
} from '../../flow/index.js';
import { EndFact, Fact } from '../../flow/facts.js';
import { Ending } from '../../flow/verdict.js';
import { defaultFeedLimits, type FeedLimits } from './config.js';
import { addSums, noSums, type FeedSums, type FeedWindow } from './feed-window.js';
import { gateSeconds, poorness } from './gate.js';

/** Epochs that are remembered: those that decide on an attempt (75 s after its last SYN), and a minute before. */
const REMEMBERED = 16;
const MINUTE = gateSeconds / windowSeconds;
/** Ends that do not tell whether a peer or a beginning could have been seen. */
const silent = new Set([closeClasses.indexOf('noanswer'), closeClasses.indexOf('orphan')]);
/** Closes of connections that go on. */
const unended = new Set([closeClasses.indexOf('open'), closeClasses.indexOf('midstream')]);

interface Epoch {
  readonly sums: FeedSums;
  /** Null while no worker has told. */
  window: number | null;
  settled: boolean;
  poor: string | null;
}

/**
 * How good a capture is, 10 s by 10 s, from the counts of its workers and from the connections that ended; and whether
 * that is good enough for verdicts. Pure: the same counts and connections give the same, in whatever order they come
 * within an epoch.
 */
export class FeedBook {
  private readonly epochs = new Map<number, Epoch>();
  /** First second of the capture, by the packets' clock; null before it begins. */
  private begun: number | null = null;
  /** Event time from the packets' clock, seconds, in the epoch that was settled last. */
  private ahead = 0;
  private settled = 0;

  constructor(private readonly limits: FeedLimits = defaultFeedLimits) {}

  /** Adds what a worker has counted; in the oldest epoch that waits when its own is settled. */
  add(counts: FeedCounts): void {
    const { epoch: number, window, clockSteps, ...rest } = counts;
    const epoch = this.open(number);
    epoch.window ??= window;
    addSums(epoch.sums, rest);
    // All workers see the same clock.
    epoch.sums.clockSteps = Math.max(epoch.sums.clockSteps, clockSteps);
  }

  /** Counts a connection that was decided in the batch's epoch. */
  learn(batch: ConnectionBatch, row: number): void {
    const close = batch.close[row] as number;
    const flags = batch.flags[row] as number;
    const ending = ((batch.facts[row * Fact.Words + Fact.End] as number) >>> EndFact.Ending) & 3;
    const oneway = (flags & connectionFlags.oneway) !== 0;
    if ((silent.has(close) && !oneway) || (unended.has(close) && ending === Ending.End)) {
      return;
    }
    const { sums } = this.open(batch.epoch);
    const midstream = (flags & connectionFlags.midstream) !== 0;
    const since = (batch.startSeconds[row] as number) - (this.begun ?? Infinity);
    sums.connections++;
    sums.oneway += Number(oneway);
    sums.midstream += Number(midstream);
    sums.missed += Number(midstream && since >= this.limits.settle);
    sums.guesses += Number((flags & connectionFlags.roleCertain) === 0);
    sums.evicted += Number(ending === Ending.Memory);
  }

  /** The first epoch that waits to be settled, null when none does. */
  get next(): number | null {
    let first: number | null = null;
    for (const [number, { settled }] of this.epochs) {
      if (!settled && (first === null || number < first)) {
        first = number;
      }
    }
    return first;
  }

  /**
   * Judges the minute that ends with an epoch, which is complete; epochs in their order.
   * @returns the window's row, null when nothing was counted in it
   */
  settle(number: number): FeedWindow | null {
    this.settled = Math.max(this.settled, number);
    const epoch = this.epochs.get(number);
    if (epoch === undefined || epoch.settled) {
      return null;
    }
    if (epoch.window !== null) {
      this.ahead = windowStart(number) - epoch.window;
      this.begun ??= epoch.window;
    }
    epoch.settled = true;
    epoch.poor = poorness(this.minuteUntil(number), this.limits);
    for (const old of this.epochs.keys()) {
      if (old <= number - REMEMBERED) {
        this.epochs.delete(old);
      }
    }
    return { window: windowStart(number) - this.ahead, ...epoch.sums, poor: epoch.poor };
  }

  /**
   * Why the minute in which a connection ended was too poor to tell why it did; null when it was good enough. What the
   * kernel says of drops comes late: the window after its end is asked, too.
   * @param batch of the epoch that was settled last
   */
  poorFor(batch: ConnectionBatch, row: number): string | null {
    const { epoch } = batch;
    const last = windowOf((batch.endSeconds[row] as number) + this.ahead);
    const end = last > epoch || last <= epoch - REMEMBERED ? epoch : last;
    return this.epochs.get(end)?.poor ?? (end < epoch ? (this.epochs.get(end + 1)?.poor ?? null) : null);
  }

  /** The capture has ended; what begins now is another one. */
  restart(): void {
    this.begun = null;
  }

  private minuteUntil(number: number): FeedSums {
    const minute = noSums();
    for (let one = number - MINUTE + 1; one <= number; one++) {
      const sums = this.epochs.get(one)?.sums;
      if (sums !== undefined) {
        addSums(minute, sums);
      }
    }
    return minute;
  }

  private open(wanted: number): Epoch {
    const number = Math.max(wanted, this.settled + 1);
    const known = this.epochs.get(number);
    if (known !== undefined) {
      return known;
    }
    const epoch: Epoch = { sums: noSums(), window: null, settled: false, poor: null };
    this.epochs.set(number, epoch);
    return epoch;
  }
}
