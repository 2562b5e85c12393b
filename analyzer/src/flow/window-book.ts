import type { Batch } from './batch.js';
import type { BufferSource } from './columns.js';
import { Event, Verdict } from './events.js';
import { Cold, Ends, Half, noWindow, Opening, Rec, RecMeta, Row, State, Table } from './layout.js';
import { pairWords, type FlowTable } from './table.js';
import { WindowFold } from './window-fold.js';
import { WindowMemory } from './window-memory.js';

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

/** The present window and the one before it, which stays open for its grace period. */
export class WindowBook {
  /** Memory of windows with even and odd numbers. */
  readonly memories: readonly [WindowMemory, WindowMemory];
  current = noWindow;
  previousOpen = false;
  /** Windows written, and parts that a window was split into because its memory was full. */
  closed = 0;
  split = 0;
  private readonly fold: WindowFold;

  constructor(
    private readonly table: FlowTable,
    capacity: number,
    buffers: BufferSource,
    private readonly emit: (batch: Batch) => void
  ) {
    this.memories = [new WindowMemory(capacity), new WindowMemory(capacity)];
    this.fold = new WindowFold(buffers);
  }

  memory(window: number): WindowMemory {
    return this.memories[(window & 1) as 0 | 1];
  }

  /** Moves to a later window. The one before stays open; anything older is written. */
  roll(window: number): void {
    if (this.previousOpen) {
      this.closePrevious();
    }
    if (this.current !== noWindow) {
      if (window === this.current + 1) {
        this.previousOpen = true;
      } else {
        this.write(this.current);
      }
    }
    this.current = window;
  }

  closePrevious(): void {
    this.previousOpen = false;
    this.write(this.current - 1);
  }

  /** Writes all that is open, at the end or before the clock steps back. */
  closeAll(): void {
    if (this.previousOpen) {
      this.closePrevious();
    }
    if (this.current !== noWindow) {
      this.write(this.current);
    }
    this.current = noWindow;
  }

  /** Begins to count for a connection in a window; what it counted in another one is put on record. */
  begin(row: number, window: number): void {
    const { rows } = this.table;
    const at = row * Row.Words + Table.Offset;
    if (rows[at + Row.Window] !== noWindow) {
      this.record(at);
    }
    const memory = this.memory(window);
    if (memory.full) {
      this.split++;
      this.write(window);
    }
    memory.active[memory.usedActive++] = row;
    rows[at + Row.Window] = window;
  }

  private write(window: number): void {
    const memory = this.memory(window);
    if (memory.usedActive > 0) {
      this.recordActive(memory, window);
      this.fold.write(memory, windowStart(window), this.emit);
      memory.clear();
      this.closed++;
    }
  }

  /** Puts on record what the connections that are still in the window have counted. */
  private recordActive(memory: WindowMemory, window: number): void {
    const { rows } = this.table;
    const { active, usedActive } = memory;
    for (let i = 0; i < usedActive; i++) {
      const at = (active[i] as number) * Row.Words + Table.Offset;
      if (rows[at + Row.Window] === window) {
        this.record(at);
      }
    }
  }

  /**
   * Moves a connection's counts into a record of its window and into its totals. The window is open: counts never stay
   * in a row beyond their window's end.
   */
  record(at: number): void {
    const { rows } = this.table;
    const window = rows[at + Row.Window] as number;
    const memory = this.memory(window);
    const { records } = memory;
    const to = memory.used++ * Rec.Words;
    const state = rows[at + Row.State] as number;
    records[to + Rec.Ports] = rows[at + Row.Ports] as number;
    let meta = (state & State.ClientHigh) !== 0 ? RecMeta.ClientHigh : 0;
    if (rows[at + Row.Cold] !== 0) {
      meta |=
        (this.table.cold.words[(rows[at + Row.Cold] as number) * Cold.Words + Cold.Vlans] as number) & RecMeta.Vlan;
    }
    if ((state & State.Ipv6) !== 0) {
      meta |= RecMeta.Ipv6;
      records[to + Rec.Key0] = memory.addWide(this.table.wide.words, (rows[at + Row.Wide] as number) * pairWords);
    } else {
      records[to + Rec.Key0] = rows[at + Row.Key0] as number;
      records[to + Rec.Key1] = rows[at + Row.Key1] as number;
    }
    records[to + Rec.Meta] = meta;
    const packets0 = rows[at + Row.Packets] as number;
    const packets1 = rows[at + Row.Packets + 1] as number;
    const bytes0 = rows[at + Row.Bytes] as number;
    const bytes1 = rows[at + Row.Bytes + 1] as number;
    const opening = rows[at + Row.Opening] as number;
    const ends = rows[at + Row.Ends] as number;
    const retrans = rows[at + Row.Retrans] as number;
    const verdicts = rows[at + Row.Verdicts] as number;
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
      records[to + Rec.HandshakeTime] = Math.round(this.table.floats[at + Row.HandshakeTime] as number);
      records[to + Rec.SynDelay] = rows[at + Row.LastSyn] as number;
    }
    this.addTotals(at, packets0, packets1, bytes0, bytes1, opening, ends, retrans);
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

  private addTotals(
    at: number,
    packets0: number,
    packets1: number,
    bytes0: number,
    bytes1: number,
    opening: number,
    ends: number,
    retrans: number
  ): void {
    const { rows, doubles } = this.table;
    rows[at + Row.TotalPackets] = (rows[at + Row.TotalPackets] as number) + packets0;
    rows[at + Row.TotalPackets + 1] = (rows[at + Row.TotalPackets + 1] as number) + packets1;
    const bytes = (at + Row.TotalBytes) >> 1;
    doubles[bytes] = (doubles[bytes] as number) + bytes0;
    doubles[bytes + 1] = (doubles[bytes + 1] as number) + bytes1;
    if (retrans !== 0) {
      rows[at + Row.TotalRetrans] = (rows[at + Row.TotalRetrans] as number) + (retrans & Half.Most);
      rows[at + Row.TotalRetrans + 1] = (rows[at + Row.TotalRetrans + 1] as number) + (retrans >>> Half.Bits);
    }
    if (ends !== 0) {
      const resets1 = ends >>> (Ends.Rst + Ends.Bits);
      rows[at + Row.TotalResets] = (rows[at + Row.TotalResets] as number) + ((ends >>> Ends.Rst) & Ends.Most);
      rows[at + Row.TotalResets + 1] = (rows[at + Row.TotalResets + 1] as number) + resets1;
      this.addFins(at, 0, ends & Ends.Most);
      this.addFins(at, 1, (ends >>> Ends.Bits) & Ends.Most);
    }
    if (opening !== 0) {
      this.addOpening(at, opening & Opening.Most, (opening >>> Opening.SynAck) & Opening.Most, opening & OTHERS);
    }
  }

  /** Counts what did not fit the fields of a window into the totals; the window keeps it as an event. */
  addSpilled(at: number, kind: number, value: number): void {
    const { rows } = this.table;
    const direction = kind & 1;
    switch (kind & ~1) {
      case Event.Syn:
        this.addOpening(at, value, 0, 0);
        break;
      case Event.SynAck:
        this.addOpening(at, 0, value, 0);
        break;
      case Event.Fin:
        this.addFins(at, direction, value);
        break;
      case Event.Rst:
        rows[at + Row.TotalResets + direction] = (rows[at + Row.TotalResets + direction] as number) + value;
        break;
      case Event.Retrans:
        rows[at + Row.TotalRetrans + direction] = (rows[at + Row.TotalRetrans + direction] as number) + value;
        break;
    }
  }

  private addFins(at: number, direction: number, fins: number): void {
    const { rows, cold } = this.table;
    const shift = direction * Half.Bits;
    const word = rows[at + Row.TotalFins] as number;
    const all = ((word >>> shift) & Half.Most) + fins;
    if (all > Half.Most) {
      const place = this.table.coldAt(at) + Cold.ExtraFins + direction;
      cold.words[place] = (cold.words[place] as number) + all;
      rows[at + Row.TotalFins] = word & ~(Half.Most << shift);
    } else {
      rows[at + Row.TotalFins] = word + (fins << shift);
    }
  }

  /** @param others attempts and handshakes, in their places */
  private addOpening(at: number, syns: number, synAcks: number, others: number): void {
    const { rows, cold } = this.table;
    const word = rows[at + Row.TotalOpening] as number;
    const allSyns = (word & Opening.Most) + syns;
    const allSynAcks = ((word >>> Opening.SynAck) & Opening.Most) + synAcks;
    if (allSyns > Opening.Most || allSynAcks > Opening.Most) {
      const place = this.table.coldAt(at);
      cold.words[place + Cold.ExtraSyns] = (cold.words[place + Cold.ExtraSyns] as number) + allSyns;
      cold.words[place + Cold.ExtraSynAcks] = (cold.words[place + Cold.ExtraSynAcks] as number) + allSynAcks;
      rows[at + Row.TotalOpening] = (word & OTHERS) + others;
    } else {
      rows[at + Row.TotalOpening] = ((word & OTHERS) + others) | (allSynAcks << Opening.SynAck) | allSyns;
    }
  }
}

/** Attempts and handshakes in `Row.Opening`. */
const OTHERS = 0xff << Opening.Attempt;
