import { Facts, Row, State } from './layout.js';

/** What a connection counted beyond its row's fields; arrays by direction. */
export interface ExtraTotals {
  syn: number;
  synAck: number;
  readonly fins: [number, number];
  readonly resets: [number, number];
}

/** Words of an index slot: hash, row. */
const SLOT = 2;
/** Words of an IPv6 pair: lower and higher address. */
const PAIR = 8;

/**
 * The connections that are alive: rows of fixed width in one typed array, found by an open-addressing index.
 *
 * Trade-offs. The index keeps the whole hash beside the row number (8 bytes a slot, at most half full): a probe touches a
 * row only when it is almost surely the right one, and removal by backward shift needs no tombstones and no rehash. The
 * rows are reserved at their full capacity at once: untouched pages cost nothing on Linux, and a table that never moves
 * never stalls the capture to copy itself. IPv4 keys lie in the row; an IPv6 pair has 64 bits of fingerprint in the row and
 * its addresses in a side pool, so that IPv4 does not pay for them.
 */
export class FlowTable {
  /** All rows; a row's first word is at its number times `Row.Words`. Row 0 is never used. */
  readonly rows: Int32Array;
  /** The same memory, for the words that hold 64-bit floats (index = word / 2) … */
  readonly floats: Float64Array;
  /** … and 32-bit floats. */
  readonly wordsAsFloats: Float32Array;
  /** Totals beyond what the row's packed fields hold (a SYN more than 4095 times, a million RSTs): very rare. */
  readonly extra = new Map<number, ExtraTotals>();
  /** Addresses of IPv6 connections, `PAIR` words each: the lower address, then the higher. */
  wide: Int32Array;
  /** Rows in use. */
  size = 0;
  readonly capacity: number;

  private readonly index: Int32Array;
  private readonly mask: number;
  private readonly seed: number;
  /** Next row that was never used. */
  private fresh = 1;
  /** Freed rows, linked by `Row.Rival`. */
  private free = 0;
  private freshWide = 1;
  private freeWide = 0;

  /**
   * @param capacity most connections held at once (1 to 2^24)
   * @param seed mixed into the hash, so that nobody can craft addresses that collide
   */
  constructor(capacity: number, seed = 0) {
    this.capacity = capacity;
    this.seed = seed | 0;
    const buffer = new ArrayBuffer((capacity + 1) * Row.Words * 4);
    this.rows = new Int32Array(buffer);
    this.floats = new Float64Array(buffer);
    this.wordsAsFloats = new Float32Array(buffer);
    this.wide = new Int32Array(1024 * PAIR);
    let slots = 1024;
    while (slots < capacity * 2) {
      slots *= 2;
    }
    this.mask = slots - 1;
    this.index = new Int32Array(slots * SLOT);
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
        const at = row * Row.Words;
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

  /** Row number of an IPv6 connection, or 0. `pair` holds its addresses, lower first, 8 words. */
  find6(hash: number, key0: number, key1: number, ports: number, pair: Int32Array): number {
    const { index, mask, rows } = this;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const row = index[slot * SLOT + 1] as number;
      if (row === 0) {
        return 0;
      }
      if (index[slot * SLOT] === hash) {
        const at = row * Row.Words;
        if (
          rows[at + Row.Key0] === key0 &&
          rows[at + Row.Key1] === key1 &&
          rows[at + Row.Ports] === ports &&
          ((rows[at + Row.State] as number) & State.Ipv6) !== 0 &&
          this.samePair(rows[at + Row.Wide] as number, pair)
        ) {
          return row;
        }
      }
    }
  }

  private samePair(wide: number, pair: Int32Array): boolean {
    const pool = this.wide;
    const at = wide * PAIR;
    for (let word = 0; word < PAIR; word++) {
      if (pool[at + word] !== pair[word]) {
        return false;
      }
    }
    return true;
  }

  /**
   * Takes a row and fills in its key; all other words are 0. It is not yet in the index.
   * @param pair addresses of an IPv6 connection, null for IPv4
   * @returns 0 when the table is full
   */
  allocate(key0: number, key1: number, ports: number, pair: Int32Array | null): number {
    const { rows } = this;
    let row = this.free;
    if (row !== 0) {
      this.free = rows[row * Row.Words + Row.Rival] as number;
    } else if (this.fresh <= this.capacity) {
      row = this.fresh++;
    } else {
      return 0;
    }
    const at = row * Row.Words;
    for (let word = at; word < at + Row.Words; word++) {
      rows[word] = 0;
    }
    rows[at + Row.Key0] = key0;
    rows[at + Row.Key1] = key1;
    rows[at + Row.Ports] = ports;
    rows[at + Row.State] = State.Used;
    if (pair !== null) {
      rows[at + Row.State] = State.Used | State.Ipv6;
      rows[at + Row.Wide] = this.allocateWide(pair);
    }
    this.size++;
    return row;
  }

  /** Gives a row back; it must not be in the index any more. */
  release(row: number): void {
    const at = row * Row.Words;
    const wide = this.rows[at + Row.Wide] as number;
    if (wide !== 0) {
      this.wide[wide * PAIR] = this.freeWide;
      this.freeWide = wide;
    }
    if (((this.rows[at + Row.Facts] as number) & Facts.Extra) !== 0) {
      this.extra.delete(row);
    }
    this.rows[at + Row.State] = 0;
    this.rows[at + Row.Timer] = 0;
    this.rows[at + Row.Wide] = 0;
    this.rows[at + Row.Rival] = this.free;
    this.free = row;
    this.size--;
  }

  /** Highest row number ever used. A row in use has `State.Used`. */
  get highest(): number {
    return this.fresh - 1;
  }

  insert(hash: number, row: number): void {
    const { index, mask } = this;
    let slot = hash & mask;
    while (index[slot * SLOT + 1] !== 0) {
      slot = (slot + 1) & mask;
    }
    index[slot * SLOT] = hash;
    index[slot * SLOT + 1] = row;
  }

  /** Puts another row in the place of one that is in the index under the same key. */
  replace(hash: number, row: number, by: number): void {
    this.index[this.slotOf(hash, row) * SLOT + 1] = by;
  }

  /** Takes a row out of the index (Knuth, TAOCP 6.4, algorithm R: later entries move up). */
  remove(hash: number, row: number): void {
    const { index, mask } = this;
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
  hashOf(row: number): number {
    const at = row * Row.Words;
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

  private allocateWide(pair: Int32Array): number {
    let wide = this.freeWide;
    if (wide !== 0) {
      this.freeWide = this.wide[wide * PAIR] as number;
    } else {
      wide = this.freshWide++;
      if ((wide + 1) * PAIR > this.wide.length) {
        const larger = new Int32Array(this.wide.length * 2);
        larger.set(this.wide);
        this.wide = larger;
      }
    }
    this.wide.set(pair, wide * PAIR);
    return wide;
  }
}
