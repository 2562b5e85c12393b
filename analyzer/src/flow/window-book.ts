import type { Batch } from './batch.js';
import type { BufferSource } from './columns.js';
import { Event } from './events.js';
import { Dir, Facts, Row, Win } from './layout.js';
import type { ExtraTotals, FlowTable } from './table.js';
import { WindowFold } from './window-fold.js';
import { WindowMemory } from './window-memory.js';

/** Length of a window, seconds. */
export const windowSeconds = 10;
/** Seconds after its end in which a window still takes packets that come late. */
export const graceSeconds = 2;

/** The present window and the one before it, which stays open for its grace period. Numbers are seconds / 10. */
export class WindowBook {
  /** Memory of windows with even and odd numbers. */
  readonly memories: readonly [WindowMemory, WindowMemory];
  current = -1;
  previousOpen = false;
  /** Windows written, rows in them, and parts a window was split into because its memory was full. */
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
    if (this.current >= 0) {
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
    if (this.current >= 0) {
      this.write(this.current);
    }
    this.current = -1;
  }

  /** Writes what an open window has so far, because its memory is full; it goes on in a second part. */
  writePart(window: number): void {
    this.split++;
    this.write(window);
  }

  private write(window: number): void {
    const memory = this.memory(window);
    if (memory.used > 1) {
      this.foldTotals(memory, window & 1);
      this.fold.write(memory, window * windowSeconds, this.emit);
      memory.clear();
      this.closed++;
    }
  }

  /** Adds the window's counts to the totals of the connections that are still alive. */
  private foldTotals(memory: WindowMemory, parity: number): void {
    const { rows } = this.table;
    for (let row = 1; row < memory.used; row++) {
      const from = row * Win.Words;
      const connection = memory.rows[from + Win.Connection] as number;
      const at = connection * Row.Words;
      if (rows[at + Row.Window0 + parity] === row) {
        rows[at + Row.Window0 + parity] = 0;
        this.addTotals(memory, from, connection);
      }
    }
  }

  private addTotals(memory: WindowMemory, from: number, connection: number): void {
    const { rows, floats } = this.table;
    const at = connection * Row.Words;
    const retrans = memory.rows[from + Win.Retrans] as number;
    const fins = memory.rows[from + Win.Fins] as number;
    const resets = memory.rows[from + Win.Resets] as number;
    for (let direction = 0; direction < 2; direction++) {
      const dir = at + Row.Direction0 + direction * Dir.Words;
      const shift = direction << 4;
      rows[dir + Dir.Packets] =
        (rows[dir + Dir.Packets] as number) + (memory.rows[from + Win.Packets0 + direction] as number);
      floats[(dir + Dir.Bytes) >> 1] =
        (floats[(dir + Dir.Bytes) >> 1] as number) +
        (memory.floats[(from + Win.Bytes0 + direction * 2) >> 1] as number);
      rows[dir + Dir.Retrans] = (rows[dir + Dir.Retrans] as number) + ((retrans >>> shift) & 0xffff);
      this.addResets(connection, direction, (resets >>> shift) & 0xffff, (fins >>> shift) & 0xffff);
    }
    const opening = memory.rows[from + Win.Opening] as number;
    this.addOpening(connection, opening & 0xfff, (opening >>> 12) & 0xfff, opening & (0xff << 24));
    let node = memory.rows[from + Win.Events] as number;
    for (; node !== 0; node = memory.nodes[node * 3] as number) {
      this.addSpilled(connection, memory.nodes[node * 3 + 1] as number, memory.nodes[node * 3 + 2] as number);
    }
  }

  private addSpilled(connection: number, kind: number, value: number): void {
    const { rows } = this.table;
    switch (kind & ~1) {
      case Event.Syn:
        this.addOpening(connection, value, 0, 0);
        break;
      case Event.SynAck:
        this.addOpening(connection, 0, value, 0);
        break;
      case Event.Retrans: {
        const word = connection * Row.Words + Row.Direction0 + (kind & 1) * Dir.Words + Dir.Retrans;
        rows[word] = (rows[word] as number) + value;
        break;
      }
      case Event.Fin:
        this.addResets(connection, kind & 1, 0, value);
        break;
      case Event.Rst:
        this.addResets(connection, kind & 1, value, 0);
        break;
    }
  }

  private addResets(connection: number, direction: number, resets: number, fins: number): void {
    const { rows } = this.table;
    const word = connection * Row.Words + Row.Direction0 + direction * Dir.Words + Dir.Resets;
    const old = rows[word] as number;
    const allResets = (old >>> 12) + resets;
    const allFins = (old & 0xfff) + fins;
    if (allResets > 0xfffff || allFins > 0xfff) {
      const extra = this.extra(connection);
      extra.resets[direction as 0 | 1] += allResets;
      extra.fins[direction as 0 | 1] += allFins;
      rows[word] = 0;
    } else {
      rows[word] = (allResets << 12) | allFins;
    }
  }

  /** @param rest attempts and handshakes, in their bits */
  private addOpening(connection: number, syns: number, synAcks: number, rest: number): void {
    const word = connection * Row.Words + Row.Opening;
    const old = this.table.rows[word] as number;
    const allSyns = (old & 0xfff) + syns;
    const allSynAcks = ((old >>> 12) & 0xfff) + synAcks;
    const others = (old & (0xff << 24)) + rest;
    if (allSyns > 0xfff || allSynAcks > 0xfff) {
      const extra = this.extra(connection);
      extra.syn += allSyns;
      extra.synAck += allSynAcks;
      this.table.rows[word] = others;
    } else {
      this.table.rows[word] = others | (allSynAcks << 12) | allSyns;
    }
  }

  private extra(connection: number): ExtraTotals {
    let extra = this.table.extra.get(connection);
    if (extra === undefined) {
      extra = { syn: 0, synAck: 0, fins: [0, 0], resets: [0, 0] };
      this.table.extra.set(connection, extra);
      const facts = connection * Row.Words + Row.Facts;
      this.table.rows[facts] = (this.table.rows[facts] as number) | Facts.Extra;
    }
    return extra;
  }

  /**
   * Brings the totals of a connection up to date with the windows that are open, before it is written and forgotten.
   * Its rows in the open windows stay for the windows' own sums.
   */
  settle(connection: number): void {
    const at = connection * Row.Words;
    const { rows } = this.table;
    for (let parity = 0; parity < 2; parity++) {
      const row = rows[at + Row.Window0 + parity] as number;
      const memory = this.memories[parity as 0 | 1];
      if (row !== 0 && row < memory.used && memory.rows[row * Win.Words + Win.Connection] === connection) {
        this.addTotals(memory, row * Win.Words, connection);
      }
      rows[at + Row.Window0 + parity] = 0;
    }
  }
}
