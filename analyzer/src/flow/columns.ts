import type { Counter } from '@tcpscope/filter';
import type { CounterColumn } from './batch.js';

/**
 * Where the memory of batches comes from. All columns of a batch lie in one buffer, so that a batch moves to another
 * thread as one transfer and its memory can come back to be used again.
 */
export interface BufferSource {
  /** A buffer of at least `bytes`, all zero. */
  take(bytes: number): ArrayBuffer;
}

/** Fresh memory for every batch: for readers of files, where batches stay in the process. */
export const freshBuffers: BufferSource = { take: (bytes) => new ArrayBuffer(bytes) };

/** Buffers that come back after use, largest batches first in mind: no garbage while a capture runs steadily. */
export class BufferPool implements BufferSource {
  private readonly free: ArrayBuffer[] = [];

  constructor(private readonly most = 16) {}

  take(bytes: number): ArrayBuffer {
    const at = this.free.findIndex((buffer) => buffer.byteLength >= bytes);
    const [buffer] = at < 0 ? [] : this.free.splice(at, 1);
    if (buffer === undefined) {
      // Sizes in powers of two, so that a batch that is a little larger finds the buffer of a former one.
      let size = 1 << 16;
      while (size < bytes) {
        size *= 2;
      }
      return new ArrayBuffer(size);
    }
    new Uint8Array(buffer, 0, bytes).fill(0);
    return buffer;
  }

  give(buffer: ArrayBuffer): void {
    if (this.free.length < this.most) {
      this.free.push(buffer);
    }
  }
}

export interface Columns {
  readonly buffer: ArrayBuffer;
  readonly counters: readonly CounterColumn[];
  /** The whole buffer, for writing: column by column would be a different array at every step. */
  readonly allWords: Uint32Array;
  readonly allFloats: Float64Array;
  floats(): Float64Array;
  /** One a row, or `count` in all. */
  words(count?: number): Uint32Array;
  integers(width: number): Int32Array;
  /** `width` a row; in `count` rows when not in all. */
  shorts(width?: number, count?: number): Uint16Array;
  bytes(width?: number): Uint8Array;
}

/** Most bytes a row takes besides its counters (a connection's names, times and facts). */
const OTHER_BYTES = 336;
/** Padding of every column to 8 bytes. */
const PADDING = 1024;

/**
 * Lays columns of `rows` rows into one buffer, the widest elements first so that all are aligned.
 * @param more bytes for columns that are not as long as the others
 */
export function allocateColumns(source: BufferSource, rows: number, counters: readonly Counter[], more = 0): Columns {
  const widths = counters.reduce((sum, counter) => sum + (counter.storage === 'u64' ? 8 : 4), 0);
  const buffer = source.take((rows * (widths + OTHER_BYTES) + PADDING + more + 7) & ~7);
  let at = 0;
  const place = (bytes: number) => {
    const here = at;
    at += (bytes + 7) & ~7;
    return here;
  };
  return {
    buffer,
    allWords: new Uint32Array(buffer),
    allFloats: new Float64Array(buffer),
    counters: counters.map((counter) =>
      counter.storage === 'u64'
        ? new Float64Array(buffer, place(rows * 8), rows)
        : new Uint32Array(buffer, place(rows * 4), rows)
    ),
    floats: () => new Float64Array(buffer, place(rows * 8), rows),
    integers: (width) => new Int32Array(buffer, place(rows * 4 * width), rows * width),
    words: (count = rows) => new Uint32Array(buffer, place(count * 4), count),
    shorts: (width = 1, count = rows) => new Uint16Array(buffer, place(count * 2 * width), count * width),
    bytes: (width = 1) => new Uint8Array(buffer, place(rows * width), rows * width),
  };
}
