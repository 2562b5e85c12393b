import type { Batch } from '../flow/index.js';
import type { CaptureStatus } from '../query/index.js';

/** Somewhere packets come from, running until it is stopped or ends by itself. */
export interface Source {
  status(): CaptureStatus;
  /** Counts what has been taken in, hands over every open window and connection, and ends. */
  stop(): Promise<void>;
}

/** Takes the batches of worker `worker` of a source; resolves when the memory of the batch may be used again. */
export type Emit = (batch: Batch, worker: number) => Promise<void>;

/** What every source tells the flow room. */
export interface FlowSettings {
  readonly maxConnections: number;
  readonly serverPorts: readonly number[];
}
