import type { FeedCounts } from '../../flow/index.js';

/** How good a capture was in one window: what the packets tell, and what the connections tell that ended in it. */
export interface FeedWindow extends Omit<FeedCounts, 'epoch'> {
  /**
   * Connections that ended, those of them of which one direction only was captured, and those whose start was not seen.
   * Attempts that nobody answered and RSTs without a connection are not among them: they say nothing about the capture.
   */
  readonly connections: number;
  readonly oneway: number;
  readonly midstream: number;
  /** Connections whose start was missed though it came long after the capture's. */
  readonly missed: number;
  /** Connections of which it is a guess who is the client. */
  readonly guesses: number;
  /** Connections given up because the flow table was full. */
  readonly evicted: number;
  /** Why the minute that ends with this window is too poor for verdicts, in words; null when it is good enough. */
  readonly poor: string | null;
}

/** Windows of a capture on their way to the store. */
export interface FeedBatch {
  readonly kind: 'feed';
  readonly rows: number;
  /** Network interface, or what else was read. */
  readonly capture: string;
  readonly windows: readonly FeedWindow[];
}

/** What can be added up. */
export type FeedSums = { -readonly [key in keyof Omit<FeedWindow, 'window' | 'poor'>]: FeedWindow[key] };

export function noSums(): FeedSums {
  return {
    packets: 0,
    tcp: 0,
    duplicates: null,
    drops: null,
    clockSteps: 0,
    acks: 0,
    gapAcks: 0,
    connections: 0,
    oneway: 0,
    midstream: 0,
    missed: 0,
    guesses: 0,
    evicted: 0,
  };
}

/** Packets that gave no TCP segment. */
export function undecodedOf({ packets, tcp, duplicates }: Pick<FeedSums, 'packets' | 'tcp' | 'duplicates'>): number {
  return packets - tcp - (duplicates ?? 0);
}

const sumNames = Object.keys(noSums()) as Array<keyof FeedSums>;

/** Adds; what is unknown stays unknown until somebody knows. */
export function addSums(to: FeedSums, from: Partial<FeedSums>): void {
  for (const name of sumNames) {
    const value = from[name] ?? null;
    if (value !== null) {
      to[name] = (to[name] ?? 0) + value;
    }
  }
}
