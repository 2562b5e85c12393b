import type { Batch } from '../flow/index.js';
import type { PipelineOptions } from './pipeline.js';
import type { ReadResult } from './read-captures.js';

/** What a worker that reads files is told; plain data. */
export interface FileWorkerOptions {
  readonly paths: readonly string[];
  readonly flow: Pick<PipelineOptions, 'maxConnections' | 'serverPorts' | 'dedup' | 'separateVlans' | 'part'>;
  readonly index: number;
  /** The worker waits while so many of its batches are not yet taken: word `index` of `control` counts them. */
  readonly mostPending: number;
  readonly control: SharedArrayBuffer;
}

export type FromFileWorker =
  | { readonly kind: 'batch'; readonly batch: Batch }
  | { readonly kind: 'progress'; readonly read: number; readonly size: number | null }
  | {
      readonly kind: 'done';
      readonly result: Omit<ReadResult, 'damage'>;
      readonly damage: ReadonlyArray<{ readonly code: string; readonly status: number; readonly text: string }>;
    };
