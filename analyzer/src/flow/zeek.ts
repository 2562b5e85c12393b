import { zeekStates } from '@tcpscope/filter';
import { ACK, FIN, RST, SYN } from '../decode/segment.js';
import { Both, Cold, Facts, Half, Row, State, Zeek } from './layout.js';
import type { FlowTable } from './table.js';

/**
 * Zeek's connection states and history, kept as a compatibility column so that our rows can be compared with Zeek's
 * conn.log. The definitions follow Zeek's documentation and its TCP session adapter: each endpoint has a state, the
 * history notes the first of each kind of packet from each side, and conn_state is read off both states at the end.
 */
const enum Endpoint {
  Inactive = 0,
  SynSent = 1,
  SynAckSent = 2,
  Partial = 3,
  Established = 4,
  Closed = 5,
  Reset = 6,
}

/** Kinds of packets that enter the history once, or again only when they differ: bits of a direction's letters. */
const enum Seen {
  Syn = 1,
  Fin = 2,
  Rst = 4,
  Data = 8,
  Ack = 16,
  Multi = 32,
  FinRst = 64,
}

/** Letters of the history, in the order of their codes (1 to 10); lower case here, upper case for the client. */
const LETTERS = ' shadfrtwiq';
const enum Code {
  Syn = 1,
  SynAck = 2,
  Ack = 3,
  Data = 4,
  Fin = 5,
  Rst = 6,
  Retransmission = 7,
  ZeroWindow = 8,
  FinRst = 9,
  Multi = 10,
  /** The direction is kept beside the letter: who is the client may change. */
  Direction = 16,
  Bits = 5,
  PerWord = 6,
  /** Most letters kept; 3 words of 6. */
  Most = 18,
}

/** A packet's letter, by its SYN, FIN and RST bits and, without these, whether it has data or an acknowledgement. */
function kindOf(flags: number, payload: number): number {
  switch (flags & (SYN | FIN | RST)) {
    case 0:
      return payload > 0 ? Seen.Data : (flags & ACK) !== 0 ? Seen.Ack : 0;
    case SYN:
      return Seen.Syn;
    case FIN:
      return Seen.Fin;
    case RST:
      return Seen.Rst;
    case FIN | RST:
    case FIN | RST | SYN:
      return Seen.FinRst;
    default:
      return Seen.Multi;
  }
}

function codeOf(seen: number, flags: number): number {
  switch (seen) {
    case Seen.Syn:
      return (flags & ACK) !== 0 ? Code.SynAck : Code.Syn;
    case Seen.Fin:
      return Code.Fin;
    case Seen.Rst:
      return Code.Rst;
    case Seen.Data:
      return Code.Data;
    case Seen.Ack:
      return Code.Ack;
    case Seen.FinRst:
      return Code.FinRst;
    default:
      return Code.Multi;
  }
}

/** Adds a letter; returns `Row.Zeek` with the new length. */
function append(rows: Int32Array, at: number, zeek: number, direction: number, code: number): number {
  const length = (zeek >>> Zeek.Length) & 31;
  if (length === Code.Most) {
    return zeek;
  }
  const word = at + Row.History + ((length / Code.PerWord) | 0);
  const shift = (length % Code.PerWord) * Code.Bits;
  rows[word] = (rows[word] as number) | ((code | (direction * Code.Direction)) << shift);
  return zeek + (1 << Zeek.Length);
}

/** Letters a direction has in the history: whether plain acknowledgements, or data, are among them. */
export function hasAckLetter(zeek: number, direction: number): boolean {
  return (zeek & (Seen.Ack << (Zeek.Letters + direction * Zeek.LetterBits))) !== 0;
}

export function hasDataLetter(zeek: number, direction: number): boolean {
  return (zeek & (Seen.Data << (Zeek.Letters + direction * Zeek.LetterBits))) !== 0;
}

/** The direction has sent something that the history knows. */
export function hasLetters(zeek: number, direction: number): boolean {
  return ((zeek >>> (Zeek.Letters + direction * Zeek.LetterBits)) & 0x7f) !== 0;
}

/**
 * Adds a segment to the history and moves the endpoint states. Call before the sequence space and `Row.State` learn of
 * the segment: repeats are told by them.
 */
export function noteSegment(
  table: FlowTable,
  at: number,
  direction: number,
  isClient: boolean,
  flags: number,
  sequence: number,
  payload: number
): void {
  const { rows } = table;
  let zeek = rows[at + Row.Zeek] as number;
  const seen = kindOf(flags, payload);
  if (seen !== 0) {
    const bit = seen << (Zeek.Letters + direction * Zeek.LetterBits);
    if ((zeek & bit) === 0) {
      zeek = append(rows, at, zeek | bit, direction, codeOf(seen, flags));
    } else if (
      (seen & (Seen.Syn | Seen.Fin | Seen.Rst)) !== 0 &&
      isNew(table, at, direction, seen, sequence, payload)
    ) {
      zeek = append(rows, at, zeek, direction, codeOf(seen, flags));
    }
  }
  const now = (zeek >>> Zeek.States) & 63;
  const mine = direction === 0 ? now & 7 : now >>> 3;
  const peer = direction === 0 ? now >>> 3 : now & 7;
  const before = (zeek >>> (Zeek.Before + (direction ^ 1) * 3)) & 7;
  const next = TRANSITIONS[transition(mine, peer, before === Endpoint.Closed, isClient, flags, payload)] as number;
  if ((next & 7) !== mine) {
    zeek = enter(zeek, direction, mine, next & 7);
  }
  if (next >>> 3 !== peer) {
    zeek = enter(zeek, direction ^ 1, peer, next >>> 3);
  }
  rows[at + Row.Zeek] = zeek;
}

/** A SYN, FIN or RST that differs from the last of its kind by its sequence number. */
function isNew(
  table: FlowTable,
  at: number,
  direction: number,
  seen: number,
  sequence: number,
  payload: number
): boolean {
  if (seen === Seen.Syn) {
    return sequence !== table.rows[at + Row.First + direction];
  }
  const cold = table.coldAt(at);
  const last = table.cold.words[cold + (seen === Seen.Fin ? Cold.FinEnd : Cold.LastReset) + direction] as number;
  return last !== (seen === Seen.Fin ? (sequence + payload + 1) | 0 : sequence);
}

function enter(zeek: number, direction: number, old: number, state: number): number {
  const now = Zeek.States + direction * 3;
  const then = Zeek.Before + direction * 3;
  return (zeek & ~(7 << now) & ~(7 << then)) | (state << now) | (old << then);
}

/** Zeek repeats `t` and `w` at the 1st, 10th, 100th … occurrence. */
function noteScaled(table: FlowTable, at: number, direction: number, place: number, code: number): void {
  const cold = table.coldAt(at) + place;
  const word = table.cold.words[cold] as number;
  const shift = direction * Half.Bits;
  const count = ((word >>> shift) & Half.Most) + 1;
  if (count > Half.Most) {
    return;
  }
  table.cold.words[cold] = word + (1 << shift);
  if (count === 1 || count === 10 || count === 100 || count === 1000 || count === 10000) {
    const { rows } = table;
    rows[at + Row.Zeek] = append(rows, at, rows[at + Row.Zeek] as number, direction, code);
  }
}

function endpoint(zeek: number, direction: number): number {
  return (zeek >>> (Zeek.States + direction * 3)) & 7;
}

/** A segment with data that did not advance its side's highest sequence number. */
export function noteRetransmission(table: FlowTable, at: number, direction: number): void {
  if (endpoint(table.rows[at + Row.Zeek] as number, direction) !== Endpoint.Reset) {
    noteScaled(table, at, direction, Cold.ZeekRepeats, Code.Retransmission);
  }
}

/** A window of 0 outside a RST, unless the peer has closed or this side was reset. */
export function noteZeroWindow(table: FlowTable, at: number, direction: number): void {
  const zeek = table.rows[at + Row.Zeek] as number;
  if (endpoint(zeek, direction ^ 1) !== Endpoint.Closed && endpoint(zeek, direction) !== Endpoint.Reset) {
    noteScaled(table, at, direction, Cold.ZeekZeroWindows, Code.ZeroWindow);
  }
}

/** Place in `TRANSITIONS` of what decides a transition. */
function transition(
  mine: number,
  peer: number,
  wasClosed: boolean,
  isClient: boolean,
  flags: number,
  payload: number
): number {
  return (
    mine |
    (peer << 3) |
    ((flags & (FIN | SYN | RST)) << 6) |
    ((flags & ACK) << 5) |
    (payload > 0 ? 1024 : 0) |
    (isClient ? 2048 : 0) |
    (wasClosed ? 4096 : 0)
  );
}

/** Sender's state | peer's state << 3 after a segment, for everything that decides it: worked out once. */
const TRANSITIONS = new Uint8Array(8192);
for (let place = 0; place < TRANSITIONS.length; place++) {
  const flags = ((place >>> 6) & (FIN | SYN | RST)) | ((place >>> 5) & ACK);
  const mine = place & 7;
  const peer = (place >>> 3) & 7;
  TRANSITIONS[place] = advance(mine, peer, (place & 4096) !== 0, (place & 2048) !== 0, flags, (place & 1024) !== 0);
}

function advance(
  mine: Endpoint,
  peer: Endpoint,
  peerWasClosed: boolean,
  isClient: boolean,
  flags: number,
  data: boolean
): number {
  switch (mine) {
    case Endpoint.Inactive:
      return fromInactive(peer, isClient, flags, data);
    case Endpoint.SynSent:
    case Endpoint.SynAckSent:
      if ((flags & RST) !== 0) {
        return Endpoint.Reset | (peer << 3);
      }
      return ((flags & FIN) !== 0 ? Endpoint.Closed : mine) | (peer << 3);
    case Endpoint.Partial:
    case Endpoint.Established:
      return fromEstablished(mine, peer, peerWasClosed, flags);
    case Endpoint.Closed:
      return ((flags & RST) !== 0 && peer !== Endpoint.Closed ? Endpoint.Reset : mine) | (peer << 3);
    default:
      return mine | (peer << 3);
  }
}

function fromInactive(peer: Endpoint, isClient: boolean, flags: number, data: boolean): number {
  let mine: Endpoint = Endpoint.Inactive;
  if ((flags & SYN) !== 0) {
    if (isClient && peer !== Endpoint.Established) {
      mine = (flags & ACK) !== 0 ? Endpoint.SynAckSent : Endpoint.SynSent;
    } else {
      // The answer to a SYN; or the SYN itself, captured behind the SYN+ACK that answers it.
      if (peer === Endpoint.SynSent || peer === Endpoint.SynAckSent) {
        peer = Endpoint.Established;
      }
      mine = Endpoint.Established;
    }
  }
  if ((flags & FIN) !== 0) {
    mine = Endpoint.Closed;
  }
  if ((flags & RST) !== 0) {
    mine = Endpoint.Reset;
  }
  // Some stacks acknowledge a SYN before they answer it: that alone makes no partial connection.
  if (mine === Endpoint.Inactive && (isClient || data || peer !== Endpoint.SynSent)) {
    mine = (flags & ACK) !== 0 && peer === Endpoint.Established ? Endpoint.Established : Endpoint.Partial;
  }
  return mine | (peer << 3);
}

function fromEstablished(mine: Endpoint, peer: Endpoint, peerWasClosed: boolean, flags: number): number {
  if ((flags & (SYN | ACK)) === SYN && mine === Endpoint.Partial && peer === Endpoint.Inactive) {
    mine = Endpoint.SynSent;
  }
  if ((flags & FIN) !== 0 && (flags & RST) === 0) {
    mine = Endpoint.Closed;
    if (peer === Endpoint.Reset && peerWasClosed) {
      // The peer sent a FIN, then a RST: the FIN from here makes it a normal end.
      peer = Endpoint.Closed;
    }
  }
  if ((flags & RST) !== 0) {
    mine = Endpoint.Reset;
  }
  return mine | (peer << 3);
}

const stateIndex = (name: (typeof zeekStates)[number]): number => zeekStates.indexOf(name);
const S0 = stateIndex('S0');
const S1 = stateIndex('S1');
const SF = stateIndex('SF');
const REJ = stateIndex('REJ');
const S2 = stateIndex('S2');
const S3 = stateIndex('S3');
const RSTO = stateIndex('RSTO');
const RSTR = stateIndex('RSTR');
const RSTOS0 = stateIndex('RSTOS0');
const RSTRH = stateIndex('RSTRH');
const SH = stateIndex('SH');
const SHR = stateIndex('SHR');
const OTH = stateIndex('OTH');

/** Zeek's conn_state as an index into `zeekStates`. */
export function zeekState(rows: Int32Array, at: number): number {
  const state = rows[at + Row.State] as number;
  const zeek = rows[at + Row.Zeek] as number;
  const client = (state & State.ClientHigh) !== 0 ? 1 : 0;
  const originator = endpoint(zeek, client);
  const responder = endpoint(zeek, client ^ 1);
  const originatorIdle = originator === Endpoint.Inactive || originator === Endpoint.Partial;
  const responderIdle = responder === Endpoint.Inactive || responder === Endpoint.Partial;
  if (responder === Endpoint.Reset) {
    const noData = originator === Endpoint.Reset && (state & Both.Data) === 0;
    if (originator === Endpoint.SynSent || originator === Endpoint.SynAckSent || noData) {
      return REJ;
    }
    return originatorIdle ? RSTRH : RSTR;
  }
  if (originator === Endpoint.Reset) {
    return responderIdle ? (abortedSyn(rows, at, client) ? RSTOS0 : OTH) : RSTO;
  }
  if (originator === Endpoint.Closed && responder === Endpoint.Closed) {
    return SF;
  }
  if (originator === Endpoint.Closed) {
    return responderIdle ? SH : S2;
  }
  if (responder === Endpoint.Closed) {
    return originatorIdle ? SHR : S3;
  }
  if (originator === Endpoint.SynSent && responder === Endpoint.Inactive) {
    return S0;
  }
  return originator === Endpoint.Established && responder === Endpoint.Established ? S1 : OTH;
}

/** The history is a SYN of the client, then its RST, with no other packet of the client's between (`^?S[^HAFGIQ]*R`). */
function abortedSyn(rows: Int32Array, at: number, client: number): boolean {
  const clientBit = client * Code.Direction;
  const length = ((rows[at + Row.Zeek] as number) >>> Zeek.Length) & 31;
  if (length === 0 || codeAt(rows, at, 0) !== (Code.Syn | clientBit)) {
    return false;
  }
  for (let i = 1; i < length; i++) {
    const code = codeAt(rows, at, i) ^ clientBit;
    switch (code) {
      case Code.Rst:
        return true;
      case Code.SynAck:
      case Code.Ack:
      case Code.Fin:
      case Code.FinRst:
      case Code.Multi:
        return false;
    }
  }
  return false;
}

function codeAt(rows: Int32Array, at: number, i: number): number {
  const word = rows[at + Row.History + ((i / Code.PerWord) | 0)] as number;
  return (word >>> ((i % Code.PerWord) * Code.Bits)) & 31;
}

const LOWER = Uint8Array.from(LETTERS, (letter) => letter.charCodeAt(0));
const CARET = 0x5e;
const UPPER_OFFSET = 32;

/**
 * Writes Zeek's history as ASCII: upper case for the client, `^` in front when the first packet came from the server.
 * @param length room at `offset`, at least 19; the rest stays 0
 */
export function writeHistory(rows: Int32Array, at: number, to: Uint8Array, offset: number): void {
  const clientBit = ((rows[at + Row.State] as number) & State.ClientHigh) !== 0 ? Code.Direction : 0;
  const firstBit = ((rows[at + Row.Facts] as number) & Facts.FirstSender) !== 0 ? Code.Direction : 0;
  if (firstBit !== clientBit) {
    to[offset++] = CARET;
  }
  const length = ((rows[at + Row.Zeek] as number) >>> Zeek.Length) & 31;
  let word = at + Row.History;
  let letters = rows[word] as number;
  for (let i = 0, left: number = Code.PerWord; i < length; i++, left--) {
    if (left === 0) {
      letters = rows[++word] as number;
      left = Code.PerWord;
    }
    const code = letters & 31;
    letters >>>= Code.Bits;
    const lower = LOWER[code & ~Code.Direction] as number;
    to[offset++] = (code & Code.Direction) === clientBit ? lower - UPPER_OFFSET : lower;
  }
}
