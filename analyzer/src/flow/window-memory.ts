import { Event } from './events.js';
import { Win, WinMeta } from './layout.js';

/** Words of an event node: next node, kind + direction, value. */
const NODE = 3;
/** Words of an IPv6 pair. */
const PAIR = 8;
/** Events that may still be booked when the memory says that it is full: those of the packet at hand. */
const SPARE_NODES = 4096;

/**
 * The counts of one 10 s window while it is open: a row for each connection that was active in it, with the counters
 * that most packets touch, and a list of rarer events hung on it.
 *
 * Trade-off: rows are laid one behind the other and thrown away together, so that a packet writes to one cache line here
 * and to the connection's own row, nothing is freed one by one, and closing a window reads its memory once in order. The
 * price is a fixed bound: when it is reached the window is written out early, in parts, and its parts add up in the store.
 */
export class WindowMemory {
  /** Row 0 is never used. */
  readonly rows: Int32Array;
  readonly floats: Float64Array;
  readonly nodes: Int32Array;
  /** Addresses of IPv6 rows: lower, then higher. */
  readonly wide: Int32Array;
  /** One past the last row in use. */
  used = 1;
  usedNodes = 1;
  usedWide = 0;
  private readonly rowLimit: number;
  private readonly nodeLimit: number;

  /** @param capacity rows; events get three times as many nodes */
  constructor(capacity: number) {
    const buffer = new ArrayBuffer((capacity + 1) * Win.Words * 4);
    this.rows = new Int32Array(buffer);
    this.floats = new Float64Array(buffer);
    this.nodes = new Int32Array((capacity * 3 + SPARE_NODES) * NODE);
    this.wide = new Int32Array(capacity * PAIR);
    this.rowLimit = capacity;
    this.nodeLimit = capacity * 3;
  }

  /** A row or the events' memory is about to run out: write the window out before the next packet. */
  get full(): boolean {
    return this.used > this.rowLimit || this.usedNodes >= this.nodeLimit;
  }

  clear(): void {
    this.used = 1;
    this.usedNodes = 1;
    this.usedWide = 0;
  }

  /** Begins a row; returns its number. */
  add(connection: number, key0: number, key1: number, ports: number, meta: number): number {
    const { rows } = this;
    const row = this.used++;
    const at = row * Win.Words;
    for (let word = at + Win.Events; word < at + Win.Words; word++) {
      rows[word] = 0;
    }
    rows[at + Win.Connection] = connection;
    rows[at + Win.Key0] = key0;
    rows[at + Win.Key1] = key1;
    rows[at + Win.Ports] = ports;
    rows[at + Win.Meta] = meta;
    return row;
  }

  /** Copies the addresses of an IPv6 row in; they are found through its `Key0`. */
  addWide(row: number, pool: Int32Array, from: number): void {
    const at = this.usedWide++ * PAIR;
    for (let word = 0; word < PAIR; word++) {
      this.wide[at + word] = pool[from + word] as number;
    }
    this.rows[row * Win.Words + Win.Key0] = at;
    this.rows[row * Win.Words + Win.Meta] = (this.rows[row * Win.Words + Win.Meta] as number) | WinMeta.Ipv6;
  }

  /**
   * Books something rare. `kind` of a sided event includes the direction. Values of one kind add up.
   * @param value whole number that fits 31 bits; negative to take something back
   */
  book(row: number, kind: number, value: number): void {
    const { nodes, rows } = this;
    const head = row * Win.Words + Win.Events;
    const first = rows[head] as number;
    if (kind !== Event.HandshakeTime) {
      for (let node = first; node !== 0; node = nodes[node * NODE] as number) {
        if (nodes[node * NODE + 1] === kind) {
          nodes[node * NODE + 2] = (nodes[node * NODE + 2] as number) + value;
          return;
        }
      }
    }
    const node = this.usedNodes++;
    nodes[node * NODE] = first;
    nodes[node * NODE + 1] = kind;
    nodes[node * NODE + 2] = value;
    rows[head] = node;
  }

  /**
   * Counts up one half of a word that holds a count for each direction. At 65,535 the half moves into an event, so that
   * no count is ever lost.
   */
  countHalf(row: number, word: number, direction: number, spill: number): void {
    const at = row * Win.Words + word;
    const shift = direction << 4;
    let value = this.rows[at] as number;
    if (((value >>> shift) & 0xffff) === 0xffff) {
      this.book(row, spill + direction, 0xffff);
      value &= ~(0xffff << shift);
    }
    this.rows[at] = value + (1 << shift);
  }

  /** Counts a SYN (shift 0) or SYN+ACK (shift 12) in `Win.Opening`. */
  countOpening(row: number, shift: number, spill: number): void {
    const at = row * Win.Words + Win.Opening;
    let value = this.rows[at] as number;
    if (((value >>> shift) & 0xfff) === 0xfff) {
      this.book(row, spill, 0xfff);
      value &= ~(0xfff << shift);
    }
    this.rows[at] = value + (1 << shift);
  }
}
