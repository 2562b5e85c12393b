import { counters } from '@tcpscope/filter';

/**
 * What leaves the flow room: closed windows and finished connections, column by column in typed arrays, so that they
 * move between threads by transfer and into the store without a row object ever existing.
 */

/** Counters of a window row, in the order of `WindowBatch.counters` (all counters of the catalogue). */
export const windowCounters = counters;

/** Counters of a connection row, in the order of `ConnectionBatch.counters`. */
export const connectionCounters = counters.filter((counter) => counter.rows === 'both');

/** `u32` counters are Uint32Array, `u64` counters Float64Array holding whole numbers up to 2^53. */
export type CounterColumn = Uint32Array | Float64Array;

/**
 * Times of the rows, sparse: how many lie in which bucket (`bucketOf` of @tcpscope/filter). What a row has ends at its
 * `ends` and begins where the row before ended; its buckets rise.
 */
export interface TimesColumn {
  readonly ends: Uint32Array;
  readonly buckets: Uint16Array;
  readonly counts: Uint32Array;
}

export interface WindowBatch {
  readonly kind: 'windows';
  /** Start of the window, seconds since 1970. All rows of a batch are of one window. */
  readonly window: number;
  readonly rows: number;
  /** 16 bytes a row; IPv4 as ::ffff:a.b.c.d. */
  readonly clientIp: Uint8Array;
  readonly serverIp: Uint8Array;
  readonly serverPort: Uint16Array;
  /** Outermost VLAN id, 0 when untagged. */
  readonly vlan: Uint16Array;
  readonly counters: readonly CounterColumn[];
  /** In the order of the catalogue's `histograms`. */
  readonly times: readonly TimesColumn[];
}

/** Longest history kept, in letters; later letters are dropped. */
export const historyLength = 20;
/** VLAN tags kept for a connection, outermost first. */
export const vlanDepth = 4;

export interface ConnectionBatch {
  readonly kind: 'connections';
  /** May be 0: then the batch only says how far its worker has come (`until`). */
  readonly rows: number;
  /** Number of the 10 s of event time in which all connections of this batch were decided. */
  readonly epoch: number;
  /** What the worker decides later, it decides in this epoch or after it; `lastEpoch` when nothing follows. */
  readonly until: number;
  readonly clientIp: Uint8Array;
  readonly serverIp: Uint8Array;
  readonly clientPort: Uint16Array;
  readonly serverPort: Uint16Array;
  /** `vlanDepth` ids a row, outermost first, 0 behind the last. */
  readonly vlans: Uint16Array;
  /** How many tags the first packet had (may be above `vlanDepth`). */
  readonly vlanCount: Uint8Array;
  /** First and last packet: whole seconds since 1970 and nanoseconds. */
  readonly startSeconds: Uint32Array;
  readonly startNanos: Uint32Array;
  readonly endSeconds: Uint32Array;
  readonly endNanos: Uint32Array;
  /** Index into `closeClasses`. */
  readonly close: Uint8Array;
  /** Index into `zeekStates`. */
  readonly state: Uint8Array;
  /** `historyLength` ASCII letters a row, 0 behind the last. */
  readonly history: Uint8Array;
  /** 0 nobody, 1 client, 2 server. */
  readonly closer: Uint8Array;
  readonly aborter: Uint8Array;
  /** 0 no RST, else 1 + index into `resetStages`. */
  readonly stage: Uint8Array;
  /** Bits of `connectionFlags`. */
  readonly flags: Uint8Array;
  /** Handshake time in microseconds from the first SYN; NaN without a handshake. */
  readonly ct: Float64Array;
  /**
   * The part of it between SYN+ACK and ACK, in microseconds: the round trip between the capture and the client. The rest is
   * that between the capture and the server. NaN when they were not measured (round-trip.ts).
   */
  readonly rttClient: Float64Array;
  readonly counters: readonly CounterColumn[];
  /** `factWords` words a row: what a diagnosis needs, as `Fact` lays it out. */
  readonly facts: Int32Array;
  /** Last packets of some rows, as `pipeline/kept-packets.ts` lays them out; of live captures only. */
  readonly packets?: ReadonlyMap<number, Int32Array>;
  /** How good the capture was in an epoch before `until`, when that has come to its end. */
  readonly feed?: FeedCounts;
}

/**
 * How good the capture was in 10 s of event time, as far as packets tell; counted by the worker that reads them. Whole
 * numbers.
 */
export interface FeedCounts {
  /** Number of the 10 s of event time, as in `ConnectionBatch.epoch`. */
  readonly epoch: number;
  /** The window that these were by the packets' clock: its start, seconds since 1970. */
  readonly window: number;
  /** Packets read, and those of them that were TCP and no copies. */
  readonly packets: number;
  readonly tcp: number;
  /** Copies of packets that were left out; null when nobody looked for any. */
  readonly duplicates: number | null;
  /** Packets that the kernel, or the program that captures, dropped; null when nobody says. */
  readonly drops: number | null;
  /** Times the packets' clock was set back. */
  readonly clockSteps: number;
  /** Acknowledgements of something new after a handshake that was seen, and those of data that were never seen. */
  readonly acks: number;
  readonly gapAcks: number;
}

/** `ConnectionBatch.until` of the last batch. */
export const lastEpoch = Number.MAX_SAFE_INTEGER;

export const connectionFlags = { roleCertain: 1, midstream: 2, oneway: 4 } as const;

export type Batch = WindowBatch | ConnectionBatch;
