import { Seg } from './segment.js';

/**
 * The name of a segment's connection, the same for both directions: the two ends in the order of their addresses (of their
 * ports when these are equal), and its hash. An IPv6 pair is named by 64 bits of fingerprint; whoever compares names must
 * compare the addresses too.
 *
 * Worked out here, where the addresses are at hand in registers, and not when the flow table needs it.
 */

/** Hash of a key; the finalizer of MurmurHash3 over a multiplicative mix of the three words. */
export function hashKey(key0: number, key1: number, ports: number, seed: number): number {
  let hash = Math.imul(key0 ^ seed, 0x85ebca6b) ^ Math.imul(key1, 0xc2b2ae35) ^ Math.imul(ports, 0x27d4eb2f);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0x297a2d39);
  return hash ^ (hash >>> 16);
}

/** 1 when the destination is the lower end of an IPv4 segment. Without branches: nobody can predict them. */
export function direction4(source: number, destination: number, ports: number): number {
  return Number(destination < source) | (Number(source === destination) & Number(ports >>> 16 > (ports & 0xffff)));
}

/** Writes `Seg.Direction` to `Seg.Hash` of a segment whose addresses and ports are filled in. */
export function writeKey(segments: Int32Array, at: number, seed: number): void {
  if (segments[at + Seg.Family] === 4) {
    writeKey4(segments, at, seed);
  } else {
    writeKey6(segments, at, seed);
  }
}

function writeKey4(segments: Int32Array, at: number, seed: number): void {
  const ports = segments[at + Seg.Ports] as number;
  const source = segments[at + Seg.Source] as number;
  const destination = segments[at + Seg.Destination] as number;
  const direction = direction4(source, destination, ports);
  const swap = -direction;
  const exchange = (source ^ destination) & swap;
  const key0 = source ^ exchange;
  const key1 = destination ^ exchange;
  const keyPorts = ports ^ ((((ports << 16) | (ports >>> 16)) ^ ports) & swap);
  segments[at + Seg.Direction] = direction;
  segments[at + Seg.Key0] = key0;
  segments[at + Seg.Key1] = key1;
  segments[at + Seg.KeyPorts] = keyPorts;
  segments[at + Seg.Hash] = hashKey(key0, key1, keyPorts, seed);
}

function writeKey6(segments: Int32Array, at: number, seed: number): void {
  const ports = segments[at + Seg.Ports] as number;
  const direction = direction6(segments, at, ports);
  const low = (at + Seg.Source + (direction << 2)) | 0;
  const high = (at + Seg.Destination - (direction << 2)) | 0;
  let key0 = 0x85ebca6b | 0;
  let key1 = 0xc2b2ae35 | 0;
  for (let word = 0; word < 4; word = (word + 1) | 0) {
    key0 = Math.imul(key0 ^ (segments[(low + word) | 0] as number), 0x27d4eb2f);
    key1 = Math.imul(key1 ^ (segments[(high + word) | 0] as number), 0x2c1b3c6d);
    key0 ^= key0 >>> 15;
    key1 ^= key1 >>> 13;
  }
  // Each word depends on both ends: addresses of one network differ little.
  key0 = (key0 + Math.imul(key1, 0x85ebca6b)) | 0;
  key1 = key1 ^ (key0 >>> 16);
  const keyPorts = direction === 0 ? ports : (ports << 16) | (ports >>> 16);
  segments[at + Seg.Direction] = direction;
  segments[at + Seg.Key0] = key0;
  segments[at + Seg.Key1] = key1;
  segments[at + Seg.KeyPorts] = keyPorts;
  segments[at + Seg.Hash] = hashKey(key0, key1, keyPorts, seed);
}

/** 1 when the destination is the lower end of an IPv6 segment. */
function direction6(segments: Int32Array, at: number, ports: number): number {
  for (let word = at + Seg.Source; word < at + Seg.Source + 4; word++) {
    const source = segments[word] as number;
    const destination = segments[word + 4] as number;
    if (source !== destination) {
      return source < destination ? 0 : 1;
    }
  }
  return ports >>> 16 <= (ports & 0xffff) ? 0 : 1;
}
