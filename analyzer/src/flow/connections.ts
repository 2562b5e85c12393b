import type { Batch } from './batch.js';
import { EventClock } from './clock.js';
import { freshBuffers, type BufferSource } from './columns.js';
import { ConnectionWriter } from './connection-writer.js';
import { Both, Facts, Row, State, Win, WinMeta } from './layout.js';
import { Roles } from './roles.js';
import { SequenceSpace } from './sequence.js';
import { FlowTable } from './table.js';
import { TimerWheel, wheelSeconds } from './timers.js';
import { bookVerdict, closeClass, Ending, isOneWay } from './verdict.js';
import { graceSeconds, WindowBook, windowSeconds } from './window-book.js';
import type { WindowMemory } from './window-memory.js';

/** How long a connection is kept after its last packet, seconds (semantics b4, "state timeouts"). */
export interface FlowTimeouts {
  /** An attempt without an answer: Linux waits 32 s between its last two SYNs. */
  readonly opening: number;
  /** An established connection that is idle: past TCP's default keep-alive of two hours. */
  readonly idle: number;
  /** After a close, for trailing RSTs and retransmitted FINs. */
  readonly closed: number;
  /** After a refusal, for the same SYN sent again. */
  readonly refused: number;
}

export const defaultTimeouts: FlowTimeouts = { opening: 75, idle: 7500, closed: 5, refused: 1 };

export interface FlowOptions {
  /** Most connections followed at once; beyond, the least useful are forgotten. */
  readonly maxConnections?: number;
  /** Most connections active in one window before it is written in parts. */
  readonly windowConnections?: number;
  readonly timeouts?: FlowTimeouts;
  /** Ports that are servers' whatever their number. */
  readonly serverPorts?: readonly number[];
  /** Mixed into hashes so that nobody can craft collisions; results do not depend on it. */
  readonly hashSeed?: number;
  readonly buffers?: BufferSource;
}

/** Rows looked at to find one to evict: the best of a sample, so that eviction costs the same however large the table. */
const EVICTION_SAMPLE = 32;

/** Birth and death of connections: their rows, timers, windows and final records. */
export class Connections {
  readonly table: FlowTable;
  readonly clock = new EventClock();
  readonly timers: TimerWheel;
  readonly windows: WindowBook;
  readonly sequences: SequenceSpace;
  readonly roles: Roles;
  /** Number of the window that the packet or verdict at hand belongs to, and its memory. */
  window = 0;
  memory: WindowMemory;
  /** Connections forgotten because the table was full, and connections ever begun. */
  evicted = 0;
  begun = 0;

  private readonly writer: ConnectionWriter;
  private readonly timeouts: FlowTimeouts;
  private readonly onTimer = (row: number): void => this.timer(row);
  private hand = 1;
  /** A row in use right now, which eviction must leave alone. */
  private held = 0;

  constructor(emit: (batch: Batch) => void, options: FlowOptions = {}) {
    const buffers = options.buffers ?? freshBuffers;
    this.table = new FlowTable(options.maxConnections ?? 1 << 20, options.hashSeed);
    this.timeouts = options.timeouts ?? defaultTimeouts;
    this.timers = new TimerWheel(this.table.rows);
    this.windows = new WindowBook(this.table, options.windowConnections ?? 1 << 19, buffers, emit);
    this.memory = this.windows.memory(0);
    this.sequences = new SequenceSpace(this.table.rows);
    this.roles = new Roles(this.table, options.serverPorts);
    this.writer = new ConnectionWriter(this.table, this.clock, buffers, emit);
  }

  /** Lives through the seconds up to `event`: timers run out, windows are closed. */
  advance(event: number): void {
    const { clock, windows } = this;
    if (windows.current < 0) {
      this.enter(Math.floor((event - clock.adjust) / windowSeconds));
    }
    // After one turn of the wheel nothing can be left that waits: a longer silence needs no more.
    const last = Math.min(event, clock.now + wheelSeconds);
    while (clock.now < last) {
      this.second(clock.now + 1);
    }
    if (clock.now < event) {
      this.second(event);
    }
  }

  private second(event: number): void {
    const { clock, windows } = this;
    clock.now = event;
    const seconds = event - clock.adjust;
    const window = Math.floor(seconds / windowSeconds);
    if (window !== windows.current) {
      this.enter(window);
    }
    if (windows.previousOpen && seconds >= windows.current * windowSeconds + graceSeconds) {
      this.writer.flush();
      windows.closePrevious();
    }
    this.window = windows.current;
    this.memory = windows.memory(this.window);
    this.timers.run(event, this.onTimer);
  }

  private enter(window: number): void {
    this.windows.roll(window);
    this.window = window;
    this.memory = this.windows.memory(window);
  }

  /** The packets' clock was set back: what is open is written, and event time goes on from here. */
  stepBack(seconds: number): void {
    this.windows.closeAll();
    this.clock.step(seconds);
    this.enter(Math.floor(seconds / windowSeconds));
  }

  /** Everything ends at the last packet's time; all rows go into its window. */
  finish(): void {
    const { rows } = this.table;
    for (let row = 1; row <= this.table.highest; row++) {
      const at = row * Row.Words;
      // Attempts that wait for an answer go with the connection they wait for.
      if (this.inUse(at) && ((rows[at + Row.State] as number) & State.Candidate) === 0) {
        this.retire(row, Ending.End);
      }
    }
    this.writer.flush();
    this.windows.closeAll();
  }

  /** Begins a connection; it is not in the index yet. `pair` as in `FlowTable.allocate`. */
  begin(key0: number, key1: number, ports: number, pair: Int32Array | null): number {
    let row = this.table.allocate(key0, key1, ports, pair);
    while (row === 0) {
      this.evict();
      row = this.table.allocate(key0, key1, ports, pair);
    }
    this.begun++;
    return row;
  }

  /** Like `begin`, for a new attempt on the tuple of `holder`, which must not be evicted to make room for it. */
  beginBeside(holder: number): number {
    const { rows, wide } = this.table;
    const at = holder * Row.Words;
    const pair =
      ((rows[at + Row.State] as number) & State.Ipv6) !== 0 ? this.pairOf(wide, rows[at + Row.Wide] as number) : null;
    this.held = holder;
    const row = this.begin(
      rows[at + Row.Key0] as number,
      rows[at + Row.Key1] as number,
      rows[at + Row.Ports] as number,
      pair
    );
    this.held = 0;
    return row;
  }

  private pairOf(wide: Int32Array, place: number): Int32Array {
    return wide.slice(place * 8, place * 8 + 8);
  }

  /** The connection's row in the present window's memory; begins one if there is none. */
  windowRow(row: number): number {
    const { rows } = this.table;
    const memory = this.memory;
    const word = row * Row.Words + Row.Window0 + (this.window & 1);
    const known = rows[word] as number;
    if (known !== 0 && known < memory.used && memory.rows[known * Win.Words + Win.Connection] === row) {
      return known;
    }
    return this.beginWindowRow(row);
  }

  private beginWindowRow(row: number): number {
    this.makeRoom();
    const { rows, wide } = this.table;
    const { memory } = this;
    const at = row * Row.Words;
    const state = rows[at + Row.State] as number;
    const meta =
      ((rows[at + Row.Vlans0] as number) & WinMeta.Vlan) | ((state & State.ClientHigh) !== 0 ? WinMeta.ClientHigh : 0);
    const added = memory.add(
      row,
      rows[at + Row.Key0] as number,
      rows[at + Row.Key1] as number,
      rows[at + Row.Ports] as number,
      meta
    );
    if ((state & State.Ipv6) !== 0) {
      memory.addWide(added, wide, (rows[at + Row.Wide] as number) * 8);
    }
    rows[at + Row.Window0 + (this.window & 1)] = added;
    return added;
  }

  /**
   * Writes out a part of the present window when its memory is full. Window rows known before become invalid: call it
   * before `windowRow`. A packet or verdict books a few events at most, which the memory keeps room for.
   */
  makeRoom(): void {
    if (this.memory.full) {
      this.windows.writePart(this.window);
    }
  }

  /** Books something rare for a connection in the present window. */
  book(row: number, kind: number, value = 1): void {
    this.memory.book(this.windowRow(row), kind, value);
  }

  /** Makes the other end the client, also in what the open windows have counted. */
  setClient(row: number, client: number): void {
    const { rows } = this.table;
    const at = row * Row.Words;
    const state = rows[at + Row.State] as number;
    rows[at + Row.State] = client !== 0 ? state | State.ClientHigh : state & ~State.ClientHigh;
    for (let parity = 0; parity < 2; parity++) {
      const memory = this.windows.memories[parity as 0 | 1];
      const known = rows[at + Row.Window0 + parity] as number;
      if (known !== 0 && known < memory.used && memory.rows[known * Win.Words + Win.Connection] === row) {
        const word = known * Win.Words + Win.Meta;
        const meta = memory.rows[word] as number;
        memory.rows[word] = client !== 0 ? meta | WinMeta.ClientHigh : meta & ~WinMeta.ClientHigh;
      }
    }
  }

  /** Second at which a connection is given up if no packet comes. */
  private deadline(at: number): number {
    const { rows } = this.table;
    const state = rows[at + Row.State] as number;
    const { timeouts } = this;
    let wait = timeouts.idle;
    if ((state & State.Closed) !== 0) {
      wait = (state & State.Refused) !== 0 ? timeouts.refused : timeouts.closed;
    } else if ((state & State.Suspect) !== 0) {
      wait = timeouts.closed;
    } else if ((state & (State.Handshake | State.Midstream)) === 0 || (state & Both.Fin) === Both.Fin) {
      wait = timeouts.opening;
    }
    return (rows[at + Row.LastSeconds] as number) + wait + 1;
  }

  /** Arms the connection's timer for its present state. */
  arm(row: number): void {
    this.timers.arm(row, this.deadline(row * Row.Words), this.clock.now);
  }

  private timer(row: number): void {
    if (this.deadline(row * Row.Words) > this.clock.now) {
      this.arm(row);
    } else {
      this.retire(row, Ending.Timer);
    }
  }

  /** Ends a connection: books its verdict, writes its record, forgets it. An attempt that waits on it takes its place. */
  retire(row: number, ending: Ending): void {
    const { rows } = this.table;
    const at = row * Row.Words;
    const state = rows[at + Row.State] as number;
    const rival = rows[at + Row.Rival] as number;
    if ((state & State.Candidate) !== 0) {
      if (rival !== 0) {
        rows[rival * Row.Words + Row.Rival] = 0;
      }
    } else {
      const hash = this.table.hashOf(row);
      if (rival !== 0 && ending !== Ending.End) {
        this.succeed(rival);
        this.table.replace(hash, row, rival);
      } else {
        this.table.remove(hash, row);
        if (rival !== 0) {
          // Out of the index already: as a candidate it only has to be written.
          rows[rival * Row.Words + Row.Rival] = 0;
          this.conclude(rival, ending);
        }
      }
    }
    this.conclude(row, ending);
  }

  /** An attempt that waited becomes the connection of its tuple. The caller puts it into the index. */
  succeed(rival: number): void {
    const { rows } = this.table;
    const at = rival * Row.Words;
    rows[at + Row.State] = (rows[at + Row.State] as number) & ~State.Candidate;
    rows[at + Row.Rival] = 0;
  }

  private conclude(row: number, ending: Ending): void {
    const { rows } = this.table;
    const at = row * Row.Words;
    if (isOneWay(rows, at)) {
      rows[at + Row.Facts] = (rows[at + Row.Facts] as number) | Facts.OneWay;
    }
    const close = closeClass(rows, at);
    this.makeRoom();
    this.concluding = this.windowRow(row);
    bookVerdict(rows, at, close, ending, this.bookConcluding);
    this.windows.settle(row);
    this.writer.add(row, close);
    this.sequences.release(at);
    this.table.release(row);
    if (ending === Ending.Memory) {
      this.evicted++;
    }
  }

  private concluding = 0;
  private readonly bookConcluding = (kind: number): void => this.memory.book(this.concluding, kind, 1);

  /**
   * Makes room: of a sample of rows the one least worth keeping goes. Closed connections that only linger go first, then
   * attempts without an answer (a flood of SYNs must not push out connections), then the longest idle.
   */
  private evict(): void {
    const { rows } = this.table;
    const { highest } = this.table;
    let chosen = 0;
    let chosenRank = -1;
    let looked = 0;
    for (let step = 0; looked < EVICTION_SAMPLE && step < highest; step++) {
      const row = this.hand;
      this.hand = row >= highest ? 1 : row + 1;
      const at = row * Row.Words;
      if (row === this.held || !this.inUse(at)) {
        continue;
      }
      looked++;
      const state = rows[at + Row.State] as number;
      const idle = Math.max(0, this.clock.now - (rows[at + Row.LastSeconds] as number));
      const kind = (state & State.Closed) !== 0 ? 2 : (state & (State.Handshake | State.Midstream)) === 0 ? 1 : 0;
      const rank = kind * 1e10 + idle;
      if (rank > chosenRank) {
        chosenRank = rank;
        chosen = row;
      }
    }
    this.retire(chosen, Ending.Memory);
  }

  private inUse(at: number): boolean {
    return ((this.table.rows[at + Row.State] as number) & State.Used) !== 0;
  }
}
