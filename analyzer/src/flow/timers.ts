import { Row, Table } from './layout.js';
import { createEndReader } from './read-ahead.js';
import type { FlowTable } from './table.js';

/** Slots of one second. Deadlines further away wait in the last slot and are looked at again. */
const SLOTS = 8192;
/** Words of a chunk of a slot's list: next chunk, number of entries, entries. */
const CHUNK = 64;
const ENTRIES = CHUNK - 2;
/** Chunks that there is room for at first. */
const FIRST_CHUNKS = 256;

export type TimerWheel = ReturnType<typeof createTimerWheel>;

/**
 * Deadlines of connections as a wheel of one-second slots on event time.
 *
 * Trade-off: a packet never touches the wheel. A connection has one entry that counts, in the slot of `Row.Timer`; when
 * that slot comes round, the connection's real deadline is worked out from its last packet and it is either due or put
 * into a later slot. An earlier deadline adds an entry and leaves the old one behind, to be skipped when its slot comes.
 * A connection may so end up to one second late; a heap would cost a reordering on every packet.
 */
export function createTimerWheel(table: FlowTable) {
  const { rows } = table;
  const readAhead = createEndReader(table);
  const heads = new Int32Array(SLOTS);
  /** Chunks; number 0 is never used. They grow: entries left behind are bounded by the traffic, not by the flow table. */
  let words = new Int32Array(CHUNK * FIRST_CHUNKS);
  let fresh = 1;
  let free = 0;

  /** Makes sure the row is looked at no later than `deadline`; `now` is the second being lived through. */
  function arm(row: number, deadline: number, now: number): void {
    const at = row * Row.Words + Table.Offset + Row.Timer;
    const last = now + SLOTS - 1;
    const due = deadline > last ? last : deadline <= now ? now + 1 : deadline;
    const armed = rows[at] as number;
    if (armed !== 0 && armed <= due && armed > now) {
      return;
    }
    rows[at] = due;
    push(due & (SLOTS - 1), row);
  }

  /**
   * Goes through the entries of one second. `visit` may arm, release and allocate rows.
   * @param visit called with each row whose entry counts
   */
  function run(second: number, visit: (row: number) => void): void {
    const slot = second & (SLOTS - 1);
    let chunk = heads[slot] as number;
    heads[slot] = 0;
    while (chunk !== 0) {
      const at = chunk * CHUNK;
      const count = words[at + 1] as number;
      // Rows that are due have not been used for seconds and are in no cache.
      readAhead(words, at + 2, count, second);
      for (let i = 0; i < count; i++) {
        const row = words[at + 2 + i] as number;
        if (rows[row * Row.Words + Table.Offset + Row.Timer] === second) {
          visit(row);
        }
      }
      const next = words[at] as number;
      words[at] = free;
      free = chunk;
      chunk = next;
    }
  }

  function push(slot: number, row: number): void {
    let chunk = heads[slot] as number;
    let count = chunk === 0 ? ENTRIES : (words[chunk * CHUNK + 1] as number);
    if (count === ENTRIES) {
      const next = chunk;
      chunk = takeChunk();
      words[chunk * CHUNK] = next;
      heads[slot] = chunk;
      count = 0;
    }
    words[chunk * CHUNK + 2 + count] = row;
    words[chunk * CHUNK + 1] = count + 1;
  }

  function takeChunk(): number {
    const chunk = free;
    if (chunk !== 0) {
      free = words[chunk * CHUNK] as number;
      return chunk;
    }
    if ((fresh + 1) * CHUNK > words.length) {
      const larger = new Int32Array(words.length * 2);
      larger.set(words);
      words = larger;
    }
    return fresh++;
  }

  return { arm, run };
}

/** Seconds the wheel turns through before a slot comes round again. */
export const wheelSeconds = SLOTS;
