import { Seg } from '../decode/segment.js';
import type { Batch } from './batch.js';
import { EventClock } from './clock.js';
import { freshBuffers, type BufferSource } from './columns.js';
import { ConnectionWriter } from './connection-writer.js';
import { Both, Facts, noWindow, Row, State } from './layout.js';
import { Roles } from './roles.js';
import type { Part } from './part.js';
import { SequenceSpace } from './sequence.js';
import { FlowTable } from './table.js';
import { TimerWheel, wheelSeconds } from './timers.js';
import { closeClass, Ending, finalVerdicts, isOneWay } from './verdict.js';
import { graceSeconds, WindowBook, windowOf, windowStart } from './window-book.js';

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
  /** Which connections to follow when several workers share the input; all by default. */
  readonly part?: Part;
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
  /** Number of the window that the packet or verdict at hand belongs to. */
  window = noWindow;
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
    this.sequences = new SequenceSpace(this.table);
    this.roles = new Roles(this.table, options.serverPorts);
    this.writer = new ConnectionWriter(this.table, this.clock, buffers, emit);
  }

  /** Lives through the seconds up to `event`: timers run out, windows are closed. */
  advance(event: number): void {
    const { clock, windows } = this;
    if (windows.current === noWindow) {
      this.enter(windowOf(event - clock.adjust));
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
    const window = windowOf(seconds);
    if (window !== windows.current) {
      this.enter(window);
    }
    if (windows.previousOpen && seconds >= windowStart(windows.current) + graceSeconds) {
      this.writer.flush();
      windows.closePrevious();
    }
    this.window = windows.current;
    this.timers.run(event, this.onTimer);
  }

  private enter(window: number): void {
    this.windows.roll(window);
    this.window = window;
  }

  /** The packets' clock was set back: what is open is written, and event time goes on from here. */
  stepBack(seconds: number): void {
    this.windows.closeAll();
    this.clock.step(seconds);
    this.enter(windowOf(seconds));
  }

  /** Everything ends at the last packet's time; all rows go into its window. */
  finish(): void {
    const { table } = this;
    this.window = this.windows.current;
    for (let row = 1; row <= table.highest; row++) {
      const state = table.rows[table.at(row) + Row.State] as number;
      // Attempts that wait for an answer go with the connection they wait for.
      if ((state & (State.Used | State.Candidate)) === State.Used) {
        this.retire(row, Ending.End);
      }
    }
    this.writer.flush();
    this.windows.closeAll();
  }

  /** Begins the connection of the segment at `segment`; it is not in the index yet. */
  begin(segments: Int32Array, segment: number): number {
    const { table } = this;
    const key0 = segments[segment + Seg.Key0] as number;
    const key1 = segments[segment + Seg.Key1] as number;
    const ports = segments[segment + Seg.KeyPorts] as number;
    let row = table.allocate(key0, key1, ports);
    while (row === 0) {
      this.evict();
      row = table.allocate(key0, key1, ports);
    }
    if (segments[segment + Seg.Family] !== 4) {
      table.setPair(table.at(row), segments, segment);
    }
    this.begun++;
    return row;
  }

  /** Like `begin`, for a new attempt on the tuple of `holder`, which must not be evicted to make room for it. */
  beginBeside(holder: number, segments: Int32Array, segment: number): number {
    this.held = holder;
    const row = this.begin(segments, segment);
    this.held = 0;
    return row;
  }

  /** Makes sure that what the connection counts next goes into the present window. */
  enterWindow(row: number): void {
    if (this.table.rows[this.table.at(row) + Row.Window] !== this.window) {
      this.windows.begin(row, this.window);
    }
  }

  /** Books an event of a connection that counts in the present window. `kind` includes the direction when sided. */
  book(at: number, kind: number, value: number): void {
    const { rows } = this.table;
    rows[at + Row.Events] = this.windows.memory(this.window).book(rows[at + Row.Events] as number, kind, value);
  }

  /** Books what a packed field of the row could not hold any more. */
  spill(at: number, kind: number, value: number): void {
    this.book(at, kind, value);
    this.windows.addSpilled(at, kind, value);
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
    this.timers.arm(row, this.deadline(this.table.at(row)), this.clock.now);
  }

  private timer(row: number): void {
    if (this.deadline(this.table.at(row)) > this.clock.now) {
      this.arm(row);
    } else {
      this.retire(row, Ending.Timer);
    }
  }

  /** Ends a connection: books its verdict, writes its record, forgets it. An attempt that waits on it takes its place. */
  retire(row: number, ending: Ending): void {
    const { table } = this;
    const { rows } = table;
    const at = table.at(row);
    const rival = rows[at + Row.Rival] as number;
    if (((rows[at + Row.State] as number) & State.Candidate) !== 0) {
      if (rival !== 0) {
        rows[table.at(rival) + Row.Rival] = 0;
      }
    } else if (rival === 0) {
      table.remove(table.hashOf(at), row);
    } else if (ending === Ending.End) {
      table.remove(table.hashOf(at), row);
      this.conclude(rival, ending);
    } else {
      rows[table.at(rival) + Row.State] = (rows[table.at(rival) + Row.State] as number) & ~State.Candidate;
      rows[table.at(rival) + Row.Rival] = 0;
      table.replace(table.hashOf(at), row, rival);
    }
    this.conclude(row, ending);
  }

  private conclude(row: number, ending: Ending): void {
    const { table, windows } = this;
    const { rows } = table;
    const at = table.at(row);
    if (isOneWay(rows, at)) {
      rows[at + Row.Facts] = (rows[at + Row.Facts] as number) | Facts.OneWay;
    }
    const close = closeClass(rows, at);
    this.enterWindow(row);
    rows[at + Row.Verdicts] = (rows[at + Row.Verdicts] as number) | finalVerdicts(rows, at, close, ending);
    windows.record(at);
    this.writer.add(row, close, ending);
    this.sequences.release(at);
    table.release(row);
    if (ending === Ending.Memory) {
      this.evicted++;
    }
  }

  /**
   * Makes room: of a sample of rows the one least worth keeping goes. Closed connections that only linger go first, then
   * attempts without an answer (a flood of SYNs must not push out connections), then the longest idle.
   */
  private evict(): void {
    const { rows, highest } = this.table;
    let chosen = 0;
    let chosenRank = -1;
    let looked = 0;
    for (let step = 0; looked < EVICTION_SAMPLE && step < highest; step++) {
      const row = this.hand;
      this.hand = row >= highest ? 1 : row + 1;
      const at = this.table.at(row);
      const state = rows[at + Row.State] as number;
      if (row === this.held || (state & State.Used) === 0) {
        continue;
      }
      looked++;
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
}
