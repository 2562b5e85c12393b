import type { Readable } from 'node:stream';
import type { Worker } from 'node:worker_threads';
import { startWorker } from '../entry-points.js';
import { errorKinds, TcpscopeError } from '../errors.js';
import type { Batch } from '../flow/index.js';
import type { FromStreamWorker, SentError, StreamStatus, StreamWorkerOptions } from './stream-messages.js';

export interface StreamHandlers {
  /** Takes a batch. Reading pauses while many promises are open. */
  onBatch(batch: Batch): Promise<void>;
  /** The stream has ended, and no batch comes after those that were given. */
  onEnded?(): Promise<void>;
}

/** Batches that may wait to be taken before reading pauses. */
const MOST_PENDING = 8;

/** How a stream came to its end. */
export interface StreamEnd {
  /** What was wrong with the bytes, or why they could not be read; null when they simply ended. */
  readonly error: TcpscopeError | null;
}

/** Follows a stream of packets in capture file format, in a thread of its own. */
export class StreamCapture {
  /** Resolves when the stream has ended and every batch is taken; never rejects. */
  readonly ended: Promise<StreamEnd>;
  private last: StreamStatus | null = null;

  /** @param name what to call the stream in errors */
  constructor(
    readonly name: string,
    private readonly input: Readable,
    options: Pick<StreamWorkerOptions, 'maxConnections' | 'serverPorts' | 'dedup' | 'separateVlans' | 'recent'>,
    handlers: StreamHandlers
  ) {
    const control = new SharedArrayBuffer(4);
    const worker = startWorker(
      'pipeline/stream-worker',
      { ...options, mostPending: MOST_PENDING, control } satisfies StreamWorkerOptions,
      { stdin: true }
    );
    this.ended = this.follow(worker, new Int32Array(control), handlers);
    const stdin = worker.stdin!;
    // A worker that has ended takes no more bytes.
    stdin.on('error', () => undefined);
    input.pipe(stdin);
  }

  /** The last report; null before the first. */
  status(): StreamStatus | null {
    return this.last;
  }

  /** Ends the stream here: what has been read is still counted, open windows and connections are written. */
  async stop(): Promise<void> {
    this.input.unpipe();
    this.finish?.();
    this.input.destroy();
    await this.ended;
  }

  private finish: (() => void) | null = null;

  private follow(worker: Worker, pending: Int32Array, handlers: StreamHandlers): Promise<StreamEnd> {
    this.finish = () => void worker.stdin?.end();
    const taking = new Set<Promise<void>>();
    let error: TcpscopeError | null = null;
    this.input.on('error', (fault) => {
      error = new TcpscopeError(errorKinds.fileUnreadable, [this.name, fault.message], { cause: fault });
      worker.stdin?.end();
    });
    worker.on('message', (message: FromStreamWorker) => {
      switch (message.kind) {
        case 'batch': {
          const taken = handlers.onBatch(message.batch).finally(() => {
            Atomics.sub(pending, 0, 1);
            Atomics.notify(pending, 0);
            taking.delete(taken);
          });
          taking.add(taken);
          return;
        }
        case 'failed':
          error ??= this.received(message.error);
          return;
        case 'status':
          this.last = message.status;
          return;
        case 'done':
          this.last = message.status;
          error ??= message.damage === null ? null : this.received(message.damage);
          return;
        case 'ready':
          return;
      }
    });
    worker.on('error', (fault) => {
      error ??= new TcpscopeError(errorKinds.captureFailed, [this.name, fault.message], { cause: fault });
    });
    return new Promise((resolve) => {
      worker.once('exit', () => {
        this.input.unpipe();
        this.input.destroy();
        void Promise.all([handlers.onEnded?.(), ...taking]).then(() => resolve({ error }));
      });
    });
  }

  private received({ code, status, text }: SentError): TcpscopeError {
    return TcpscopeError.received(code, status, text.replace('standard input', this.name));
  }
}
