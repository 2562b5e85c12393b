import { Row, Table } from './layout.js';
import { Pool } from './pool.js';

/** Slots of one second. Deadlines further away wait in the last slot and are looked at again. */
const SLOTS = 8192;
/** Words of a chunk of a slot's list: next chunk, number of entries, entries. */
const CHUNK = 64;
const ENTRIES = CHUNK - 2;

/**
 * Deadlines of connections as a wheel of one-second slots on event time.
 *
 * Trade-off: a packet never touches the wheel. A connection has one entry that counts, in the slot of `Row.Timer`; when
 * that slot comes round, the connection's real deadline is worked out from its last packet and it is either due or put
 * into a later slot. An earlier deadline adds an entry and leaves the old one behind, to be skipped when its slot comes.
 * A connection may so end up to one second late; a heap would cost a reordering on every packet.
 */
export class TimerWheel {
  private readonly heads = new Int32Array(SLOTS);
  private readonly chunks = new Pool(CHUNK);
  /** Sum of what `touch` read: written so that the reads are not optimised away, never used. */
  touched = 0;

  constructor(private readonly rows: Int32Array) {}

  /** Makes sure the row is looked at no later than `deadline`; `now` is the second being lived through. */
  arm(row: number, deadline: number, now: number): void {
    const { rows } = this;
    const at = row * Row.Words + Table.Offset + Row.Timer;
    const last = now + SLOTS - 1;
    const due = deadline > last ? last : deadline <= now ? now + 1 : deadline;
    const armed = rows[at] as number;
    if (armed !== 0 && armed <= due && armed > now) {
      return;
    }
    rows[at] = due;
    this.push(due & (SLOTS - 1), row);
  }

  /**
   * Goes through the entries of one second. `visit` may arm, release and allocate rows.
   * @param visit called with each row whose entry counts
   */
  run(second: number, visit: (row: number) => void): void {
    const { rows, chunks } = this;
    const slot = second & (SLOTS - 1);
    let chunk = this.heads[slot] as number;
    this.heads[slot] = 0;
    while (chunk !== 0) {
      const at = chunk * CHUNK;
      const count = chunks.words[at + 1] as number;
      this.touch(at, count);
      for (let i = 0; i < count; i++) {
        const row = chunks.words[at + 2 + i] as number;
        if (rows[row * Row.Words + Table.Offset + Row.Timer] === second) {
          visit(row);
        }
      }
      const next = chunks.words[at] as number;
      chunks.give(chunk);
      chunk = next;
    }
  }

  /**
   * Reads each row of a chunk once. Rows that are due have not been used for seconds and are in no cache; reads that do
   * not wait for each other overlap, where the work on one row after the other would wait for each.
   */
  private touch(at: number, count: number): void {
    const { rows } = this;
    const { words } = this.chunks;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const row = (words[at + 2 + i] as number) * Row.Words + Table.Offset;
      sum += (rows[row] as number) + (rows[row + Row.Timer] as number) + (rows[row + Row.Traits] as number);
    }
    this.touched = sum | 0;
  }

  private push(slot: number, row: number): void {
    const { chunks } = this;
    let chunk = this.heads[slot] as number;
    let count = chunk === 0 ? ENTRIES : (chunks.words[chunk * CHUNK + 1] as number);
    if (count === ENTRIES) {
      const next = chunk;
      chunk = chunks.take();
      chunks.words[chunk * CHUNK] = next;
      this.heads[slot] = chunk;
      count = 0;
    }
    chunks.words[chunk * CHUNK + 2 + count] = row;
    chunks.words[chunk * CHUNK + 1] = count + 1;
  }
}

/** Seconds the wheel turns through before a slot comes round again. */
export const wheelSeconds = SLOTS;
