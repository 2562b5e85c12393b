import type { DedupMode } from '../decode/index.js';
import type { Batch } from '../flow/index.js';
import type { RecentOptions } from '../pipeline/index.js';
import type { CaptureStatus } from '../query/index.js';

/** Somewhere packets come from, running until it is stopped or ends by itself. */
export interface Source {
  status(): CaptureStatus;
  /** Counts what has been taken in, hands over every open window and connection, and ends. */
  stop(): Promise<void>;
}

/** The way of a source's rows. */
export interface Outlet {
  /** Takes the batches of worker `worker`; resolves when the memory of the batch may be used again. */
  emit(batch: Batch, worker: number): Promise<void>;
  /** No worker of the source runs now; what waits for others of them need wait no longer. */
  ended(): Promise<void>;
}

/** What every source tells its workers. */
export interface FlowSettings {
  readonly maxConnections: number;
  readonly serverPorts: readonly number[];
  readonly dedup: DedupMode;
  readonly separateVlans: boolean;
  readonly recent: RecentOptions;
}
