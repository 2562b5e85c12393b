import type { Batch } from './batch.js';
import { CLOSED, createClosingTimes } from './closing-times.js';
import type { BufferSource } from './columns.js';
import { Event, Verdict } from './events.js';
import { Cold, Ends, Facts, Half, noWindow, Opening, Pair, Rec, RecMeta, Row, State, Table } from './layout.js';
import { createCountReader } from './read-ahead.js';
import type { FlowTable } from './table.js';
import { createWindowFold } from './window-fold.js';
import { createWindowMemory } from './window-memory.js';

/** Length of a window, seconds. */
export const windowSeconds = 10;
/** Seconds after its end in which a window still takes packets that come late. */
export const graceSeconds = 2;

/** Number of the window that a second lies in. Numbers begin with 1: 0 is no window. */
export function windowOf(seconds: number): number {
  return Math.floor(seconds / windowSeconds) + 1;
}

/** First second of a window. */
export function windowStart(window: number): number {
  return (window - 1) * windowSeconds;
}

/** Rows whose counts are read together. */
const AHEAD = 32;

export type WindowBook = ReturnType<typeof createWindowBook>;

/**
 * The present window and the one before it, which stays open for its grace period.
 * @param capacity most connections active in one window before it is written in parts
 * @param countsCopies whether anybody looks for copies of packets: without, their number is unknown
 */
export function createWindowBook(
  table: FlowTable,
  capacity: number,
  buffers: BufferSource,
  emit: (batch: Batch) => void,
  countsCopies = false
) {
  const { rows, doubles, floats, coldOf, coldAt } = table;
  const cold = table.cold.words;
  const wide = table.wide.words;
  const memory = createWindowMemory(capacity);
  const { records, active, usedActive } = memory;
  const readAhead = createCountReader(table);
  const fold = createWindowFold(memory, buffers, countsCopies);
  const times = createClosingTimes(table);
  const book = {
    current: noWindow as number,
    previousOpen: false,
    /** Windows written, and parts that a window was split into because its memory was full. */
    closed: 0,
    split: 0,
    memory,
    roll,
    closePrevious,
    closeAll,
    begin,
    record,
    addSpilled,
  };

  /** Moves to a later window. The one before stays open; anything older is written. */
  function roll(window: number): void {
    if (book.previousOpen) {
      closePrevious();
    }
    if (book.current !== noWindow) {
      if (window === book.current + 1) {
        book.previousOpen = true;
      } else {
        write(book.current);
      }
    }
    book.current = window;
  }

  function closePrevious(): void {
    book.previousOpen = false;
    write(book.current - 1);
  }

  /** Writes all that is open, at the end or before the clock steps back. */
  function closeAll(): void {
    if (book.previousOpen) {
      closePrevious();
    }
    if (book.current !== noWindow) {
      write(book.current);
    }
    book.current = noWindow;
  }

  /** Begins to count for a connection in a window; what it counted in another one is put on record. */
  function begin(row: number, window: number): void {
    const at = row * Row.Words + Table.Offset;
    if (rows[at + Row.Window] !== noWindow) {
      record(at);
    }
    if (memory.isFull(window & 1)) {
      book.split++;
      write(window);
    }
    memory.list(window & 1, row);
    rows[at + Row.Window] = window;
  }

  function write(window: number): void {
    const half = window & 1;
    if ((usedActive[half] as number) > 0) {
      recordActive(window);
      fold(half, windowStart(window), emit);
      memory.clear(half);
      book.closed++;
    }
  }

  /** Puts on record what the connections that are still in the window have counted. */
  function recordActive(window: number): void {
    const first = (window & 1) * capacity;
    const end = first + (usedActive[window & 1] as number);
    for (let i = first; i < end; i += AHEAD) {
      const next = Math.min(end, i + AHEAD);
      readAhead(active, i, next - i);
      for (let j = i; j < next; j++) {
        const at = (active[j] as number) * Row.Words + Table.Offset;
        if (rows[at + Row.Window] === window) {
          record(at);
        }
      }
    }
  }

  /**
   * Moves a connection's counts into a record of its window and into its totals. The window is open: counts never stay
   * in a row beyond their window's end.
   */
  function record(at: number): void {
    const half = (rows[at + Row.Window] as number) & 1;
    const to = memory.takeRecord(half);
    const state = rows[at + Row.State] as number;
    records[to + Rec.Ports] = rows[at + Row.Ports] as number;
    let meta = (state & State.ClientHigh) !== 0 ? RecMeta.ClientHigh : 0;
    // Asked here, so that connections without tags do not wait for a line that they need for nothing else.
    if (((rows[at + Row.Facts] as number) & Facts.Tagged) !== 0) {
      meta |= (cold[coldOf(at) + Cold.Vlans] as number) & RecMeta.Vlan;
    }
    if ((state & State.Ipv6) !== 0) {
      meta |= RecMeta.Ipv6;
      records[to + Rec.Key0] = memory.addWide(half, wide, (rows[at + Row.Wide] as number) * Pair.Words);
    } else {
      records[to + Rec.Key0] = rows[at + Row.Key0] as number;
      records[to + Rec.Key1] = rows[at + Row.Key1] as number;
    }
    const packets0 = rows[at + Row.Packets] as number;
    const packets1 = rows[at + Row.Packets + 1] as number;
    const bytes0 = rows[at + Row.Bytes] as number;
    const bytes1 = rows[at + Row.Bytes + 1] as number;
    const opening = rows[at + Row.Opening] as number;
    const ends = rows[at + Row.Ends] as number;
    const retrans = rows[at + Row.Retrans] as number;
    const verdicts = rows[at + Row.Verdicts] as number;
    if ((verdicts & CLOSED) !== 0) {
      meta |= (1 + times.duration(at)) << RecMeta.Duration;
      bookSilence(at, half, verdicts);
    }
    records[to + Rec.Meta] = meta;
    records[to + Rec.Packets] = packets0;
    records[to + Rec.Packets + 1] = packets1;
    records[to + Rec.Bytes] = bytes0;
    records[to + Rec.Bytes + 1] = bytes1;
    records[to + Rec.Opening] = opening;
    records[to + Rec.Ends] = ends;
    records[to + Rec.Retrans] = retrans;
    records[to + Rec.Verdicts] = verdicts;
    records[to + Rec.Events] = rows[at + Row.Events] as number;
    if ((verdicts & Verdict.Timed) !== 0) {
      records[to + Rec.HandshakeTime] = Math.round(floats[at + Row.HandshakeTime] as number);
      records[to + Rec.LastSyn] = rows[at + Row.LastSyn] as number;
    }
    rows[at + Row.TotalPackets] = (rows[at + Row.TotalPackets] as number) + packets0;
    rows[at + Row.TotalPackets + 1] = (rows[at + Row.TotalPackets + 1] as number) + packets1;
    const bytes = (at + Row.TotalBytes) >> 1;
    doubles[bytes] = (doubles[bytes] as number) + bytes0;
    doubles[bytes + 1] = (doubles[bytes + 1] as number) + bytes1;
    if ((retrans | ends | opening) !== 0) {
      addTotals(at, opening, ends, retrans);
    }
    rows[at + Row.Window] = noWindow;
    rows[at + Row.Packets] = 0;
    rows[at + Row.Packets + 1] = 0;
    rows[at + Row.Bytes] = 0;
    rows[at + Row.Bytes + 1] = 0;
    rows[at + Row.Opening] = 0;
    rows[at + Row.Ends] = 0;
    rows[at + Row.Retrans] = 0;
    rows[at + Row.Verdicts] = 0;
    rows[at + Row.Events] = 0;
  }

  function bookSilence(at: number, half: number, verdicts: number): void {
    const bucket = times.silence(at, verdicts);
    if (bucket >= 0) {
      rows[at + Row.Events] = memory.book(half, rows[at + Row.Events] as number, Event.ResetSilence, bucket);
    }
  }

  function addTotals(at: number, opening: number, ends: number, retrans: number): void {
    if (retrans !== 0) {
      rows[at + Row.TotalRetrans] = (rows[at + Row.TotalRetrans] as number) + (retrans & Half.Most);
      rows[at + Row.TotalRetrans + 1] = (rows[at + Row.TotalRetrans + 1] as number) + (retrans >>> Half.Bits);
    }
    if (ends !== 0) {
      addFins(at, 0, ends & Ends.Most);
      addFins(at, 1, (ends >>> Ends.Bits) & Ends.Most);
      addResets(at, 0, (ends >>> Ends.Rst) & Ends.Most);
      addResets(at, 1, ends >>> (Ends.Rst + Ends.Bits));
    }
    if (opening !== 0) {
      addOpening(at, opening & Opening.Most, (opening >>> Opening.SynAck) & Opening.Most, opening & OTHERS);
    }
  }

  /** Counts what did not fit the fields of a window into the totals; the window keeps it as an event. */
  function addSpilled(at: number, kind: number, value: number): void {
    const direction = kind & 1;
    switch (kind & ~1) {
      case Event.Syn:
        addOpening(at, value, 0, 0);
        break;
      case Event.SynAck:
        addOpening(at, 0, value, 0);
        break;
      case Event.Fin:
        addFins(at, direction, value);
        break;
      case Event.Rst:
        addResets(at, direction, value);
        break;
      case Event.Retrans:
        rows[at + Row.TotalRetrans + direction] = (rows[at + Row.TotalRetrans + direction] as number) + value;
        break;
    }
  }

  function addFins(at: number, direction: number, fins: number): void {
    addHalf(at, at + Row.TotalFins, Cold.ExtraFins, direction, fins);
  }

  function addResets(at: number, direction: number, resets: number): void {
    addHalf(at, at + Row.TotalResets, Cold.ExtraResets, direction, resets);
  }

  /** @param extra where among the rarer facts goes what the direction's field of the total does not hold */
  function addHalf(at: number, total: number, extra: number, direction: number, value: number): void {
    const shift = direction * Half.Bits;
    const word = rows[total] as number;
    const all = ((word >>> shift) & Half.Most) + value;
    if (all > Half.Most) {
      const place = coldAt(at) + extra + direction;
      cold[place] = (cold[place] as number) + all;
      rows[total] = word & ~(Half.Most << shift);
    } else {
      rows[total] = word + (value << shift);
    }
  }

  /** @param others attempts and handshakes, in their places */
  function addOpening(at: number, syns: number, synAcks: number, others: number): void {
    const word = rows[at + Row.TotalOpening] as number;
    const allSyns = (word & Opening.Most) + syns;
    const allSynAcks = ((word >>> Opening.SynAck) & Opening.Most) + synAcks;
    if (allSyns > Opening.Most || allSynAcks > Opening.Most) {
      const place = coldAt(at);
      cold[place + Cold.ExtraSyns] = (cold[place + Cold.ExtraSyns] as number) + allSyns;
      cold[place + Cold.ExtraSynAcks] = (cold[place + Cold.ExtraSynAcks] as number) + allSynAcks;
      rows[at + Row.TotalOpening] = (word & OTHERS) + others;
    } else {
      rows[at + Row.TotalOpening] = ((word & OTHERS) + others) | (allSynAcks << Opening.SynAck) | allSyns;
    }
  }

  return book;
}

/** Attempts and handshakes in `Row.Opening`. */
const OTHERS = 0xff << Opening.Attempt;
