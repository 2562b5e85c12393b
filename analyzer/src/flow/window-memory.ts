import { Pair, Rec } from './layout.js';

/** Words of an event node: next node, kind + direction, number. */
export const nodeWords = 3;
/** Event nodes that there is room for at first; few connections have one. */
const FIRST_NODES = 4096;

export type WindowMemory = ReturnType<typeof createWindowMemory>;

/**
 * What was counted in a 10 s window while it is open, for the two windows that can be open at once: those with even and
 * with odd numbers. Connections count in their own rows; a window has a list of those that did, and takes a record of a
 * connection's counts when it moves on to the next window, ends, or when the window itself is written.
 *
 * Trade-off: records lie one behind the other and are thrown away together, so nothing is looked up or freed one by one.
 * The price is a fixed bound: when it is reached the window is written early, in parts, and the parts add up in the store.
 *
 * @param capacity records, and connections in the list, of each window
 */
export function createWindowMemory(capacity: number) {
  /** `Rec.Words` words each; those of windows with odd numbers lie behind the others. */
  const records = new Int32Array(2 * capacity * Rec.Words);
  /** Addresses of IPv6 records: lower, then higher. */
  const wide = new Int32Array(2 * capacity * Pair.Words);
  /** Rows of connections that began to count; a row can be in it more than once. */
  const active = new Int32Array(2 * capacity);
  /** For both windows: how many of each are in use. Node 0 is never used. */
  const used = new Int32Array(2);
  const usedActive = new Int32Array(2);
  const usedWide = new Int32Array(2);
  const usedNodes = new Int32Array([1, 1]);
  const nodes: [Int32Array, Int32Array] = [
    new Int32Array(FIRST_NODES * nodeWords),
    new Int32Array(FIRST_NODES * nodeWords),
  ];

  /** Some of the memory is used up: the window has to be written before the next connection counts in it. */
  function isFull(half: number): boolean {
    return (usedActive[half] as number) >= capacity || (usedNodes[half] as number) >= capacity;
  }

  function clear(half: number): void {
    used[half] = 0;
    usedActive[half] = 0;
    usedWide[half] = 0;
    usedNodes[half] = 1;
  }

  /** Adds a row to the list of a window. */
  function list(half: number, row: number): void {
    const place = usedActive[half] as number;
    usedActive[half] = place + 1;
    active[half * capacity + place] = row;
  }

  /** First word of a new record. */
  function takeRecord(half: number): number {
    const place = used[half] as number;
    used[half] = place + 1;
    return (half * capacity + place) * Rec.Words;
  }

  /** Copies the addresses of an IPv6 pair in; returns their place. */
  function addWide(half: number, pool: Int32Array, from: number): number {
    const place = usedWide[half] as number;
    usedWide[half] = place + 1;
    const at = (half * capacity + place) * Pair.Words;
    for (let word = 0; word < Pair.Words; word++) {
      wide[at + word] = pool[from + word] as number;
    }
    return at;
  }

  /**
   * Books an event on a list of events.
   * @param first first node of the list, 0 when it is empty
   * @param value whole number; numbers of one kind add up; negative to take something back
   * @returns first node of the list from now on
   */
  function book(half: number, first: number, kind: number, value: number): number {
    let list = nodes[half as 0 | 1];
    for (let node = first; node !== 0; node = list[node * nodeWords] as number) {
      if (list[node * nodeWords + 1] === kind) {
        list[node * nodeWords + 2] = (list[node * nodeWords + 2] as number) + value;
        return first;
      }
    }
    const node = usedNodes[half] as number;
    usedNodes[half] = node + 1;
    if ((node + 1) * nodeWords > list.length) {
      list = new Int32Array(list.length * 2);
      list.set(nodes[half as 0 | 1]);
      nodes[half as 0 | 1] = list;
    }
    list[node * nodeWords] = first;
    list[node * nodeWords + 1] = kind;
    list[node * nodeWords + 2] = value;
    return node;
  }

  return { capacity, records, wide, active, used, usedActive, nodes, isFull, clear, list, takeRecord, addWide, book };
}
