import { Row } from './layout.js';

/** Slots of one second. Deadlines further away wait in the last slot and are looked at again. */
const SLOTS = 8192;
/** Entries in a chunk of a slot's list. */
const CHUNK = 62;
/** Words of a chunk: next chunk, number of entries, entries. */
const CHUNK_WORDS = CHUNK + 2;

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
  private chunks = new Int32Array(1024 * CHUNK_WORDS);
  private fresh = 1;
  private free = 0;

  constructor(private readonly rows: Int32Array) {}

  /** Makes sure the row is looked at no later than `deadline`; `now` is the second being lived through. */
  arm(row: number, deadline: number, now: number): void {
    const { rows } = this;
    const at = row * Row.Words + Row.Timer;
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
    const { rows } = this;
    const slot = second & (SLOTS - 1);
    let chunk = this.heads[slot] as number;
    this.heads[slot] = 0;
    while (chunk !== 0) {
      const at = chunk * CHUNK_WORDS;
      const count = this.chunks[at + 1] as number;
      for (let i = 0; i < count; i++) {
        const row = this.chunks[at + 2 + i] as number;
        if (rows[row * Row.Words + Row.Timer] === second) {
          visit(row);
        }
      }
      const next = this.chunks[at] as number;
      this.chunks[at] = this.free;
      this.free = chunk;
      chunk = next;
    }
  }

  private push(slot: number, row: number): void {
    let chunk = this.heads[slot] as number;
    let at = chunk * CHUNK_WORDS;
    let count = chunk === 0 ? CHUNK : (this.chunks[at + 1] as number);
    if (count === CHUNK) {
      const next = chunk;
      chunk = this.allocate();
      at = chunk * CHUNK_WORDS;
      this.chunks[at] = next;
      this.heads[slot] = chunk;
      count = 0;
    }
    this.chunks[at + 2 + count] = row;
    this.chunks[at + 1] = count + 1;
  }

  private allocate(): number {
    const chunk = this.free;
    if (chunk !== 0) {
      this.free = this.chunks[chunk * CHUNK_WORDS] as number;
      return chunk;
    }
    if ((this.fresh + 1) * CHUNK_WORDS > this.chunks.length) {
      const larger = new Int32Array(this.chunks.length * 2);
      larger.set(this.chunks);
      this.chunks = larger;
    }
    return this.fresh++;
  }
}

/** Seconds the wheel turns through before a slot comes round again. */
export const wheelSeconds = SLOTS;
