import type { DedupMode } from '../decode/index.js';
import type { Batch } from '../flow/index.js';
import type { FlowCounts, PacketCounts } from './pipeline.js';
import type { RecentOptions } from './recent-packets.js';

/** What a worker that follows a stream of packets is told; plain data. The bytes come through its standard input. */
export interface StreamWorkerOptions {
  readonly maxConnections: number;
  readonly serverPorts: readonly number[];
  /** What connections that end badly keep of their packets; nothing when left out. */
  readonly recent?: RecentOptions;
  readonly dedup: DedupMode;
  readonly separateVlans: boolean;
  /** The worker waits while so many of its batches are not yet taken: word 0 of `control` counts them. */
  readonly mostPending: number;
  readonly control: SharedArrayBuffer;
}

/** How a stream fares; sent once a second. Counts are since the start. */
export interface StreamStatus {
  readonly packets: PacketCounts;
  readonly flow: FlowCounts;
  /** Packets that the capturing program says it lost; null when it says nothing. */
  readonly reportedDrops: number | null;
  /** Time of the last packet, seconds since 1970; null before the first. */
  readonly lastPacket: number | null;
}

/** An error of the catalogue on its way between threads. */
export interface SentError {
  readonly code: string;
  readonly status: number;
  readonly text: string;
}

export type FromStreamWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'batch'; readonly batch: Batch }
  | { readonly kind: 'status'; readonly status: StreamStatus }
  | { readonly kind: 'failed'; readonly error: SentError }
  | { readonly kind: 'done'; readonly status: StreamStatus; readonly damage: SentError | null };
