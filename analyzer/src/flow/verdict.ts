import { closeClasses, type CloseClass } from '@tcpscope/filter';
import { Event } from './events.js';
import { Both, Dir, Facts, Row, State, Traits } from './layout.js';

/** Why a connection's record ends. */
export const enum Ending {
  /** Its timer ran out: it had closed and lingered, or was idle for too long. */
  Timer = 0,
  /** Its ports were used again. */
  Reused = 1,
  /** The flow table was full. */
  Memory = 2,
  /** The capture ended. */
  End = 3,
}

const index = (name: CloseClass): number => closeClasses.indexOf(name);
const REFUSED = index('refused');
const SETUPABORT = index('setupabort');
const NOANSWER = index('noanswer');
const HALFOPEN = index('halfopen');
const FINRST = index('finrst');
const RST = index('rst');
const FIN = index('fin');
const HALFCLOSED = index('halfclosed');
const ORPHAN = index('orphan');
const MIDSTREAM = index('midstream');
const OPEN = index('open');

/** Whether a packet of the direction was seen. */
export function seen(rows: Int32Array, at: number, direction: number): boolean {
  return (((rows[at + Row.Direction0 + direction * Dir.Words + Dir.Traits] as number) >>> Traits.Ttl) & 0xff) !== 0;
}

export function clientDirection(state: number): number {
  return (state & State.ClientHigh) !== 0 ? 1 : 0;
}

/** The direction acknowledged the SYN+ACK of the other: the connection came up, seen whole or not. */
function acknowledgedSynAck(rows: Int32Array, at: number, direction: number): boolean {
  const state = rows[at + Row.State] as number;
  const server = direction ^ 1;
  if ((state & (State.SynAck << server)) === 0 || (state & (State.Ack << direction)) === 0) {
    return false;
  }
  const acked = rows[at + Row.Direction0 + direction * Dir.Words + Dir.Acked] as number;
  const isn = rows[at + Row.Direction0 + server * Dir.Words + Dir.First] as number;
  return ((acked - isn - 1) | 0) >= 0;
}

/** The connection was established, or is taken to have been: seen from the middle, or its SYN was missed. */
export function established(rows: Int32Array, at: number): boolean {
  const state = rows[at + Row.State] as number;
  if ((state & (State.Handshake | State.Midstream)) !== 0) {
    return true;
  }
  return acknowledgedSynAck(rows, at, clientDirection(state));
}

/**
 * How the connection ended, as an index into `closeClasses` (contract: `close`, first match). A FIN together with a RST is
 * `finrst` even without a handshake, as in a SYN+FIN or XMAS scan: nothing was set up that could have been aborted.
 */
export function closeClass(rows: Int32Array, at: number): number {
  const state = rows[at + Row.State] as number;
  const fins = state & Both.Fin;
  const reset = (state & Both.Rst) !== 0 && ((rows[at + Row.Facts] as number) & Facts.ResetVoid) === 0;
  if (reset) {
    if ((state & State.Refused) !== 0) {
      return REFUSED;
    }
    if (fins !== 0) {
      return (state & State.FinsFirst) !== 0 ? FIN : FINRST;
    }
    if ((state & State.Handshake) !== 0) {
      return RST;
    }
    if ((state & (Both.Syn | Both.SynAck)) !== 0) {
      return SETUPABORT;
    }
    return (state & State.Midstream) !== 0 ? RST : ORPHAN;
  }
  if (fins !== 0) {
    return fins === Both.Fin ? FIN : HALFCLOSED;
  }
  if ((state & State.Handshake) !== 0) {
    return OPEN;
  }
  if ((state & Both.SynAck) !== 0 || (state & Both.Syn) === Both.Syn) {
    return HALFOPEN;
  }
  if ((state & Both.Syn) !== 0) {
    const client = clientDirection(state);
    return seen(rows, at, client ^ 1) ? HALFOPEN : NOANSWER;
  }
  return MIDSTREAM;
}

/** Packets came from one direction only, and they acknowledge what was not captured. */
export function isOneWay(rows: Int32Array, at: number): boolean {
  const state = rows[at + Row.State] as number;
  const only = seen(rows, at, 0) ? 0 : 1;
  return !seen(rows, at, only ^ 1) && (state & (State.Ack << only)) !== 0;
}

/**
 * Books what became final with the end of the connection.
 * @param book takes a kind of `Event`, with the direction added for sided ones
 */
export function bookVerdict(rows: Int32Array, at: number, close: number, ending: Ending, book: (kind: number) => void) {
  const state = rows[at + Row.State] as number;
  const oneWay = ((rows[at + Row.Facts] as number) & Facts.OneWay) !== 0;
  book(Event.Connection);
  if (oneWay) {
    book(Event.OneWay);
  }
  if ((state & State.CloserKnown) !== 0) {
    book(Event.Closer + ((state & State.Closer) !== 0 ? 1 : 0));
  }
  switch (close) {
    case REFUSED:
      book(Event.Refused);
      return;
    case NOANSWER:
      if (!oneWay) {
        book(Event.NoAnswer);
      }
      return;
    case ORPHAN:
      return;
  }
  if (!established(rows, at)) {
    if (close === SETUPABORT) {
      book(Event.SetupAbort + ((state & State.Aborter) !== 0 ? 1 : 0));
    } else if (close === HALFOPEN && !oneWay) {
      book(Event.HalfOpen);
    }
    return;
  }
  switch (close) {
    case FIN:
      book(Event.CloseFin);
      return;
    case FINRST:
      book(Event.CloseFinRst);
      return;
    case RST:
    case SETUPABORT:
      book(Event.CloseRst);
      return;
  }
  switch (ending) {
    case Ending.Timer:
      if (close === HALFCLOSED) {
        book(Event.UnclosedHalfClosed + ((state & (State.Fin << 1)) !== 0 ? 1 : 0));
      } else {
        book(Event.UnclosedIdle);
      }
      return;
    case Ending.Reused:
      book(Event.UnclosedReused);
      return;
    case Ending.Memory:
      book(Event.UnclosedMemory);
      return;
    case Ending.End:
      book(Event.UnclosedEnd);
      return;
  }
}
