import type { Worker } from 'node:worker_threads';
import { startWorker } from '../entry-points.js';
import { TcpscopeError } from '../errors.js';
import type { Batch } from '../flow/index.js';
import type { FromWorker, LiveStatus, LiveWorkerOptions, ToWorker } from './live-messages.js';

export interface LiveOptions extends Omit<LiveWorkerOptions, 'worker' | 'workers' | 'fanoutGroup' | 'control'> {
  /** Threads that share the interface. */
  readonly workers: number;
}

export interface LiveHandlers {
  /** Takes a batch; its memory is used again when the promise is settled. */
  onBatch(batch: Batch, worker: number): Promise<void>;
  /** Every worker has ended, and no batch comes after those that were given. */
  onEnded?(): Promise<void>;
  /** A worker ended with an error after the capture had started. */
  onFailed(error: TcpscopeError): void;
}

/** Live capture on one interface: starts its workers, takes their batches, knows how they fare. */
export class LiveCapture {
  private readonly control = new SharedArrayBuffer(4);
  private readonly workers: Worker[] = [];
  private readonly statuses: LiveStatus[] = [];
  private readonly pending = new Set<Promise<void>>();
  private readonly ended: Array<Promise<void>> = [];
  private fanoutGroup: number | null = null;

  private constructor(
    readonly options: LiveOptions,
    private readonly handlers: LiveHandlers
  ) {}

  /** Starts capturing; resolves when every worker's ring is open. Throws TCPS_E_CAPTURE_… when one cannot be opened. */
  static async start(options: LiveOptions, handlers: LiveHandlers): Promise<LiveCapture> {
    const capture = new LiveCapture(options, handlers);
    try {
      // One after the other: the first begins the group that the others join.
      for (let worker = 0; worker < options.workers; worker++) {
        await capture.startWorker(worker);
      }
    } catch (error) {
      await capture.stop();
      throw error;
    }
    return capture;
  }

  /** The last report of each worker. */
  status(): readonly LiveStatus[] {
    return this.statuses;
  }

  /** Ends the capture: what the rings hold is still counted, and every open window and connection is written. */
  async stop(): Promise<void> {
    const control = new Int32Array(this.control);
    Atomics.store(control, 0, 1);
    Atomics.notify(control, 0);
    await Promise.all(this.ended);
    await this.handlers.onEnded?.();
    await Promise.all(this.pending);
  }

  private startWorker(index: number): Promise<void> {
    const options: LiveWorkerOptions = {
      ...this.options,
      worker: index,
      fanoutGroup: this.fanoutGroup,
      control: this.control,
    };
    const worker = startWorker('pipeline/live-worker', options);
    this.workers.push(worker);
    this.ended.push(new Promise((resolve) => worker.once('exit', () => resolve())));
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'ready') {
          this.fanoutGroup = message.fanoutGroup;
          resolve();
        } else if (message.kind === 'failed') {
          const error = TcpscopeError.received(message.code, message.status, message.message);
          reject(error);
          this.handlers.onFailed(error);
        } else {
          this.receive(index, worker, message);
        }
      });
      worker.on('error', (error) => {
        const fault = TcpscopeError.received(
          'TCPS_E_CAPTURE_FAILED',
          500,
          `Capture on ${options.interfaceName} failed: ${error.message}.`
        );
        reject(fault);
        this.handlers.onFailed(fault);
      });
    });
  }

  private receive(index: number, worker: Worker, message: Exclude<FromWorker, { kind: 'ready' | 'failed' }>): void {
    if (message.kind !== 'batch') {
      this.statuses[index] = message.status;
      return;
    }
    const buffer = message.batch.clientIp.buffer as ArrayBuffer;
    const work = this.handlers.onBatch(message.batch, index).finally(() => {
      this.pending.delete(work);
      worker.postMessage({ buffer } satisfies ToWorker, [buffer]);
    });
    this.pending.add(work);
  }
}
