import { createWriteStream, fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';

/** Where the capture goes. */
export class Output {
  private failure: Error | null = null;

  private constructor(private readonly stream: Writable) {
    // Errors are told by the write that met them, or by the next one.
    stream.on('error', (error: Error) => (this.failure ??= error));
  }

  static async file(path: string): Promise<Output> {
    const stream = createWriteStream(path);
    await new Promise<void>((resolve, reject) => stream.once('ready', resolve).once('error', reject));
    return new Output(stream);
  }

  /**
   * Standard output. Not `process.stdout`: that one writes to pipes without giving way, so that a reader who stops would
   * stop us before a signal could.
   */
  static standard(): Output {
    const kind = fstatSync(1);
    return new Output(
      kind.isFIFO() || kind.isSocket()
        ? new Socket({ fd: 1, readable: false, writable: true })
        : createWriteStream('', { fd: 1 })
    );
  }

  /** Resolves when the bytes have been handed over and may be overwritten. */
  write(bytes: Uint8Array): Promise<void> {
    const written = new Promise<void>((resolve, reject) => {
      if (this.failure !== null) {
        reject(this.failure);
        return;
      }
      this.stream.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
    // Whoever awaits it later is told; until then it is no unhandled error.
    written.catch(() => undefined);
    return written;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.stream.end(resolve));
  }
}

/** The reader is gone: no error, but the end. */
export function isClosedPipe(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ECONNRESET';
}
