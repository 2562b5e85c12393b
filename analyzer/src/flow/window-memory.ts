import { Rec } from './layout.js';
import { pairWords } from './table.js';

/** Words of an event node: next node, kind + direction, number. */
const NODE = 3;
/** Event nodes that there is room for at first; few connections have one. */
const FIRST_NODES = 4096;

/**
 * What was counted in one 10 s window while it is open. Connections count in their own rows; the window has a list of
 * those that did, and takes a record of a connection's counts when it moves on to the next window, ends, or when the window
 * itself is written.
 *
 * Trade-off: records lie one behind the other and are thrown away together, so nothing is looked up or freed one by one.
 * The price is a fixed bound: when it is reached the window is written early, in parts, and the parts add up in the store.
 */
export class WindowMemory {
  /** `Rec.Words` words each. */
  readonly records: Int32Array;
  nodes = new Int32Array(FIRST_NODES * NODE);
  /** Addresses of IPv6 records: lower, then higher. */
  readonly wide: Int32Array;
  /** Rows of connections that began to count in this window; a row can be in it more than once. */
  readonly active: Int32Array;
  /** How many of each are in use; node 0 is never used. */
  used = 0;
  usedActive = 0;
  private usedNodes = 1;
  private usedWide = 0;
  private readonly capacity: number;

  /** @param capacity records, and connections in the list */
  constructor(capacity: number) {
    this.capacity = capacity;
    this.records = new Int32Array(capacity * Rec.Words);
    this.wide = new Int32Array(capacity * pairWords);
    this.active = new Int32Array(capacity);
  }

  /** Some of the memory is used up: the window has to be written before the next connection counts in it. */
  get full(): boolean {
    return this.usedActive >= this.capacity || this.usedNodes >= this.capacity;
  }

  clear(): void {
    this.used = 0;
    this.usedActive = 0;
    this.usedNodes = 1;
    this.usedWide = 0;
  }

  /** Copies the addresses of an IPv6 pair in; returns their place. */
  addWide(pool: Int32Array, from: number): number {
    const at = this.usedWide;
    this.usedWide += pairWords;
    for (let word = 0; word < pairWords; word++) {
      this.wide[at + word] = pool[from + word] as number;
    }
    return at;
  }

  /**
   * Books an event on a list of events.
   * @param first first node of the list, 0 when it is empty
   * @param value whole number; numbers of one kind add up; negative to take something back
   * @returns first node of the list from now on
   */
  book(first: number, kind: number, value: number): number {
    let { nodes } = this;
    for (let node = first; node !== 0; node = nodes[node * NODE] as number) {
      if (nodes[node * NODE + 1] === kind) {
        nodes[node * NODE + 2] = (nodes[node * NODE + 2] as number) + value;
        return first;
      }
    }
    const node = this.usedNodes++;
    if (this.usedNodes * NODE > nodes.length) {
      nodes = new Int32Array(nodes.length * 2);
      nodes.set(this.nodes);
      this.nodes = nodes;
    }
    nodes[node * NODE] = first;
    nodes[node * NODE + 1] = kind;
    nodes[node * NODE + 2] = value;
    return node;
  }
}
