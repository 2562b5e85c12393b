import type { RingCounts, RingState } from '../capture/ring/packet-ring.js';
import type { DedupMode } from '../decode/index.js';
import type { Batch } from '../flow/index.js';
import type { FlowCounts, PacketCounts } from './pipeline.js';
import type { RecentOptions } from './recent-packets.js';

/** What a capture worker is told when it starts. Plain data: it crosses a thread boundary. */
export interface LiveWorkerOptions {
  readonly interfaceName: string;
  /** "default", "none" or a tcpdump expression. */
  readonly filter: string;
  /** Bytes kept of a packet. */
  readonly snap: number;
  /** Bytes of the ring. */
  readonly ringBytes: number;
  readonly promiscuous: boolean;
  readonly maxConnections: number;
  readonly serverPorts: readonly number[];
  /** What connections that end badly keep of their packets; nothing when left out. */
  readonly recent?: RecentOptions;
  readonly dedup: DedupMode;
  readonly separateVlans: boolean;
  readonly worker: number;
  readonly workers: number;
  /** Number of the group in which the workers of an interface share its packets; null for the first, who begins one. */
  readonly fanoutGroup: number | null;
  /** Word 0 becomes 1 when the worker is to stop. */
  readonly control: SharedArrayBuffer;
}

/** How a worker fares; sent once a second. Counts are since the start. */
export interface LiveStatus {
  readonly interfaceName: string;
  readonly worker: number;
  readonly state: RingState;
  readonly packets: PacketCounts;
  readonly flow: FlowCounts;
  /** Of the socket: what the kernel delivered and dropped for it. */
  readonly ring: Readonly<RingCounts>;
  /** What the card dropped since the start; null when it does not say. */
  readonly interfaceDrops: number | null;
  /** What the kernel dropped before any socket saw it, on all interfaces, since the start; null when unknown. */
  readonly softnetDrops: number | null;
  /** Time of the last packet, seconds since 1970; null before the first. */
  readonly lastPacket: number | null;
  /** Garbage collections in the worker since the start. */
  readonly collections: number;
}

export type FromWorker =
  | { readonly kind: 'ready'; readonly fanoutGroup: number | null }
  | { readonly kind: 'batch'; readonly batch: Batch }
  | { readonly kind: 'status'; readonly status: LiveStatus }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly status: number }
  | { readonly kind: 'done'; readonly status: LiveStatus };

/** Buffers that come back to the worker to be used again. */
export interface ToWorker {
  readonly buffer: ArrayBuffer;
}
