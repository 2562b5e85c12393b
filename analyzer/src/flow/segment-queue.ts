import { Segment } from '../decode/segment.js';
import { Row, Table } from './layout.js';
import { pairWords, type FlowTable } from './table.js';

/** Segments that wait together. 32 keep what they touch (5 lines each) in the first-level cache. */
const SIZE = 32;
const CONTROL = 0x07;

/**
 * A share of the connections, by a hash of their tuples: every worker sees all packets, so that all have the same clock,
 * windows and knowledge of endpoints, and follows only its own connections.
 */
export interface Part {
  readonly index: number;
  readonly of: number;
}

export const wholeInput: Part = { index: 0, of: 1 };

/**
 * Segments on their way from the decoder to the flow table, a few at a time, so that the memory each will need is asked
 * for before it is needed.
 *
 * Trade-off: the table is far larger than the processor's caches, and a line that is not there costs some 100 ns, more than
 * all the work on a packet. Handled one after the other, each segment would wait for its line of the index and then for its
 * row. Here the index lines of all are read while segments are still being decoded, then all rows, and these reads overlap;
 * by the time a segment is handled its lines are near. It costs a pass over 32 small records, and a segment is handled up to
 * 31 segments later than it was decoded: `FlowTracker.flush` when the source pauses.
 */
export class SegmentQueue {
  static readonly size = SIZE;
  /** Where the decoder writes: the segment that the next `push` takes. */
  segment: Segment;
  readonly segments: Segment[];
  length = 0;

  readonly seconds = new Float64Array(SIZE);
  readonly nanos = new Int32Array(SIZE);
  readonly interfaces = new Uint8Array(SIZE);
  /** 1 for segments whose connections another worker follows: they only move the clock on and teach roles. */
  readonly foreign = new Uint8Array(SIZE);
  /** 0 from the lower end, 1 from the higher. */
  readonly directions = new Uint8Array(SIZE);
  readonly key0 = new Int32Array(SIZE);
  readonly key1 = new Int32Array(SIZE);
  readonly ports = new Int32Array(SIZE);
  readonly hashes = new Int32Array(SIZE);
  /** Addresses of IPv6 segments, the lower end first. */
  readonly pairs = new Int32Array(SIZE * pairWords);
  /** Rows where the index pointed when the segment came: where to look, nothing more. */
  private readonly hints = new Int32Array(SIZE);
  /** Sum of what was read ahead: written so that the reads are not optimised away, never used. */
  touched = 0;

  /** @param part which connections are followed here, when several workers share an input */
  constructor(
    private readonly table: FlowTable,
    private readonly part: Part = wholeInput
  ) {
    this.segments = Array.from({ length: SIZE }, () => new Segment());
    this.segment = this.segments[0] as Segment;
  }

  /**
   * Takes the segment in `segment`; returns true when the queue is full and has to be emptied.
   * @param seconds, nanos capture time since 1970
   */
  push(seconds: number, nanos: number, interfaceId: number): boolean {
    const { segment, table } = this;
    const i = this.length;
    this.seconds[i] = seconds;
    this.nanos[i] = nanos;
    this.interfaces[i] = interfaceId;
    const sourcePort = segment.sourcePort;
    const destinationPort = segment.destinationPort;
    let key0: number;
    let key1: number;
    let direction: number;
    if (segment.family === 4) {
      const source = segment.source0;
      const destination = segment.destination0;
      direction = source < destination || (source === destination && sourcePort <= destinationPort) ? 0 : 1;
      key0 = direction === 0 ? source : destination;
      key1 = direction === 0 ? destination : source;
    } else {
      direction = this.orderPair(segment, i * pairWords);
      key0 = fingerprint(this.pairs, i * pairWords, 0x85ebca6b);
      key1 = fingerprint(this.pairs, i * pairWords, 0xc2b2ae35);
    }
    const ports = direction === 0 ? (sourcePort << 16) | destinationPort : (destinationPort << 16) | sourcePort;
    const hash = table.hash(key0, key1, ports);
    this.directions[i] = direction;
    this.key0[i] = key0;
    this.key1[i] = key1;
    this.ports[i] = ports;
    this.hashes[i] = hash;
    this.hints[i] = table.touch(hash);
    this.foreign[i] = this.part.of === 1 || (hash >>> 1) % this.part.of === this.part.index ? 0 : 1;
    this.length = i + 1;
    if (i + 1 === SIZE) {
      return true;
    }
    this.segment = this.segments[i + 1] as Segment;
    return false;
  }

  /** Reads what the segments in the queue will need of the table. */
  touch(): void {
    const { hints, segments, length, table } = this;
    const { rows } = table;
    let sum = 0;
    for (let i = 0; i < length; i++) {
      const at = (hints[i] as number) * Row.Words + Table.Offset;
      sum += rows[at + Row.State] as number;
      if (((segments[i] as Segment).flags & CONTROL) !== 0) {
        sum += (rows[at + Row.Opening] as number) + (rows[at + Row.TotalOpening] as number);
      }
    }
    this.touched = sum | 0;
  }

  clear(): void {
    this.length = 0;
    this.segment = this.segments[0] as Segment;
  }

  /** Empties the queue but for its last segment, which comes first from now on. */
  keepLast(): void {
    const last = this.length - 1;
    const kept = this.segments[last] as Segment;
    this.segments[last] = this.segments[0] as Segment;
    this.segments[0] = kept;
    this.seconds[0] = this.seconds[last] as number;
    this.nanos[0] = this.nanos[last] as number;
    this.interfaces[0] = this.interfaces[last] as number;
    this.foreign[0] = this.foreign[last] as number;
    this.directions[0] = this.directions[last] as number;
    this.key0[0] = this.key0[last] as number;
    this.key1[0] = this.key1[last] as number;
    this.ports[0] = this.ports[last] as number;
    this.hashes[0] = this.hashes[last] as number;
    this.hints[0] = this.hints[last] as number;
    this.pairs.copyWithin(0, last * pairWords, (last + 1) * pairWords);
    this.length = 1;
    this.segment = this.segments[1] as Segment;
  }

  /** Puts the addresses of an IPv6 segment into `pairs`, the lower end first; returns the segment's direction. */
  private orderPair(segment: Segment, at: number): number {
    const difference =
      segment.source0 - segment.destination0 ||
      segment.source1 - segment.destination1 ||
      segment.source2 - segment.destination2 ||
      segment.source3 - segment.destination3 ||
      segment.sourcePort - segment.destinationPort;
    const direction = difference <= 0 ? 0 : 1;
    const { pairs } = this;
    const source = at + (direction << 2);
    const destination = at + ((direction ^ 1) << 2);
    pairs[source] = segment.source0;
    pairs[source + 1] = segment.source1;
    pairs[source + 2] = segment.source2;
    pairs[source + 3] = segment.source3;
    pairs[destination] = segment.destination0;
    pairs[destination + 1] = segment.destination1;
    pairs[destination + 2] = segment.destination2;
    pairs[destination + 3] = segment.destination3;
    return direction;
  }
}

/** 32 bits of an IPv6 pair; the whole addresses are compared when two fingerprints of them are equal. */
function fingerprint(pairs: Int32Array, at: number, seed: number): number {
  let hash = seed;
  for (let word = at; word < at + pairWords; word++) {
    hash = Math.imul(hash ^ (pairs[word] as number), 0x27d4eb2f);
    hash ^= hash >>> 15;
  }
  return hash;
}
