import { createReadStream } from 'node:fs';
import type { TcpscopeError } from '../errors.js';
import { StreamCapture } from '../pipeline/index.js';
import type { CaptureStatus } from '../query/index.js';
import type { Log } from '../store/log.js';
import { noCounts, streamCounts } from './capture-status.js';
import type { Emit, FlowSettings, Source } from './source.js';

/** Packets that another program writes: standard input, a named pipe, or a file. */
export class StreamSource implements Source {
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;
  private readonly capture: StreamCapture;
  private readonly name: string;
  private over = false;
  private failure: TcpscopeError | null = null;

  /** @param path "-" is standard input */
  constructor(path: string, flow: FlowSettings, emit: Emit, log: Log) {
    this.name = path === '-' ? 'standard input' : path;
    const input = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 1 << 18 });
    this.capture = new StreamCapture(this.name, input, flow, { onBatch: (batch) => emit(batch, 0) });
    this.ended = this.capture.ended.then(({ error }) => {
      this.over = true;
      this.failure = error;
      if (error === null) {
        log.info({ capture: this.name }, 'the stream of packets has ended');
      } else {
        log.error({ code: error.code, capture: this.name }, error.message);
      }
    });
  }

  /** What was wrong with the stream; null when nothing is known to be. */
  get error(): TcpscopeError | null {
    return this.failure;
  }

  status(): CaptureStatus {
    const last = this.capture.status();
    const counts = last === null ? noCounts : streamCounts(last);
    const { failure } = this;
    if (failure !== null) {
      return { interface: this.name, state: 'failed', reason: failure.message, ...counts };
    }
    return { interface: this.name, state: this.over ? 'stopped' : last === null ? 'starting' : 'running', ...counts };
  }

  stop(): Promise<void> {
    return this.capture.stop();
  }
}
