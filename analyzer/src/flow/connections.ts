import { Seg } from '../decode/segment.js';
import type { Batch } from './batch.js';
import { EventClock } from './clock.js';
import { freshBuffers, type BufferSource } from './columns.js';
import { createConnectionWriter } from './connection-writer.js';
import { Acks, Both, Facts, noWindow, Row, State } from './layout.js';
import { createRoles } from './roles.js';
import type { Part } from './part.js';
import { createSequenceSpace } from './sequence.js';
import { createFlowTable } from './table.js';
import { createTimerWheel, wheelSeconds } from './timers.js';
import { closeClass, concludeCloser, Ending, finalVerdicts, isOneWay } from './verdict.js';
import { createWindowBook, graceSeconds, windowOf, windowStart } from './window-book.js';

/** How long a connection is kept after its last packet, seconds (semantics b4, "state timeouts"). */
export interface FlowTimeouts {
  /** An attempt without an answer: Linux waits 32 s between its last two SYNs. */
  readonly opening: number;
  /** An established connection that is idle: past TCP's default keep-alive of two hours. */
  readonly idle: number;
  /** After a close, for trailing RSTs and retransmitted FINs. */
  readonly closed: number;
  /** After a refusal, for the same SYN sent again: hosts on slow links were seen to do so after 1.6 s. */
  readonly refused: number;
}

export const defaultTimeouts: FlowTimeouts = { opening: 75, idle: 7500, closed: 5, refused: 2 };

export interface FlowOptions {
  /** Most connections followed at once; beyond, the least useful are forgotten. */
  readonly maxConnections?: number;
  /** Most connections active in one window before it is written in parts. */
  readonly windowConnections?: number;
  readonly timeouts?: FlowTimeouts;
  /** Ports that are servers' whatever their number. */
  readonly serverPorts?: readonly number[];
  /** The same addresses and ports in another VLAN are another connection. */
  readonly separateVlans?: boolean;
  /** Whether copies of packets are left out and told (`FlowTracker.take`): else how many there are is unknown. */
  readonly countsCopies?: boolean;
  /** Mixed into hashes so that nobody can craft collisions; results do not depend on it. */
  readonly hashSeed?: number;
  readonly buffers?: BufferSource;
  /** Which connections to follow when several workers share the input; all by default. */
  readonly part?: Part;
}

/** Rows looked at to find one to evict: the best of a sample, so that eviction costs the same however large the table. */
const EVICTION_SAMPLE = 32;

/** Birth and death of connections: their rows, timers, windows and final records. */
export function createConnections(emit: (batch: Batch) => void, options: FlowOptions = {}) {
  const buffers = options.buffers ?? freshBuffers;
  const table = createFlowTable(options.maxConnections ?? 1 << 20, options.hashSeed, options.separateVlans ?? false);
  // Taken out of their objects once: the compiler calls what a closure captures without looking it up.
  const { rows, at: rowAt, allocate, hashOf, remove, replace, release, setPair } = table;
  const clock = new EventClock();
  const timeouts = options.timeouts ?? defaultTimeouts;
  const timers = createTimerWheel(table);
  const windows = createWindowBook(table, options.windowConnections ?? 1 << 19, buffers, emit, options.countsCopies);
  const sequences = createSequenceSpace(table);
  const roles = createRoles(table, options.serverPorts);
  const writer = createConnectionWriter(table, clock, buffers, emit, options.countsCopies);
  const { begin: beginWindow, record } = windows;
  const { add: writeConnection } = writer;
  const { release: releaseHoles } = sequences;
  const { arm: armTimer, run: runTimers } = timers;
  /** Number of the window that the packet or verdict at hand belongs to, in an array that everyone reads. */
  const present = new Int32Array([noWindow]);
  /** What acknowledgements say about the capture since somebody looked and set it to 0 (`Acks`). */
  const acks = new Int32Array(Acks.Words);
  let hand = 1;
  /** A row in use right now, which eviction must leave alone. */
  let held = 0;
  const connections = {
    table,
    clock,
    windows,
    sequences,
    roles,
    present,
    acks,
    /** Connections forgotten because the table was full, and connections ever begun. */
    evicted: 0,
    begun: 0,
    advance,
    stepBack,
    finish,
    begin,
    beginBeside,
    enterWindow,
    book,
    spill,
    arm,
    retire,
  };

  /** Lives through the seconds up to `event`: timers run out, windows are closed. */
  function advance(event: number): void {
    if (windows.current === noWindow) {
      writer.enterEpoch(windowOf(event));
      enter(windowOf(event - clock.adjust));
    }
    // After one turn of the wheel nothing can be left that waits: a longer silence needs no more.
    const last = Math.min(event, clock.now + wheelSeconds);
    while (clock.now < last) {
      second(clock.now + 1);
    }
    if (clock.now < event) {
      second(event);
    }
    writer.announce();
  }

  function second(event: number): void {
    clock.now = event;
    writer.enterEpoch(windowOf(event));
    const seconds = event - clock.adjust;
    const window = windowOf(seconds);
    if (window !== windows.current) {
      enter(window);
    }
    if (windows.previousOpen && seconds >= windowStart(windows.current) + graceSeconds) {
      windows.closePrevious();
    }
    present[0] = windows.current;
    runTimers(event, timer);
  }

  function enter(window: number): void {
    windows.roll(window);
    present[0] = window;
  }

  /** The packets' clock was set back: what is open is written, and event time goes on from here. */
  function stepBack(seconds: number): void {
    windows.closeAll();
    const since = clock.step(seconds);
    enter(windowOf(seconds));
    second(since);
  }

  /** Everything ends at the last packet's time; all rows go into its window. */
  function finish(): void {
    present[0] = windows.current;
    for (let row = 1; row <= table.highest; row++) {
      const state = rows[rowAt(row) + Row.State] as number;
      // Attempts that wait for an answer go with the connection they wait for.
      if ((state & (State.Used | State.Candidate)) === State.Used) {
        retire(row, Ending.End);
      }
    }
    writer.finish();
    windows.closeAll();
  }

  /** Begins the connection of the segment at `segment`; it is not in the index yet. */
  function begin(segments: Int32Array, segment: number): number {
    const key0 = segments[segment + Seg.Key0] as number;
    const key1 = segments[segment + Seg.Key1] as number;
    const ports = segments[segment + Seg.KeyPorts] as number;
    let row = allocate(key0, key1, ports);
    while (row === 0) {
      evict();
      row = allocate(key0, key1, ports);
    }
    if (segments[segment + Seg.Family] !== 4) {
      setPair(rowAt(row), segments, segment);
    }
    connections.begun++;
    return row;
  }

  /** Like `begin`, for a new attempt on the tuple of `holder`, which must not be evicted to make room for it. */
  function beginBeside(holder: number, segments: Int32Array, segment: number): number {
    held = holder;
    const row = begin(segments, segment);
    held = 0;
    return row;
  }

  /** Makes sure that what the connection counts next goes into the present window. */
  function enterWindow(row: number): void {
    if (rows[rowAt(row) + Row.Window] !== (present[0] as number)) {
      beginWindow(row, present[0] as number);
    }
  }

  /** Books an event of a connection that counts in the present window. `kind` includes the direction when sided. */
  function book(at: number, kind: number, value: number): void {
    rows[at + Row.Events] = windows.memory.book(
      (present[0] as number) & 1,
      rows[at + Row.Events] as number,
      kind,
      value
    );
  }

  /** Books what a packed field of the row could not hold any more. */
  function spill(at: number, kind: number, value: number): void {
    book(at, kind, value);
    windows.addSpilled(at, kind, value);
  }

  /** Second at which a connection is given up if no packet comes. */
  function deadline(at: number): number {
    const state = rows[at + Row.State] as number;
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
  function arm(row: number): void {
    armTimer(row, deadline(rowAt(row)), clock.now);
  }

  function timer(row: number): void {
    if (deadline(rowAt(row)) > clock.now) {
      arm(row);
    } else {
      retire(row, Ending.Timer);
    }
  }

  /** Ends a connection: books its verdict, writes its record, forgets it. An attempt that waits on it takes its place. */
  function retire(row: number, ending: Ending): void {
    const at = rowAt(row);
    const rival = rows[at + Row.Rival] as number;
    if (((rows[at + Row.State] as number) & State.Candidate) !== 0) {
      if (rival !== 0) {
        rows[rowAt(rival) + Row.Rival] = 0;
      }
    } else if (rival === 0) {
      remove(hashOf(at), row);
    } else if (ending === Ending.End) {
      remove(hashOf(at), row);
      conclude(rival, ending);
    } else {
      rows[rowAt(rival) + Row.State] = (rows[rowAt(rival) + Row.State] as number) & ~State.Candidate;
      rows[rowAt(rival) + Row.Rival] = 0;
      replace(hashOf(at), row, rival);
    }
    conclude(row, ending);
  }

  function conclude(row: number, ending: Ending): void {
    const at = rowAt(row);
    if (isOneWay(rows, at)) {
      rows[at + Row.Facts] = (rows[at + Row.Facts] as number) | Facts.OneWay;
    }
    const close = closeClass(rows, at);
    concludeCloser(rows, at, close);
    enterWindow(row);
    rows[at + Row.Verdicts] = (rows[at + Row.Verdicts] as number) | finalVerdicts(rows, at, close, ending);
    record(at);
    writeConnection(row, close, ending);
    releaseHoles(at);
    release(row);
    if (ending === Ending.Memory) {
      connections.evicted++;
    }
  }

  /**
   * Makes room: of a sample of rows the one least worth keeping goes. Closed connections that only linger go first, then
   * attempts without an answer (a flood of SYNs must not push out connections), then the longest idle.
   */
  function evict(): void {
    const { highest } = table;
    let chosen = 0;
    let chosenRank = -1;
    let looked = 0;
    for (let step = 0; looked < EVICTION_SAMPLE && step < highest; step++) {
      const row = hand;
      hand = row >= highest ? 1 : row + 1;
      const at = rowAt(row);
      const state = rows[at + Row.State] as number;
      if (row === held || (state & State.Used) === 0) {
        continue;
      }
      looked++;
      const idle = Math.max(0, clock.now - (rows[at + Row.LastSeconds] as number));
      const kind = (state & State.Closed) !== 0 ? 2 : (state & (State.Handshake | State.Midstream)) === 0 ? 1 : 0;
      const rank = kind * 1e10 + idle;
      if (rank > chosenRank) {
        chosenRank = rank;
        chosen = row;
      }
    }
    retire(chosen, Ending.Memory);
  }

  return connections;
}

export type Connections = ReturnType<typeof createConnections>;
