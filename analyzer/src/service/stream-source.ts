import { createReadStream, closeSync, constants, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { isatty } from 'node:tty';
import { errorKinds, TcpscopeError } from '../errors.js';
import { StreamCapture } from '../pipeline/index.js';
import type { CaptureStatus } from '../query/index.js';
import type { Log } from '../store/log.js';
import { noCounts, streamCounts } from './capture-status.js';
import { unreadable } from './files.js';
import type { FlowSettings, Outlet, Source } from './source.js';

/** Packets that another program writes: standard input, a named pipe, or a file. */
export class StreamSource implements Source {
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;
  private readonly capture: StreamCapture;
  private readonly name: string;
  private over = false;
  private stopping = false;
  private failure: TcpscopeError | null = null;

  /** Begins to read. Throws `fileUnreadable`. @param path "-" is standard input */
  constructor(path: string, flow: FlowSettings, outlet: Outlet, log: Log) {
    this.name = path === '-' ? 'standard input' : path;
    const input = path === '-' ? standardInput() : openInput(path);
    this.capture = new StreamCapture(this.name, input, flow, {
      onBatch: (batch) => outlet.emit(batch, 0),
      onEnded: () => outlet.ended(),
    });
    this.ended = this.capture.ended.then(({ error }) => {
      this.over = true;
      // Where we stop reading is rarely between two packets: that is no damage.
      this.failure = this.stopping ? null : error;
      if (this.failure === null) {
        log.info({ capture: this.name }, this.stopping ? 'stopped reading packets' : 'the stream of packets has ended');
      } else {
        log.error({ code: this.failure.code, capture: this.name }, this.failure.message);
      }
    });
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

  async stop(): Promise<void> {
    this.stopping = !this.over;
    await this.capture.stop();
    await this.ended;
  }
}

function standardInput(): Readable {
  if (isatty(0)) {
    throw new TcpscopeError(errorKinds.fileUnreadable, ['standard input', 'it is a terminal']);
  }
  return process.stdin;
}

/**
 * A named pipe is opened without waiting for its writer and read as a socket: a thread that waits in open() or read()
 * could not be called off, and the process would not end before somebody writes.
 */
function openInput(path: string): Readable {
  let fd: number | null = null;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(fd);
    if (stat.isDirectory()) {
      throw new Error('it is a folder');
    }
    return stat.isFIFO()
      ? new Socket({ fd, readable: true, writable: false })
      : createReadStream(path, { fd, highWaterMark: 1 << 18 });
  } catch (error) {
    if (fd !== null) {
      closeSync(fd);
    }
    throw unreadable(path, error);
  }
}
