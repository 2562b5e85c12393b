/**
 * One block of ClickHouse's Native format (revision 0, as files and HTTP bodies carry it): the number of columns, the
 * number of rows, then column by column its name, its type and its values. Little-endian throughout, as are the machines
 * the engine runs on, so typed arrays are copied as they lie in memory.
 */
export class NativeWriter {
  private bytes: Uint8Array;
  private at = 0;

  /** `expectedBytes` sizes the buffer; it grows by doubling when that was too small. */
  constructor(columns: number, rows: number, expectedBytes = 65_536) {
    this.bytes = new Uint8Array(expectedBytes);
    this.number(columns);
    this.number(rows);
  }

  /** Opens a column; exactly the values of all rows follow, as the type lays them out. */
  column(name: string, type: string): void {
    this.string(name);
    this.string(type);
  }

  /** Values as they lie in memory: integers, floats, addresses. */
  raw(values: ArrayBufferView): void {
    const length = values.byteLength;
    this.reserve(length);
    this.bytes.set(new Uint8Array(values.buffer, values.byteOffset, length), this.at);
    this.at += length;
  }

  /** `count` bytes of `table[indexes[i]]` each: strings that were encoded once, see `encodeString`. */
  dictionary(indexes: ArrayLike<number>, table: readonly Uint8Array[]): void {
    let size = 0;
    for (let i = 0; i < indexes.length; i++) {
      size += table[indexes[i]!]!.length;
    }
    this.reserve(size);
    const { bytes } = this;
    let at = this.at;
    for (let i = 0; i < indexes.length; i++) {
      const value = table[indexes[i]!]!;
      // Names are short: a loop is faster than set() up to some 50 bytes.
      for (let j = 0; j < value.length; j++) {
        bytes[at++] = value[j]!;
      }
    }
    this.at = at;
  }

  /** Strings of at most 127 bytes in slots of `width` bytes, filled up with zeros. */
  slots(values: Uint8Array, width: number): void {
    if (width > 127) {
      throw new RangeError('a slot is at most 127 bytes wide');
    }
    const rows = values.length / width;
    this.reserve(rows * (width + 1));
    const { bytes } = this;
    let at = this.at;
    for (let row = 0; row < rows; row++) {
      const start = row * width;
      let length = 0;
      while (length < width && values[start + length] !== 0) {
        length++;
      }
      bytes[at++] = length;
      for (let j = 0; j < length; j++) {
        bytes[at++] = values[start + j]!;
      }
    }
    this.at = at;
  }

  /** The block. The writer is used up. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.at);
  }

  private string(text: string): void {
    this.raw(encodeString(text));
  }

  private number(value: number): void {
    this.raw(variableLength(value));
  }

  private reserve(size: number): void {
    const needed = this.at + size;
    if (needed > this.bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
      larger.set(this.bytes.subarray(0, this.at));
      this.bytes = larger;
    }
  }
}

const utf8 = new TextEncoder();

/** A string as the format writes it: its length in bytes (LEB128), then UTF-8. */
export function encodeString(text: string): Uint8Array {
  const body = utf8.encode(text);
  const length = variableLength(body.length);
  const out = new Uint8Array(length.length + body.length);
  out.set(length);
  out.set(body, length.length);
  return out;
}

/** LEB128: seven bits a byte, the lowest first. */
function variableLength(value: number): Uint8Array {
  const out: number[] = [];
  do {
    const rest = Math.floor(value / 128);
    out.push((value % 128) | (rest > 0 ? 128 : 0));
    value = rest;
  } while (value > 0);
  return Uint8Array.from(out);
}

/** Whole numbers of 0 to 2^53 as unsigned 64-bit integers: pairs of 32-bit words, the lower first. */
export function toUint64(values: ArrayLike<number>): Uint32Array {
  const words = new Uint32Array(values.length * 2);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    words[2 * i] = value;
    words[2 * i + 1] = Math.floor(value / 4_294_967_296);
  }
  return words;
}
