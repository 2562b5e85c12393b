import type { Random } from './random.js';

/** Values at which parsers go wrong: limits of lengths, versions, counts. */
const INTERESTING = [0, 1, 2, 3, 4, 5, 6, 7, 8, 0x0f, 0x10, 0x40, 0x44, 0x45, 0x4f, 0x60, 0x7f, 0x80, 0xf0, 0xfe, 0xff];
const INTERESTING_WORDS = [0, 1, 4, 12, 16, 28, 0xffff, 0x10000, 0x40000, 0x40001, 0x7fffffff, 0x80000000, 0xffffffff];

/**
 * One input made of others, wrong in up to eight places. The result lies in a new array.
 * @param others pieces to splice in
 */
export function mutate(input: Uint8Array, random: Random, others: readonly Uint8Array[]): Uint8Array {
  let bytes = Uint8Array.from(input);
  for (let changes = 1 + random.below(8); changes > 0; changes--) {
    bytes = change(bytes, random, others);
  }
  return bytes;
}

function change(
  bytes: Uint8Array<ArrayBuffer>,
  random: Random,
  others: readonly Uint8Array[]
): Uint8Array<ArrayBuffer> {
  const { length } = bytes;
  const at = length === 0 ? 0 : random.below(length);
  switch (length === 0 ? 9 : random.below(12)) {
    case 0:
    case 1:
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
      return bytes;
    case 2:
    case 3:
    case 4:
      bytes[at] = random.of(INTERESTING);
      return bytes;
    case 5:
      bytes[at] = random.below(256);
      return bytes;
    case 6:
    case 7: {
      // A number of 2 or 4 bytes in either byte order.
      const size = random.chance(2) ? 2 : 4;
      if (at + size <= length) {
        const view = new DataView(bytes.buffer);
        const value = random.of(INTERESTING_WORDS);
        if (size === 2) {
          view.setUint16(at, value & 0xffff, random.chance(2));
        } else {
          view.setUint32(at, value, random.chance(2));
        }
      }
      return bytes;
    }
    case 8:
      return bytes.slice(0, at);
    case 9: {
      // A piece of another input goes between.
      const other = random.of(others);
      const from = random.below(other.length + 1);
      return joined(bytes.subarray(0, at), other.subarray(from, from + random.below(64)), bytes.subarray(at));
    }
    case 10: {
      // A piece comes twice.
      const piece = bytes.subarray(at, at + random.below(48));
      return joined(bytes.subarray(0, at), piece, bytes.subarray(at));
    }
    default: // A piece is missing.
      return joined(bytes.subarray(0, at), bytes.subarray(Math.min(length, at + 1 + random.below(16))));
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
