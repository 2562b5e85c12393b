import { closeClasses, type CloseClass } from '@tcpscope/filter';
import { Verdict } from './events.js';
import { Both, Facts, Row, State } from './layout.js';
import { hasLetters } from './zeek.js';

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

/** Whether a packet of the direction was seen (one without any flag is not told). */
function seen(rows: Int32Array, at: number, direction: number): boolean {
  return hasLetters(rows[at + Row.Zeek] as number, direction);
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
  return (((rows[at + Row.Acked + direction] as number) - (rows[at + Row.First + server] as number) - 1) | 0) >= 0;
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
 * Connections and attempts that were reset, as bits of `Row.Verdicts`: one for each side that has sent a RST so far. None
 * where neither a SYN nor a mid-stream packet was seen, such as a RST to nobody or the answer to a probe without ACK: there
 * was nothing to be reset, and shares of `attempt.count` + `midstream.count` stay below 1.
 */
export function resetVerdicts(state: number): number {
  if ((state & Both.Rst) === 0 || (state & (Both.Syn | State.Midstream)) === 0) {
    return 0;
  }
  return Verdict.RstConnAny | (((state & Both.Rst) / State.Rst) * Verdict.RstConn);
}

/**
 * How the connection ended, as an index into `closeClasses` (contract: `close`, first match). A FIN together with a RST is
 * `finrst` even without a handshake, as in a SYN+FIN or XMAS scan: nothing was set up that could have been aborted.
 */
export function closeClass(rows: Int32Array, at: number): number {
  const state = rows[at + Row.State] as number;
  const facts = rows[at + Row.Facts] as number;
  const fins = state & Both.Fin;
  if ((state & Both.Rst) !== 0 && (facts & Facts.ResetVoid) === 0) {
    if ((state & State.Refused) !== 0) {
      return REFUSED;
    }
    if (fins !== 0) {
      return (facts & Facts.FinsFirst) !== 0 ? FIN : FINRST;
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
    return seen(rows, at, clientDirection(state) ^ 1) ? HALFOPEN : NOANSWER;
  }
  return MIDSTREAM;
}

/**
 * Who closed, as far as it is known now. RSTs that the connection survived closed nothing: then only a FIN tells. To be asked
 * before the next FIN or RST is taken in, while it is still known which of both sides' FINs came first.
 */
export function settleCloser(rows: Int32Array, at: number): void {
  const facts = rows[at + Row.Facts] as number;
  if ((facts & Facts.ResetVoid) === 0) {
    return;
  }
  const fins = (rows[at + Row.State] as number) & Both.Fin;
  if (fins === 0) {
    rows[at + Row.Facts] = facts & ~(Facts.CloserKnown | Facts.Closer);
  } else if (fins !== Both.Fin) {
    rows[at + Row.Facts] = fins === State.Fin ? facts & ~Facts.Closer : facts | Facts.Closer;
  }
}

/**
 * Who closed, when the connection's record ends: also the side of a RST whose number its receiver would have questioned, but
 * which nothing followed (semantics b4).
 */
export function concludeCloser(rows: Int32Array, at: number, close: number): void {
  settleCloser(rows, at);
  const facts = rows[at + Row.Facts] as number;
  if (close === RST && (facts & Facts.CloserKnown) === 0) {
    rows[at + Row.Facts] = facts | Facts.CloserKnown | ((facts & Facts.Aborter) !== 0 ? Facts.Closer : 0);
  }
}

/** Packets came from one direction only, and they acknowledge what was not captured. */
export function isOneWay(rows: Int32Array, at: number): boolean {
  const state = rows[at + Row.State] as number;
  const only = seen(rows, at, 0) ? 0 : 1;
  return (state & (State.Ack << only)) !== 0 && !seen(rows, at, only ^ 1);
}

/** What becomes final with the end of a connection, as bits of `Row.Verdicts`. */
export function finalVerdicts(rows: Int32Array, at: number, close: number, ending: Ending): number {
  const state = rows[at + Row.State] as number;
  const facts = rows[at + Row.Facts] as number;
  const oneWay = (facts & Facts.OneWay) !== 0;
  let verdicts = Verdict.Connection | (oneWay ? Verdict.OneWay : 0);
  if ((facts & Facts.CloserKnown) !== 0) {
    verdicts |= Verdict.Closer << ((facts & Facts.Closer) !== 0 ? 1 : 0);
  }
  switch (close) {
    case REFUSED:
      return verdicts | Verdict.Refused;
    case NOANSWER:
      return oneWay ? verdicts : verdicts | Verdict.NoAnswer;
    case ORPHAN:
      return verdicts;
  }
  if (!established(rows, at)) {
    if (close === SETUPABORT) {
      return verdicts | (Verdict.SetupAbort << ((facts & Facts.Aborter) !== 0 ? 1 : 0));
    }
    return close === HALFOPEN && !oneWay ? verdicts | Verdict.HalfOpen : verdicts;
  }
  switch (close) {
    case FIN:
      return verdicts | Verdict.CloseFin;
    case FINRST:
      return verdicts | Verdict.CloseFinRst;
    case RST:
    case SETUPABORT:
      return verdicts | Verdict.CloseRst;
  }
  switch (ending) {
    case Ending.Reused:
      return verdicts | Verdict.UnclosedReused;
    case Ending.Memory:
      return verdicts | Verdict.UnclosedMemory;
    case Ending.End:
      return verdicts | Verdict.UnclosedEnd;
  }
  if (close === HALFCLOSED) {
    return verdicts | (Verdict.UnclosedHalfClosed << ((state & (State.Fin << 1)) !== 0 ? 1 : 0));
  }
  return verdicts | Verdict.UnclosedIdle;
}
