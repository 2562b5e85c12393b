import { Seg } from '../decode/segment.js';
import type { FlowTable } from './table.js';

/**
 * Works out the keys of the segments from number `first` to `end`: which end sent it, the ends' names in order, their hash,
 * and where the index points for it. The reads of the index do not wait for each other, so they overlap: a line that is not
 * in the cache costs some 100 ns, more than all the work on a packet.
 */
export function prepareKeys(segments: Int32Array, first: number, end: number, table: FlowTable): void {
  for (let at = first * Seg.Words; at < end * Seg.Words; at += Seg.Words) {
    const ports = segments[at + Seg.Ports] as number;
    let direction: number;
    let key0: number;
    let key1: number;
    if (segments[at + Seg.Family] === 4) {
      const source = segments[at + Seg.Source] as number;
      const destination = segments[at + Seg.Destination] as number;
      direction = source < destination || (source === destination && ports >>> 16 <= (ports & 0xffff)) ? 0 : 1;
      key0 = direction === 0 ? source : destination;
      key1 = direction === 0 ? destination : source;
    } else {
      direction = orderOf(segments, at, ports);
      key0 = fingerprint(segments, at, direction, 0x85ebca6b);
      key1 = fingerprint(segments, at, direction, 0xc2b2ae35);
    }
    const keyPorts = direction === 0 ? ports : (ports << 16) | (ports >>> 16);
    const hash = table.hash(key0, key1, keyPorts);
    segments[at + Seg.Direction] = direction;
    segments[at + Seg.Key0] = key0;
    segments[at + Seg.Key1] = key1;
    segments[at + Seg.KeyPorts] = keyPorts;
    segments[at + Seg.Hash] = hash;
    segments[at + Seg.Hint] = table.hint(hash);
  }
}

/** 0 when the source is the lower end of an IPv6 segment. */
function orderOf(segments: Int32Array, at: number, ports: number): number {
  for (let word = at + Seg.Source; word < at + Seg.Source + 4; word++) {
    const difference = (segments[word] as number) - (segments[word + 4] as number);
    if (difference !== 0) {
      return difference < 0 ? 0 : 1;
    }
  }
  return ports >>> 16 <= (ports & 0xffff) ? 0 : 1;
}

/** 32 bits of an IPv6 pair; the whole addresses are compared when two fingerprints of them are equal. */
function fingerprint(segments: Int32Array, at: number, direction: number, seed: number): number {
  const swap = direction << 2;
  let hash = seed;
  for (let word = 0; word < 8; word++) {
    hash = Math.imul(hash ^ (segments[at + Seg.Source + (word ^ swap)] as number), 0x27d4eb2f);
    hash ^= hash >>> 15;
  }
  return hash;
}
