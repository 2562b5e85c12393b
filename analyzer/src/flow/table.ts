import { Seg } from '../decode/segment.js';
import { Fact } from './facts.js';
import { Cold, Row, State, Table } from './layout.js';
import { Pool } from './pool.js';

/** Words of an index slot: hash, row. */
const SLOT = 2;
/** Words of an IPv6 pair: lower and higher address. */
export const pairWords = 8;
/** Slots that the index begins with. */
const FIRST_SLOTS = 1 << 12;
/**
 * The connections that are alive: rows of fixed width in one typed array, found by an open-addressing index.
 *
 * Trade-offs. The index keeps the whole hash beside the row number (8 bytes a slot, at most half full): a probe touches a
 * row only when it is almost surely the right one, and removal by backward shift needs no tombstones. It doubles as
 * connections come, so that it is no larger than the processor's caches have to bear: doubling stops the capture for some
 * 20 ns a connection, which the ring's memory bridges. The rows are reserved at full capacity at once: untouched pages
 * cost nothing, and they never move. IPv4 keys lie in the row; an IPv6 pair has 64 bits of fingerprint in the row and its
 * addresses in a pool, so that IPv4 does not pay for them.
 */
export class FlowTable {
  /** All rows; a row's first word is at `at(row)`. Row 0 is never used. */
  readonly rows: Int32Array;
  /** The same memory, for the words that hold 64-bit floats (index = word / 2) and 32-bit floats. */
  readonly doubles: Float64Array;
  readonly floats: Float32Array;
  /** Addresses of IPv6 connections: the lower, then the higher. */
  readonly wide = new Pool(pairWords);
  /** Rarer facts (`Cold`). */
  readonly cold = new Pool(Cold.Words);
  readonly facts = new Pool(Fact.PoolWords);
  /** Rows in use. */
  size = 0;
  /** Highest row number ever used. A row in use has `State.Used`. */
  highest = 0;
  readonly capacity: number;

  private index = new Int32Array(FIRST_SLOTS * SLOT);
  private mask = FIRST_SLOTS - 1;
  private indexed = 0;
  private readonly seed: number;
  /** Freed rows, linked by `Row.Rival`. */
  private free = 0;

  /**
   * @param capacity most connections held at once (1 to 2^24)
   * @param seed mixed into the hash, so that nobody can craft addresses that collide
   */
  constructor(capacity: number, seed = 0) {
    this.capacity = capacity;
    this.seed = seed | 0;
    const buffer = new ArrayBuffer(((capacity + 1) * Row.Words + Table.Offset) * 4);
    this.rows = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.floats = new Float32Array(buffer);
  }

  /** First word of a row. */
  at(row: number): number {
    return row * Row.Words + Table.Offset;
  }

  /** Hash of a key; the finalizer of MurmurHash3 over a multiplicative mix of the three words. */
  hash(key0: number, key1: number, ports: number): number {
    let hash = Math.imul(key0 ^ this.seed, 0x85ebca6b) ^ Math.imul(key1, 0xc2b2ae35) ^ Math.imul(ports, 0x27d4eb2f);
    hash ^= hash >>> 15;
    hash = Math.imul(hash, 0x2c1b3c6d);
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0x297a2d39);
    return hash ^ (hash >>> 16);
  }

  /** Row number of an IPv4 connection, or 0. */
  find4(hash: number, key0: number, key1: number, ports: number): number {
    const { index, mask, rows } = this;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const row = index[slot * SLOT + 1] as number;
      if (row === 0) {
        return 0;
      }
      if (index[slot * SLOT] === hash) {
        const at = row * Row.Words + Table.Offset;
        if (
          rows[at + Row.Key0] === key0 &&
          rows[at + Row.Key1] === key1 &&
          rows[at + Row.Ports] === ports &&
          ((rows[at + Row.State] as number) & State.Ipv6) === 0
        ) {
          return row;
        }
      }
    }
  }

  /** Row number of an IPv6 connection, or 0. Its addresses are those of the segment at `segment`. */
  find6(hash: number, key0: number, key1: number, ports: number, segments: Int32Array, segment: number): number {
    const { index, mask, rows } = this;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const row = index[slot * SLOT + 1] as number;
      if (row === 0) {
        return 0;
      }
      if (index[slot * SLOT] === hash) {
        const at = row * Row.Words + Table.Offset;
        if (
          rows[at + Row.Key0] === key0 &&
          rows[at + Row.Key1] === key1 &&
          rows[at + Row.Ports] === ports &&
          ((rows[at + Row.State] as number) & State.Ipv6) !== 0 &&
          samePair(this.wide.words, (rows[at + Row.Wide] as number) * pairWords, segments, segment)
        ) {
          return row;
        }
      }
    }
  }

  /** Row number that the index has where the hash leads: probably the connection's, to be read ahead. */
  hint(hash: number): number {
    return this.index[(hash & this.mask) * SLOT + 1] as number;
  }

  /**
   * Takes a row and fills in its key. All other words are 0 (those that mean something before they are first written). It
   * is not yet in the index.
   * @returns 0 when the table is full
   */
  allocate(key0: number, key1: number, ports: number): number {
    const { rows } = this;
    let row = this.free;
    if (row !== 0) {
      this.free = rows[row * Row.Words + Table.Offset + Row.Rival] as number;
    } else if (this.highest < this.capacity) {
      row = ++this.highest;
    } else {
      return 0;
    }
    const at = row * Row.Words + Table.Offset;
    rows[at + Row.Key0] = key0;
    rows[at + Row.Key1] = key1;
    rows[at + Row.Ports] = ports;
    rows[at + Row.State] = State.Used;
    rows[at + Row.Zeek] = 0;
    rows[at + Row.History] = 0;
    rows[at + Row.History + 1] = 0;
    rows[at + Row.History + 2] = 0;
    rows[at + Row.Facts] = 0;
    rows[at + Row.Rival] = 0;
    for (let word = at + Row.TotalPackets; word < at + Row.Words; word++) {
      rows[word] = 0;
    }
    this.size++;
    return row;
  }

  /** Notes the addresses of an IPv6 connection, those of the segment at `segment`. */
  setPair(at: number, segments: Int32Array, segment: number): void {
    const wide = this.wide.take();
    const { words } = this.wide;
    const swap = (segments[segment + Seg.Direction] as number) << 2;
    for (let word = 0; word < pairWords; word++) {
      words[wide * pairWords + word] = segments[segment + Seg.Source + (word ^ swap)] as number;
    }
    this.rows[at + Row.State] = (this.rows[at + Row.State] as number) | State.Ipv6;
    this.rows[at + Row.Wide] = wide;
  }

  /**
   * Gives a row back; it must not be in the index any more, and its counts must be on record: these words are 0 then, and
   * stay so until the row is taken again.
   */
  release(row: number): void {
    const { rows } = this;
    const at = row * Row.Words + Table.Offset;
    if (((rows[at + Row.State] as number) & State.Ipv6) !== 0) {
      this.wide.give(rows[at + Row.Wide] as number);
    }
    if (rows[at + Row.Cold] !== 0) {
      const facts = this.cold.words[(rows[at + Row.Cold] as number) * Cold.Words + Cold.Facts] as number;
      if (facts !== 0) {
        this.facts.give(facts);
      }
      this.cold.give(rows[at + Row.Cold] as number);
      rows[at + Row.Cold] = 0;
    }
    rows[at + Row.State] = 0;
    rows[at + Row.Timer] = 0;
    rows[at + Row.Rival] = this.free;
    this.free = row;
    this.size--;
  }

  /** First word in `cold.words` of a row's rarer facts, which it is given if it has none. */
  coldAt(at: number): number {
    let cold = this.rows[at + Row.Cold] as number;
    if (cold === 0) {
      cold = this.cold.take();
      this.rows[at + Row.Cold] = cold;
    }
    return cold * Cold.Words;
  }

  /** First word in `facts.words` of what a diagnosis needs of a row, 0 when there is nothing. */
  factsOf(at: number): number {
    const cold = this.rows[at + Row.Cold] as number;
    return cold === 0 ? 0 : (this.cold.words[cold * Cold.Words + Cold.Facts] as number) * Fact.PoolWords;
  }

  /** The same; the row is given some if it has none. */
  factsAt(at: number): number {
    const cold = this.coldAt(at) + Cold.Facts;
    let facts = this.cold.words[cold] as number;
    if (facts === 0) {
      facts = this.facts.take();
      this.cold.words[cold] = facts;
    }
    return facts * Fact.PoolWords;
  }

  insert(hash: number, row: number): void {
    if (++this.indexed * 2 > this.mask) {
      this.grow();
    }
    place(this.index, this.mask, hash, row);
  }

  /** Puts another row in the place of one that is in the index under the same key. */
  replace(hash: number, row: number, by: number): void {
    this.index[this.slotOf(hash, row) * SLOT + 1] = by;
  }

  /** Takes a row out of the index (Knuth, TAOCP 6.4, algorithm R: later entries move up). */
  remove(hash: number, row: number): void {
    const { index, mask } = this;
    this.indexed--;
    let hole = this.slotOf(hash, row);
    for (let slot = (hole + 1) & mask; index[slot * SLOT + 1] !== 0; slot = (slot + 1) & mask) {
      const home = (index[slot * SLOT] as number) & mask;
      // The entry may fill the hole unless its home lies behind the hole, going round.
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        index[hole * SLOT] = index[slot * SLOT] as number;
        index[hole * SLOT + 1] = index[slot * SLOT + 1] as number;
        hole = slot;
      }
    }
    index[hole * SLOT + 1] = 0;
  }

  /** Hash of the key a row carries. */
  hashOf(at: number): number {
    const { rows } = this;
    return this.hash(rows[at + Row.Key0] as number, rows[at + Row.Key1] as number, rows[at + Row.Ports] as number);
  }

  private slotOf(hash: number, row: number): number {
    const { index, mask } = this;
    let slot = hash & mask;
    while (index[slot * SLOT + 1] !== row) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private grow(): void {
    const { index } = this;
    const mask = this.mask * 2 + 1;
    const larger = new Int32Array((mask + 1) * SLOT);
    for (let slot = 0; slot < index.length; slot += SLOT) {
      const row = index[slot + 1] as number;
      if (row !== 0) {
        place(larger, mask, index[slot] as number, row);
      }
    }
    this.index = larger;
    this.mask = mask;
  }
}

function place(index: Int32Array, mask: number, hash: number, row: number): void {
  let slot = hash & mask;
  while (index[slot * SLOT + 1] !== 0) {
    slot = (slot + 1) & mask;
  }
  index[slot * SLOT] = hash;
  index[slot * SLOT + 1] = row;
}

function samePair(pool: Int32Array, at: number, segments: Int32Array, segment: number): boolean {
  const swap = (segments[segment + Seg.Direction] as number) << 2;
  for (let word = 0; word < pairWords; word++) {
    if (pool[at + word] !== segments[segment + Seg.Source + (word ^ swap)]) {
      return false;
    }
  }
  return true;
}
