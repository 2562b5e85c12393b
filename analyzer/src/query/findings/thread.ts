import type { Worker } from 'node:worker_threads';
import { startWorker } from '../../entry-points.js';
import { errorKinds, TcpscopeError } from '../../errors.js';
import type { FindingsTask, Found } from './find.js';

/**
 * Memory for a thread's objects, MiB; beyond it the thread ends. A hundred thousand connections made do with 128. Far above
 * it, because who asks for much at once when little is left ends not only the thread.
 */
const memory = 1024;

interface Question {
  readonly resolve: (found: Found) => void;
  readonly reject: (error: Error) => void;
}

/** One life of the thread that works out findings. */
export class Thread {
  private readonly worker: Worker;
  private question: Question | null = null;
  /** Why it ended; null as long as it runs. */
  private end: string | null = null;

  /** Throws `queryThread` when the system has no thread to give. */
  constructor() {
    try {
      this.worker = startWorker('query/findings/worker', null, { resourceLimits: { maxOldGenerationSizeMb: memory } });
    } catch (error) {
      throw new TcpscopeError(errorKinds.queryThread, [(error as Error).message], { cause: error });
    }
    this.worker.on('message', (found: Found) => this.question?.resolve(found));
    this.worker.once('error', (error) => this.ended(error.message));
    this.worker.once('exit', (status) => this.ended(`exit status ${status}`));
  }

  get runs(): boolean {
    return this.end === null;
  }

  /**
   * One question at a time. What the engine answered moves to the thread. Throws `queryThread`, and the signal's reason when
   * it is aborted; the thread is then of no use any more.
   */
  async find(task: FindingsTask, signal: AbortSignal): Promise<Found> {
    const abort = () => this.question?.reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await new Promise<Found>((resolve, reject) => {
        this.question = { resolve, reject };
        signal.throwIfAborted();
        if (this.end !== null) {
          throw new TcpscopeError(errorKinds.queryThread, [this.end]);
        }
        this.worker.postMessage(task, [task.answer.buffer as ArrayBuffer]);
      });
    } finally {
      this.question = null;
      signal.removeEventListener('abort', abort);
    }
  }

  /** Whether the process lives on for its sake. */
  hold(holds: boolean): void {
    if (holds) {
      this.worker.ref();
    } else {
      this.worker.unref();
    }
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }

  private ended(reason: string): void {
    this.end ??= reason;
    this.question?.reject(new TcpscopeError(errorKinds.queryThread, [this.end]));
  }
}
