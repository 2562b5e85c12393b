import { closeSync, openSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { errorKinds, TcpscopeError } from '../errors.js';

/** Bytes collected before they are written. */
const CHUNK = 1 << 18;

/** A file that a slice is written to. Throws TCPS_E_SLICE_UNWRITABLE. */
export class SliceFile {
  private readonly fd: number;
  private pieces: Uint8Array[] = [];
  private size = 0;

  constructor(private readonly path: string) {
    this.fd = this.attempt(() => openSync(path, 'w'));
  }

  write(bytes: Uint8Array): void {
    this.pieces.push(bytes);
    this.size += bytes.length;
    if (this.size >= CHUNK) {
      this.flush();
    }
  }

  close(): void {
    try {
      this.flush();
    } finally {
      closeSync(this.fd);
    }
  }

  /** Takes back what has been written, so that half a slice is not taken for a whole one. */
  discard(): void {
    closeSync(this.fd);
    if (isFile(this.path)) {
      unlinkSync(this.path);
    }
  }

  private flush(): void {
    const bytes = Buffer.concat(this.pieces);
    this.pieces = [];
    this.size = 0;
    this.attempt(() => {
      for (let at = 0; at < bytes.length;) {
        at += writeSync(this.fd, bytes, at);
      }
    });
  }

  private attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new TcpscopeError(errorKinds.sliceUnwritable, [this.path, reason], { cause: error });
    }
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** Throws TCPS_E_SLICE_INPUT when both names are the same file: opening it for writing would empty it. */
export function refuseSameFile(input: string, output: string): void {
  const one = statSync(input, { throwIfNoEntry: false });
  const two = statSync(output, { throwIfNoEntry: false });
  if (one !== undefined && two !== undefined && one.dev === two.dev && one.ino === two.ino) {
    throw new TcpscopeError(errorKinds.sliceInput, [output]);
  }
}
