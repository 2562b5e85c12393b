import { hashKey } from '../decode/connection-key.js';
import { Seg } from '../decode/segment.js';
import { Fact } from './facts.js';
import { Cold, Fins, Pair, Row, State, Table } from './layout.js';
import { createPool } from './pool.js';

/** Words of an index slot: hash, row. */
const SLOT = 2;
/** Slots that the index begins with. */
const FIRST_SLOTS = 1 << 12;

export type FlowTable = ReturnType<typeof createFlowTable>;

/**
 * The connections that are alive: rows of fixed width in one typed array, found by an open-addressing index.
 *
 * Trade-offs. The index keeps the whole hash beside the row number (8 bytes a slot, at most half full): a probe touches a
 * row only when it is almost surely the right one, and removal by backward shift needs no tombstones. It doubles as
 * connections come, so that it is no larger than the processor's caches have to bear: doubling stops the capture for some
 * 20 ns a connection, which the ring's memory bridges. Rows and index are reserved at full capacity at once: untouched
 * pages cost nothing, and they never move. IPv4 keys lie in the row; an IPv6 pair has 64 bits of fingerprint in the row and
 * its addresses in a pool, so that IPv4 does not pay for them.
 *
 * The flow room is written as closures, not as classes: in the one flow table of a thread everything that a closure
 * captures is a constant to the compiler, so that an access to `rows` is one instruction with the address in it.
 *
 * @param capacity most connections held at once (1 to 2^24)
 * @param seed mixed into the hash, so that nobody can craft addresses that collide; the decoder's must be the same
 * @param separateVlans a connection is found by its VLAN tags, too
 */
export function createFlowTable(capacity: number, seed = 0, separateVlans = false) {
  const buffer = new ArrayBuffer(((capacity + 1) * Row.Words + Table.Offset) * 4);
  /** All rows; a row's first word is at `at(row)`. Row 0 is never used. */
  const rows = new Int32Array(buffer);
  /** The same memory, for the words that hold 64-bit floats (index = word / 2) and 32-bit floats. */
  const doubles = new Float64Array(buffer);
  const floats = new Float32Array(buffer);
  /** The same memory, for `Row.Announced`: a direction's window field is at index 2 * word + direction. */
  const announced = new Uint16Array(buffer);
  /** Addresses of IPv6 connections: the lower, then the higher. */
  const wide = createPool(Pair.Words, capacity);
  const wideWords = wide.words;
  /** What FINs tell, and where rarer things lie (`Fins`). Row 0 belongs to nobody and is 0, as in all pools. */
  const finPool = createPool(Fins.Words, capacity, Table.Offset);
  const finWords = finPool.words;
  /** Rarer facts (`Cold`). */
  const cold = createPool(Cold.Words, capacity);
  const coldWords = cold.words;
  /** What a diagnosis needs (`Fact`). */
  const facts = createPool(Fact.PoolWords, capacity);
  const index = new Int32Array(mostSlots(capacity) * SLOT);
  /** Of what `find` has to see in the state of a row: in use, the right family, and not an attempt that waits. */
  const INDEXED = State.Used | State.Candidate | State.Ipv6;
  let mask = FIRST_SLOTS - 1;
  let indexed = 0;
  /** Rows in use, and the highest ever used. A row in use has `State.Used`. */
  let size = 0;
  let highest = 0;
  /** Freed rows; beside the rows, for the reason that `createPool` gives. */
  const freed = new Int32Array(capacity + 1);
  let free = 0;

  /** First word of a row. */
  function at(row: number): number {
    return row * Row.Words + Table.Offset;
  }

  /**
   * Row number of the connection of the segment at `segment`, or 0. Looks first where `candidate` pointed before: rows are
   * given back and taken anew in between, so that the row must still be in use and in the index.
   */
  function find(segments: Int32Array, segment: number): number {
    const hint = segments[segment + Seg.Hint] as number;
    const held = (hint * Row.Words + Table.Offset) | 0;
    // Nearly always; small enough that the compiler puts it into the loop over segments.
    return rows[held + Row.Key0] === segments[segment + Seg.Key0] &&
      rows[held + Row.Key1] === segments[segment + Seg.Key1] &&
      rows[held + Row.Ports] === segments[segment + Seg.KeyPorts] &&
      ((rows[held + Row.State] as number) & INDEXED) === State.Used &&
      segments[segment + Seg.Family] === 4 &&
      !separateVlans
      ? hint
      : search(segments, segment);
  }

  function search(segments: Int32Array, segment: number): number {
    const key0 = segments[segment + Seg.Key0] as number;
    const key1 = segments[segment + Seg.Key1] as number;
    const ports = segments[segment + Seg.KeyPorts] as number;
    const family = segments[segment + Seg.Family] as number;
    const hint = segments[segment + Seg.Hint] as number;
    const held = (hint * Row.Words + Table.Offset) | 0;
    if (
      rows[held + Row.Key0] === key0 &&
      rows[held + Row.Key1] === key1 &&
      rows[held + Row.Ports] === ports &&
      ((rows[held + Row.State] as number) & INDEXED) === (family === 4 ? State.Used : State.Used | State.Ipv6) &&
      (family === 4 || samePair(rows[held + Row.Wide] as number, segments, segment)) &&
      (!separateVlans || sameVlans(held, segments, segment))
    ) {
      return hint;
    }
    const hash = segments[segment + Seg.Hash] as number;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const row = index[(slot << 1) + 1] as number;
      if (row === 0) {
        return 0;
      }
      if (index[slot << 1] === hash) {
        const place = (row * Row.Words + Table.Offset) | 0;
        if (
          rows[place + Row.Key0] === key0 &&
          rows[place + Row.Key1] === key1 &&
          rows[place + Row.Ports] === ports &&
          ((rows[place + Row.State] as number) & State.Ipv6) === (family === 4 ? 0 : State.Ipv6) &&
          (family === 4 || samePair(rows[place + Row.Wide] as number, segments, segment)) &&
          (!separateVlans || sameVlans(place, segments, segment))
        ) {
          return row;
        }
      }
    }
  }

  /** The two outermost tags are those of the row's first packet. */
  function sameVlans(place: number, segments: Int32Array, segment: number): boolean {
    const tags = coldWords[coldOf(place) + Cold.Vlans] as number;
    const count = segments[segment + Seg.VlanCount] as number;
    const outer = count > 0 ? (segments[segment + Seg.Vlan] as number) : 0;
    const inner = count > 1 ? (segments[segment + Seg.Vlan + 1] as number) : 0;
    return (tags & 0xffffff) === (outer | (inner << 12));
  }

  function samePair(pair: number, segments: Int32Array, segment: number): boolean {
    const first = pair << 3;
    const low = segment + Seg.Source + ((segments[segment + Seg.Direction] as number) << 2);
    const high = segment + Seg.Destination - ((segments[segment + Seg.Direction] as number) << 2);
    return (
      wideWords[first] === segments[low] &&
      wideWords[first + 1] === segments[low + 1] &&
      wideWords[first + 2] === segments[low + 2] &&
      wideWords[first + 3] === segments[low + 3] &&
      wideWords[first + 4] === segments[high] &&
      wideWords[first + 5] === segments[high + 1] &&
      wideWords[first + 6] === segments[high + 2] &&
      wideWords[first + 7] === segments[high + 3]
    );
  }

  /** A word of the index where the hash leads: reading it brings the place near. */
  function glance(hash: number): number {
    return index[(hash & mask) << 1] as number;
  }

  /** Row of the first entry with the hash, which is almost surely the connection's; 0 when there is none. */
  function candidate(hash: number): number {
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const row = index[(slot << 1) + 1] as number;
      if (row === 0 || index[slot << 1] === hash) {
        return row;
      }
    }
  }

  /**
   * Takes a row and fills in its key. All other words are 0 (those that mean something before they are first written). It
   * is not yet in the index.
   * @returns 0 when the table is full
   */
  function allocate(key0: number, key1: number, ports: number): number {
    let row = 0;
    if (free !== 0) {
      row = freed[--free] as number;
    } else if (highest < capacity) {
      row = ++highest;
    } else {
      return 0;
    }
    const place = row * Row.Words + Table.Offset;
    rows[place + Row.Key0] = key0;
    rows[place + Row.Key1] = key1;
    rows[place + Row.Ports] = ports;
    rows[place + Row.State] = State.Used;
    rows[place + Row.Zeek] = 0;
    rows[place + Row.History] = 0;
    rows[place + Row.History + 1] = 0;
    rows[place + Row.History + 2] = 0;
    rows[place + Row.Facts] = 0;
    rows[place + Row.Rival] = 0;
    size++;
    return row;
  }

  /** Notes the addresses of an IPv6 connection, those of the segment at `segment`. */
  function setPair(place: number, segments: Int32Array, segment: number): void {
    const pair = wide.take();
    const swap = (segments[segment + Seg.Direction] as number) << 2;
    for (let word = 0; word < Pair.Words; word++) {
      wideWords[pair * Pair.Words + word] = segments[segment + Seg.Source + (word ^ swap)] as number;
    }
    rows[place + Row.State] = (rows[place + Row.State] as number) | State.Ipv6;
    rows[place + Row.Wide] = pair;
  }

  /**
   * Gives a row back; it must not be in the index any more, and its counts must be on record: these words are 0 then. They
   * and the totals, cleared here while they are at hand, stay so until the row is taken again.
   */
  function release(row: number): void {
    const place = row * Row.Words + Table.Offset;
    if (((rows[place + Row.State] as number) & State.Ipv6) !== 0) {
      wide.give(rows[place + Row.Wide] as number);
    }
    const number = rows[place + Row.Fins] as number;
    if (number !== 0) {
      releaseFins(number);
      rows[place + Row.Fins] = 0;
    }
    rows[place + Row.State] = 0;
    rows[place + Row.Timer] = 0;
    // Two words at once.
    const totals = (place + Row.TotalPackets) >> 1;
    for (let pair = totals; pair < totals + (Row.Words - Row.TotalPackets) / 2; pair++) {
      doubles[pair] = 0;
    }
    freed[free++] = row;
    size--;
  }

  function releaseFins(number: number): void {
    const first = number * Fins.Words + Table.Offset;
    if (finWords[first + Fins.Facts] !== 0) {
      facts.give(finWords[first + Fins.Facts] as number);
    }
    if (finWords[first + Fins.Cold] !== 0) {
      cold.give(finWords[first + Fins.Cold] as number);
    }
    finPool.give(number);
  }

  /** First word in `fins` of what a row's FINs tell; of a row of zeros when there is nothing. */
  function finsOf(place: number): number {
    return ((rows[place + Row.Fins] as number) * Fins.Words + Table.Offset) | 0;
  }

  /** The same; the row is given some if it has none. */
  function finsAt(place: number): number {
    let number = rows[place + Row.Fins] as number;
    if (number === 0) {
      number = finPool.take();
      rows[place + Row.Fins] = number;
    }
    return (number * Fins.Words + Table.Offset) | 0;
  }

  /** First word in `cold.words` of a row's rarer facts; 0, where there are zeros, when it has none. */
  function coldOf(place: number): number {
    return (finWords[finsOf(place) + Fins.Cold] as number) * Cold.Words;
  }

  /** The same; the row is given some if it has none. */
  function coldAt(place: number): number {
    const fins = finsAt(place);
    let number = finWords[fins + Fins.Cold] as number;
    if (number === 0) {
      number = cold.take();
      finWords[fins + Fins.Cold] = number;
    }
    return number * Cold.Words;
  }

  /** First word in `facts.words` of what a diagnosis needs of a row; 0, where there are zeros, when there is nothing. */
  function factsOf(place: number): number {
    return (finWords[finsOf(place) + Fins.Facts] as number) * Fact.PoolWords;
  }

  /** The same; the row is given some if it has none. */
  function factsAt(place: number): number {
    const fins = finsAt(place);
    let number = finWords[fins + Fins.Facts] as number;
    if (number === 0) {
      number = facts.take();
      finWords[fins + Fins.Facts] = number;
    }
    return number * Fact.PoolWords;
  }

  function insert(hash: number, row: number): void {
    if (++indexed * 2 > mask) {
      grow();
    }
    put(hash, row);
  }

  function put(hash: number, row: number): void {
    let slot = hash & mask;
    while (index[(slot << 1) + 1] !== 0) {
      slot = (slot + 1) & mask;
    }
    index[slot << 1] = hash;
    index[(slot << 1) + 1] = row;
  }

  /** Puts another row in the place of one that is in the index under the same key. */
  function replace(hash: number, row: number, by: number): void {
    index[(slotOf(hash, row) << 1) + 1] = by;
  }

  /** Takes a row out of the index (Knuth, TAOCP 6.4, algorithm R: later entries move up). */
  function remove(hash: number, row: number): void {
    indexed--;
    let hole = slotOf(hash, row);
    for (let slot = (hole + 1) & mask; index[(slot << 1) + 1] !== 0; slot = (slot + 1) & mask) {
      const home = (index[slot << 1] as number) & mask;
      // The entry may fill the hole unless its home lies behind the hole, going round.
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        index[hole << 1] = index[slot << 1] as number;
        index[(hole << 1) + 1] = index[(slot << 1) + 1] as number;
        hole = slot;
      }
    }
    index[(hole << 1) + 1] = 0;
  }

  /** Hash of the key a row carries. */
  function hashOf(place: number): number {
    return hashKey(
      rows[place + Row.Key0] as number,
      rows[place + Row.Key1] as number,
      rows[place + Row.Ports] as number,
      seed
    );
  }

  function slotOf(hash: number, row: number): number {
    let slot = hash & mask;
    while (index[(slot << 1) + 1] !== row) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  function grow(): void {
    const entries = index.slice(0, (mask + 1) * SLOT);
    index.fill(0, 0, entries.length);
    mask = mask * 2 + 1;
    for (let entry = 0; entry < entries.length; entry += SLOT) {
      const row = entries[entry + 1] as number;
      if (row !== 0) {
        put(entries[entry] as number, row);
      }
    }
  }

  return {
    capacity,
    rows,
    doubles,
    floats,
    announced,
    wide,
    fins: finWords,
    cold,
    facts,
    at,
    find,
    glance,
    candidate,
    allocate,
    setPair,
    release,
    finsOf,
    finsAt,
    coldOf,
    coldAt,
    factsOf,
    factsAt,
    insert,
    replace,
    remove,
    hashOf,
    get size() {
      return size;
    },
    get highest() {
      return highest;
    },
  };
}

/** Slots of an index that is never more than half full. */
function mostSlots(capacity: number): number {
  let slots = FIRST_SLOTS;
  while (slots < (capacity + 1) * 2) {
    slots *= 2;
  }
  return slots;
}
