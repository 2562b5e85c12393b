import { zeekStates } from '@tcpscope/filter';
import { ACK, FIN, RST, SYN } from '../decode/segment.js';
import { Both, Dir, Facts, Row, State, Traits } from './layout.js';

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

/** Bits of `Traits.Letters`: kinds of packets that enter the history once, or again only when they differ. */
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
}
/** The direction is kept beside the letter: who is the client may change. */
const DIRECTION_BIT = 16;
const CODE_BITS = 5;
const CODES_PER_WORD = 6;
const HISTORY_WORDS = 4;

/** Whether a plain acknowledgement or data segment of a direction would add a letter. */
export function plainIsNew(rows: Int32Array, at: number, direction: number, payload: number): boolean {
  const seen = rows[at + Row.Direction0 + direction * Dir.Words + Dir.Traits] as number;
  return (seen & (payload > 0 ? Seen.Data : Seen.Ack)) === 0;
}

function append(rows: Int32Array, at: number, direction: number, code: number): void {
  for (let word = at + Row.History0; word < at + Row.History0 + HISTORY_WORDS; word++) {
    const letters = rows[word] as number;
    for (let shift = 0; shift < CODES_PER_WORD * CODE_BITS; shift += CODE_BITS) {
      if (((letters >>> shift) & 31) === 0) {
        rows[word] = letters | ((code | (direction !== 0 ? DIRECTION_BIT : 0)) << shift);
        return;
      }
    }
  }
}

/** Notes a kind of packet; returns true when it had been noted before. */
function note(rows: Int32Array, at: number, direction: number, seen: number, code: number): boolean {
  const word = at + Row.Direction0 + direction * Dir.Words + Dir.Traits;
  const traits = rows[word] as number;
  if ((traits & seen) !== 0) {
    return true;
  }
  rows[word] = traits | seen;
  append(rows, at, direction, code);
  return false;
}

/** Adds a segment to the history. Call before the sequence space and `State` learn of it: repeats are told by them. */
export function noteHistory(
  rows: Int32Array,
  at: number,
  direction: number,
  flags: number,
  sequence: number,
  payload: number
): void {
  const dir = at + Row.Direction0 + direction * Dir.Words;
  const control = flags & (SYN | FIN | RST);
  if ((control & (control - 1)) !== 0) {
    if ((control & (FIN | RST)) === (FIN | RST)) {
      note(rows, at, direction, Seen.FinRst, Code.FinRst);
    } else {
      note(rows, at, direction, Seen.Multi, Code.Multi);
    }
  } else if (control === SYN) {
    const code = (flags & ACK) !== 0 ? Code.SynAck : Code.Syn;
    if (note(rows, at, direction, Seen.Syn, code) && sequence !== rows[dir + Dir.First]) {
      append(rows, at, direction, code);
    }
  } else if (control === FIN) {
    const end = (sequence + payload + 1) | 0;
    if (note(rows, at, direction, Seen.Fin, Code.Fin) && end !== rows[dir + Dir.FinEnd]) {
      append(rows, at, direction, Code.Fin);
    }
  } else if (control === RST) {
    if (note(rows, at, direction, Seen.Rst, Code.Rst) && sequence !== rows[dir + Dir.LastReset]) {
      append(rows, at, direction, Code.Rst);
    }
  } else if (payload > 0) {
    note(rows, at, direction, Seen.Data, Code.Data);
  } else if ((flags & ACK) !== 0) {
    note(rows, at, direction, Seen.Ack, Code.Ack);
  }
}

/** Zeek repeats `t` and `w` at the 1st, 10th, 100th … occurrence. */
function noteScaled(rows: Int32Array, at: number, direction: number, shift: number, bits: number, code: number): void {
  const word = at + Row.Direction0 + direction * Dir.Words + Dir.Traits;
  const traits = rows[word] as number;
  const most = (1 << bits) - 1;
  const count = (traits >>> shift) & most;
  if (count === most) {
    return;
  }
  rows[word] = (traits & ~(most << shift)) | ((count + 1) << shift);
  if (count + 1 === 1 || count + 1 === 10 || count + 1 === 100) {
    append(rows, at, direction, code);
  }
}

/** A segment with data that did not advance its side's highest sequence number. */
export function noteRetransmission(rows: Int32Array, at: number, direction: number): void {
  if (endpoint(rows, at, direction) !== Endpoint.Reset) {
    noteScaled(rows, at, direction, Traits.Retransmissions, 7, Code.Retransmission);
  }
}

/** A window of 0 outside a RST, unless the peer has closed or this side was reset. */
export function noteZeroWindow(rows: Int32Array, at: number, direction: number): void {
  if (endpoint(rows, at, direction ^ 1) !== Endpoint.Closed && endpoint(rows, at, direction) !== Endpoint.Reset) {
    noteScaled(rows, at, direction, Traits.ZeroWindows, 5, Code.ZeroWindow);
  }
}

function endpoint(rows: Int32Array, at: number, direction: number): Endpoint {
  return ((rows[at + Row.Facts] as number) >>> (Facts.ZeekState + direction * 3)) & 7;
}

function before(rows: Int32Array, at: number, direction: number): Endpoint {
  return ((rows[at + Row.Facts] as number) >>> (Facts.ZeekBefore + direction * 3)) & 7;
}

function enter(rows: Int32Array, at: number, direction: number, state: Endpoint): void {
  const old = endpoint(rows, at, direction);
  if (old === state) {
    return;
  }
  const now = Facts.ZeekState + direction * 3;
  const then = Facts.ZeekBefore + direction * 3;
  const facts = (rows[at + Row.Facts] as number) & ~(7 << now) & ~(7 << then);
  rows[at + Row.Facts] = facts | (state << now) | (old << then);
}

/** Moves the sender's endpoint state (and the peer's, where Zeek does). Call before `State` learns of the segment. */
export function advanceZeek(
  rows: Int32Array,
  at: number,
  direction: number,
  isClient: boolean,
  flags: number,
  payload: number
): void {
  switch (endpoint(rows, at, direction)) {
    case Endpoint.Inactive:
      fromInactive(rows, at, direction, isClient, flags, payload);
      break;
    case Endpoint.SynSent:
    case Endpoint.SynAckSent:
      if ((flags & FIN) !== 0) {
        enter(rows, at, direction, Endpoint.Closed);
      }
      if ((flags & RST) !== 0) {
        enter(rows, at, direction, Endpoint.Reset);
      }
      break;
    case Endpoint.Partial:
    case Endpoint.Established:
      fromEstablished(rows, at, direction, flags);
      break;
    case Endpoint.Closed:
      if ((flags & RST) !== 0 && endpoint(rows, at, direction ^ 1) !== Endpoint.Closed) {
        enter(rows, at, direction, Endpoint.Reset);
      }
      break;
    case Endpoint.Reset:
      break;
  }
}

function fromInactive(
  rows: Int32Array,
  at: number,
  direction: number,
  isClient: boolean,
  flags: number,
  payload: number
): void {
  const peer = direction ^ 1;
  if ((flags & SYN) !== 0) {
    if (isClient && endpoint(rows, at, peer) !== Endpoint.Established) {
      enter(rows, at, direction, (flags & ACK) !== 0 ? Endpoint.SynAckSent : Endpoint.SynSent);
    } else {
      // The answer to a SYN; or the SYN itself, captured behind the SYN+ACK that answers it.
      const peerState = endpoint(rows, at, peer);
      if (peerState === Endpoint.SynSent || peerState === Endpoint.SynAckSent) {
        enter(rows, at, peer, Endpoint.Established);
      }
      enter(rows, at, direction, Endpoint.Established);
    }
  }
  if ((flags & FIN) !== 0) {
    enter(rows, at, direction, Endpoint.Closed);
  }
  if ((flags & RST) !== 0) {
    enter(rows, at, direction, Endpoint.Reset);
  }
  if (endpoint(rows, at, direction) === Endpoint.Inactive) {
    const peerState = endpoint(rows, at, peer);
    if (!isClient && payload === 0 && peerState === Endpoint.SynSent) {
      // Some stacks acknowledge a SYN before they answer it.
    } else if ((flags & ACK) !== 0 && peerState === Endpoint.Established) {
      enter(rows, at, direction, Endpoint.Established);
    } else {
      enter(rows, at, direction, Endpoint.Partial);
    }
  }
}

function fromEstablished(rows: Int32Array, at: number, direction: number, flags: number): void {
  const peer = direction ^ 1;
  if (
    (flags & (SYN | ACK)) === SYN &&
    endpoint(rows, at, direction) === Endpoint.Partial &&
    endpoint(rows, at, peer) === Endpoint.Inactive
  ) {
    enter(rows, at, direction, Endpoint.SynSent);
  }
  if ((flags & FIN) !== 0 && (flags & RST) === 0) {
    enter(rows, at, direction, Endpoint.Closed);
    if (endpoint(rows, at, peer) === Endpoint.Reset && before(rows, at, peer) === Endpoint.Closed) {
      // The peer sent a FIN, then a RST: the FIN from here makes it a normal end.
      enter(rows, at, peer, Endpoint.Closed);
    }
  }
  if ((flags & RST) !== 0) {
    enter(rows, at, direction, Endpoint.Reset);
  }
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
  const client = (state & State.ClientHigh) !== 0 ? 1 : 0;
  const originator = endpoint(rows, at, client);
  const responder = endpoint(rows, at, client ^ 1);
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
  const clientBit = client !== 0 ? DIRECTION_BIT : 0;
  if (codeAt(rows, at, 0) !== (Code.Syn | clientBit)) {
    return false;
  }
  for (let i = 1; i < HISTORY_WORDS * CODES_PER_WORD; i++) {
    const code = codeAt(rows, at, i);
    if (code === 0) {
      return false;
    }
    if ((code & DIRECTION_BIT) === clientBit) {
      switch (code & ~DIRECTION_BIT) {
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
  }
  return false;
}

function codeAt(rows: Int32Array, at: number, i: number): number {
  const word = rows[at + Row.History0 + ((i / CODES_PER_WORD) | 0)] as number;
  return (word >>> ((i % CODES_PER_WORD) * CODE_BITS)) & 31;
}

const LOWER = Uint8Array.from(LETTERS, (letter) => letter.charCodeAt(0));
const CARET = 0x5e;
const UPPER_OFFSET = 32;

/**
 * Writes Zeek's history as ASCII: upper case for the client, `^` in front when the first packet came from the server.
 * @param length room at `offset`; the rest stays 0
 */
export function writeHistory(rows: Int32Array, at: number, to: Uint8Array, offset: number, length: number): void {
  const state = rows[at + Row.State] as number;
  const clientBit = (state & State.ClientHigh) !== 0 ? DIRECTION_BIT : 0;
  const firstBit = (state & State.FirstSender) !== 0 ? DIRECTION_BIT : 0;
  const end = offset + length;
  if (firstBit !== clientBit) {
    to[offset++] = CARET;
  }
  for (let i = 0; i < HISTORY_WORDS * CODES_PER_WORD && offset < end; i++) {
    const code = codeAt(rows, at, i);
    if (code === 0) {
      return;
    }
    const lower = LOWER[code & ~DIRECTION_BIT] as number;
    to[offset++] = (code & DIRECTION_BIT) === clientBit ? lower - UPPER_OFFSET : lower;
  }
}
