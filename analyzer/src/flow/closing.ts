import { ACK } from '../decode/segment.js';
import type { Connections } from './connections.js';
import { Event } from './events.js';
import { Both, Dir, Facts, Row, State } from './layout.js';
import { clientDirection, established } from './verdict.js';

/** Stages at which a connection's first RST can come, as `Facts.Stage` keeps them (1 + index into `resetStages`). */
const enum Stage {
  PostSyn = 1,
  PostAck = 2,
  PostPush = 3,
  Later = 4,
}

function dirAt(at: number, direction: number): number {
  return at + Row.Direction0 + direction * Dir.Words;
}

function setCloser(rows: Int32Array, at: number, direction: number): void {
  const state = rows[at + Row.State] as number;
  if ((state & State.CloserKnown) === 0) {
    rows[at + Row.State] = state | State.CloserKnown | (direction !== 0 ? State.Closer : 0);
  }
}

/** A FIN: the first of its side ends what the side sends at `end` (one past the FIN's sequence number). */
export function onFin(connections: Connections, row: number, direction: number, end: number): void {
  const { rows } = connections.table;
  const at = row * Row.Words;
  const bit = State.Fin << direction;
  const state = rows[at + Row.State] as number;
  if ((state & bit) === 0) {
    rows[at + Row.State] = state | bit;
    rows[dirAt(at, direction) + Dir.FinEnd] = end;
    setCloser(rows, at, direction);
    connections.book(row, Event.FinConn + direction);
  }
}

/** Sees whether an acknowledgement of `direction` covers the other side's FIN, and whether both are covered now. */
export function onAcknowledged(rows: Int32Array, at: number, direction: number): void {
  const other = direction ^ 1;
  let state = rows[at + Row.State] as number;
  if ((state & (State.Fin << other)) === 0) {
    return;
  }
  const acked = rows[dirAt(at, direction) + Dir.Acked] as number;
  if (((acked - (rows[dirAt(at, other) + Dir.FinEnd] as number)) | 0) >= 0) {
    state |= State.FinAcked << other;
    if ((state & Both.FinAcked) === Both.FinAcked) {
      state |= State.Closed;
    }
    rows[at + Row.State] = state;
  }
}

/** How far the connection had come: before the handshake, before data, after the first data of one side, or later. */
function stageOf(rows: Int32Array, at: number): Stage {
  const state = rows[at + Row.State] as number;
  if (!established(rows, at)) {
    return Stage.PostSyn;
  }
  const data = state & Both.Data;
  return data === 0 ? Stage.PostAck : data === Both.Data ? Stage.Later : Stage.PostPush;
}

/** Books a RST and works out what it does to the connection. */
export function onReset(
  connections: Connections,
  row: number,
  direction: number,
  flags: number,
  sequence: number,
  acknowledgement: number
): void {
  const { rows } = connections.table;
  const at = row * Row.Words;
  let state = rows[at + Row.State] as number;
  const finsAcked = (state & Both.FinAcked) === Both.FinAcked;
  const facts = rows[at + Row.Facts] as number;
  if ((state & (State.Handshake | State.Midstream)) === 0 && !established(rows, at)) {
    connections.book(row, Event.RstNoConn + direction);
  }
  if (finsAcked) {
    connections.book(row, Event.RstAfterClose);
  } else if ((state & (State.Fin << direction)) !== 0) {
    connections.book(row, Event.RstAfterFin);
  }
  if ((facts & Facts.AfterIdle) !== 0) {
    connections.book(row, Event.RstAfterIdle);
  }
  if ((state & Both.Rst) === 0) {
    connections.book(row, Event.RstConnAny);
    rows[at + Row.Facts] = facts | (stageOf(rows, at) << Facts.Stage);
    state |= (direction !== 0 ? State.Aborter : 0) | (finsAcked ? State.FinsFirst : 0);
  }
  if ((state & (State.Rst << direction)) === 0) {
    connections.book(row, Event.RstConn + direction);
    state |= State.Rst << direction;
  }
  rows[at + Row.State] = state;
  if (refuses(rows, at, direction, flags, acknowledgement)) {
    rows[at + Row.State] = state | State.Refused | State.Closed;
    setCloser(rows, at, direction);
  } else if (isHonoured(rows, at, direction, sequence)) {
    rows[at + Row.State] = (state | State.Closed) & ~State.Suspect;
    setCloser(rows, at, direction);
  } else if ((state & State.Closed) === 0) {
    rows[at + Row.State] = state | State.Suspect;
  }
  rows[at + Row.Facts] = (rows[at + Row.Facts] as number) & ~Facts.ResetVoid;
  rows[dirAt(at, direction) + Dir.LastReset] = sequence;
}

/** A server's RST that acknowledges the SYN while no SYN+ACK came (RFC 9293 3.10.7.1: a closed port's answer). */
function refuses(rows: Int32Array, at: number, direction: number, flags: number, acknowledgement: number): boolean {
  const state = rows[at + Row.State] as number;
  const client = direction ^ 1;
  if ((flags & ACK) === 0 || client !== clientDirection(state) || (state & (State.Syn << client)) === 0) {
    return false;
  }
  if ((state & Both.SynAck) !== 0 || (state & (State.Syn << direction)) !== 0 || (state & Both.Fin) !== 0) {
    return false;
  }
  const dir = dirAt(at, client);
  const isn = rows[dir + Dir.First] as number;
  return acknowledgement === ((isn + 1) | 0) || acknowledgement === rows[dir + Dir.Next];
}

/**
 * Whether the receiver would take the RST: before the connection stands, or when its sequence number is exactly the next
 * expected one (RFC 5961 3.2), as the receiver has acknowledged or as the sender has sent. Without knowledge of either it
 * is taken at its word.
 */
function isHonoured(rows: Int32Array, at: number, direction: number, sequence: number): boolean {
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
  const expected = rows[dirAt(at, other) + Dir.Acked] as number;
  const next = rows[dirAt(at, direction) + Dir.Next] as number;
  const finEnd = rows[dirAt(at, direction) + Dir.FinEnd] as number;
  return (
    (peerKnows && sequence === expected) ||
    (sent && sequence === next) ||
    ((state & (State.Fin << direction)) !== 0 && (sequence === finEnd || sequence === ((finEnd - 1) | 0)))
  );
}

/**
 * A segment without RST after one. New data or a new acknowledgement from the side that is said to have reset the
 * connection shows that it did not. A RST that its receiver had no reason to take is void as soon as the receiver
 * acknowledges something new.
 * @param advances the segment acknowledges something for the first time, or carries data beyond the last RST
 */
export function onSegmentAfterReset(rows: Int32Array, at: number, direction: number, advances: boolean): void {
  const state = rows[at + Row.State] as number;
  if (!advances || (state & Both.FinAcked) === Both.FinAcked) {
    return;
  }
  if ((state & (State.Rst << direction)) !== 0 || (state & State.Suspect) !== 0) {
    rows[at + Row.State] = state & ~(State.Suspect | State.Closed | State.Refused);
    rows[at + Row.Facts] = (rows[at + Row.Facts] as number) | Facts.ResetVoid;
  }
}
