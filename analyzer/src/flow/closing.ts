import { Flag } from '../decode/segment.js';
import { Event, Verdict } from './events.js';
import { Both, Cold, Facts, Fins, Row, State } from './layout.js';
import type { FlowTable } from './table.js';
import { clientDirection, established, resetVerdicts, settleCloser } from './verdict.js';

/** Stages at which a connection's first RST can come, as `Facts.Stage` keeps them (1 + index into `resetStages`). */
const enum Stage {
  PostSyn = 1,
  PostAck = 2,
  PostPush = 3,
  Later = 4,
}

export type Closing = ReturnType<typeof createClosing>;

/**
 * How FINs and RSTs end connections. Facts that only the end of a connection has to tell are gathered here, on the cold
 * row: no segment of an open connection comes by.
 * @param book books an event of a connection in the present window
 */
export function createClosing(table: FlowTable, book: (at: number, kind: number, value: number) => void) {
  const { rows, fins, finsOf, finsAt, coldAt } = table;
  const cold = table.cold.words;

  function setCloser(at: number, direction: number): void {
    const facts = rows[at + Row.Facts] as number;
    if ((facts & Facts.CloserKnown) === 0) {
      rows[at + Row.Facts] = facts | Facts.CloserKnown | (direction !== 0 ? Facts.Closer : 0);
    }
  }

  /** A FIN: the first of its side ends what the side sends at `end` (one past the FIN's sequence number). */
  function onFin(at: number, direction: number, end: number): void {
    const bit = State.Fin << direction;
    const state = rows[at + Row.State] as number;
    if ((state & bit) === 0) {
      settleCloser(rows, at);
      rows[at + Row.State] = state | bit;
      fins[finsAt(at) + Fins.End + direction] = end;
      setCloser(at, direction);
      rows[at + Row.Verdicts] = (rows[at + Row.Verdicts] as number) | (Verdict.FinConn << direction);
    }
  }

  /** Sees whether an acknowledgement of `direction` covers the other side's FIN, and whether both are covered now. */
  function onAcknowledged(at: number, direction: number): void {
    const other = direction ^ 1;
    let state = rows[at + Row.State] as number;
    if ((state & (State.Fin << other)) === 0 || (state & (State.Ack << direction)) === 0) {
      return;
    }
    const end = fins[finsOf(at) + Fins.End + other] as number;
    if ((((rows[at + Row.Acked + direction] as number) - end) | 0) >= 0) {
      state |= State.FinAcked << other;
      if ((state & Both.FinAcked) === Both.FinAcked) {
        state |= State.Closed;
      }
      rows[at + Row.State] = state;
    }
  }

  /** How far the connection had come: before the handshake, before data, after the first data of one side, or later. */
  function stageOf(at: number): Stage {
    if (!established(rows, at)) {
      return Stage.PostSyn;
    }
    const data = (rows[at + Row.State] as number) & Both.Data;
    return data === 0 ? Stage.PostAck : data === Both.Data ? Stage.Later : Stage.PostPush;
  }

  /** Books a RST and works out what it does to the connection. */
  function onReset(at: number, direction: number, flags: number, sequence: number, acknowledgement: number): void {
    settleCloser(rows, at);
    let state = rows[at + Row.State] as number;
    let facts = rows[at + Row.Facts] as number;
    const finsAcked = (state & Both.FinAcked) === Both.FinAcked;
    if ((state & (State.Handshake | State.Midstream)) === 0 && !established(rows, at)) {
      book(at, Event.RstNoConn + direction, 1);
    }
    if (finsAcked) {
      book(at, Event.RstAfterClose, 1);
    } else if ((state & (State.Fin << direction)) !== 0) {
      book(at, Event.RstAfterFin, 1);
    }
    if ((facts & Facts.AfterIdle) !== 0) {
      book(at, Event.RstAfterIdle, 1);
    }
    if ((state & Both.Rst) === 0) {
      // The first RST, also when the connection survives it: a forged one is what the host's own RSTs follow from.
      facts |= (stageOf(at) << Facts.Stage) | (direction !== 0 ? Facts.Aborter : 0);
    }
    if ((state & Both.Rst) === 0 || (facts & Facts.ResetVoid) !== 0) {
      // RSTs that the connection survived do not tell how it ended.
      facts = finsAcked ? facts | Facts.FinsFirst : facts & ~Facts.FinsFirst;
    }
    const before = resetVerdicts(state);
    state |= State.Rst << direction;
    rows[at + Row.Verdicts] = (rows[at + Row.Verdicts] as number) | (resetVerdicts(state) & ~before);
    rows[at + Row.Facts] = facts & ~Facts.ResetVoid;
    if (resetsAnother(at, direction, sequence)) {
      rows[at + Row.State] = state;
      rows[at + Row.Facts] = (rows[at + Row.Facts] as number) | Facts.ResetOfAnother;
      setCloser(at, direction);
    } else if (refuses(at, direction, flags, acknowledgement)) {
      rows[at + Row.State] = state | State.Refused | State.Closed;
      setCloser(at, direction);
    } else if (isHonoured(at, direction, sequence)) {
      rows[at + Row.State] = (state | State.Closed) & ~State.Suspect;
      setCloser(at, direction);
    } else {
      rows[at + Row.State] = (state & State.Closed) === 0 ? state | State.Suspect : state;
    }
    cold[coldAt(at) + Cold.LastReset + direction] = sequence;
  }

  /**
   * A client whose SYN is answered by an acknowledgement of something else resets what the server still has, with the
   * number that was acknowledged, and goes on waiting for its SYN+ACK (RFC 9293 3.5.1, figure 9; 3.10.7.3).
   */
  function resetsAnother(at: number, direction: number, sequence: number): boolean {
    const state = rows[at + Row.State] as number;
    const other = direction ^ 1;
    return (
      direction === clientDirection(state) &&
      ((rows[at + Row.Facts] as number) & Facts.AckOfAnother) !== 0 &&
      (state & ((State.Syn | State.SynAck | State.Ack) << other)) === 0 &&
      sequence === rows[at + Row.Acked + other] &&
      sequence !== rows[at + Row.Next + direction]
    );
  }

  /** A server's RST that acknowledges the SYN while no SYN+ACK came (RFC 9293 3.10.7.1: a closed port's answer). */
  function refuses(at: number, direction: number, flags: number, acknowledgement: number): boolean {
    const state = rows[at + Row.State] as number;
    const client = direction ^ 1;
    if ((flags & Flag.Ack) === 0 || client !== clientDirection(state) || (state & (State.Syn << client)) === 0) {
      return false;
    }
    if ((state & Both.SynAck) !== 0 || (state & (State.Syn << direction)) !== 0 || (state & Both.Fin) !== 0) {
      return false;
    }
    const isn = rows[at + Row.First + client] as number;
    return acknowledgement === ((isn + 1) | 0) || acknowledgement === rows[at + Row.Next + client];
  }

  /**
   * Whether the receiver would take the RST: before the connection stands, or when its sequence number is exactly the next
   * expected one (RFC 5961 3.2), as the receiver has acknowledged or as the sender has sent. Without knowledge of either it
   * is taken at its word.
   */
  function isHonoured(at: number, direction: number, sequence: number): boolean {
    const state = rows[at + Row.State] as number;
    const other = direction ^ 1;
    if (!established(rows, at)) {
      return true;
    }
    const peerKnows = (state & (State.Ack << other)) !== 0;
    const sent = (state & (State.Sequence << direction)) !== 0;
    if (!peerKnows && !sent) {
      return true;
    }
    if (
      (peerKnows && sequence === rows[at + Row.Acked + other]) ||
      (sent && sequence === rows[at + Row.Next + direction])
    ) {
      return true;
    }
    if ((state & (State.Fin << direction)) === 0) {
      return false;
    }
    const end = fins[finsOf(at) + Fins.End + direction] as number;
    return sequence === end || sequence === ((end - 1) | 0);
  }

  /**
   * A segment without RST after one. New data or a new acknowledgement from the side that is said to have reset the
   * connection shows that it did not. A RST that its receiver had no reason to take is void as soon as the receiver
   * acknowledges something new.
   * @param advances the segment acknowledges something for the first time, or carries data beyond the last RST
   */
  function onSegmentAfterReset(at: number, direction: number, advances: boolean): void {
    const state = rows[at + Row.State] as number;
    if (!advances || (state & Both.FinAcked) === Both.FinAcked) {
      return;
    }
    if ((state & (State.Rst << direction)) !== 0 || (state & State.Suspect) !== 0) {
      rows[at + Row.State] = state & ~(State.Suspect | State.Closed | State.Refused);
      rows[at + Row.Facts] = (rows[at + Row.Facts] as number) | Facts.ResetVoid;
    }
  }

  return { onFin, onAcknowledged, onReset, onSegmentAfterReset };
}
