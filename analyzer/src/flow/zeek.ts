import { Flag } from '../decode/segment.js';
import { Cold, Fins, Half, Row, Zeek } from './layout.js';
import type { FlowTable } from './table.js';
import { Code, Endpoint, endpoint } from './zeek-codes.js';

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

/** A packet's letter, by its SYN, FIN and RST bits and, without these, whether it has data or an acknowledgement. */
function kindOf(flags: number, payload: number): number {
  switch (flags & (Flag.Syn | Flag.Fin | Flag.Rst)) {
    case 0:
      return payload > 0 ? Seen.Data : (flags & Flag.Ack) !== 0 ? Seen.Ack : 0;
    case Flag.Syn:
      return Seen.Syn;
    case Flag.Fin:
      return Seen.Fin;
    case Flag.Rst:
      return Seen.Rst;
    case Flag.Fin | Flag.Rst:
    case Flag.Fin | Flag.Rst | Flag.Syn:
      return Seen.FinRst;
    default:
      return Seen.Multi;
  }
}

function codeOf(seen: number, flags: number): number {
  switch (seen) {
    case Seen.Syn:
      return (flags & Flag.Ack) !== 0 ? Code.SynAck : Code.Syn;
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

/** Letters a direction has in the history: whether plain acknowledgements, or data, are among them. */
export function hasAckLetter(zeek: number, direction: number): boolean {
  return (zeek & (Seen.Ack << (Zeek.Letters + direction * Zeek.LetterBits))) !== 0;
}

export function hasDataLetter(zeek: number, direction: number): boolean {
  return (zeek & (Seen.Data << (Zeek.Letters + direction * Zeek.LetterBits))) !== 0;
}

/** The end that sends in the direction is past its beginning: plain segments do not change its state. */
export function hasState(zeek: number, direction: number): boolean {
  return endpoint(zeek, direction) !== Endpoint.Inactive;
}

/** The direction has sent something that the history knows. */
export function hasLetters(zeek: number, direction: number): boolean {
  return ((zeek >>> (Zeek.Letters + direction * Zeek.LetterBits)) & 0x7f) !== 0;
}

/** Adds segments to the history and moves the endpoint states. Call before the sequence space and `Row.State` learn of them. */
export function createZeekNotes(table: FlowTable) {
  const { rows, fins, finsOf, coldOf, coldAt } = table;
  const cold = table.cold.words;
  // Captured, and so constants to the compiler, which what a module declares is not.
  const kinds = KINDS;
  const codes = CODES;
  const transitions = TRANSITIONS;

  /** Adds a letter; returns `Row.Zeek` with the new length. */
  function append(at: number, zeek: number, direction: number, code: number): number {
    const length = (zeek >>> Zeek.Length) & 31;
    if (length === Code.Most) {
      return zeek;
    }
    const full = length < Code.PerWord ? 0 : length < 2 * Code.PerWord ? 1 : 2;
    const word = at + Row.History + full;
    const shift = (length - full * Code.PerWord) * Code.Bits;
    rows[word] = (rows[word] as number) | ((code | (direction * Code.Direction)) << shift);
    return zeek + (1 << Zeek.Length);
  }

  /** Any segment. Repeats are told by the sequence space and the connection's state as they were before it. */
  function segment(
    at: number,
    direction: number,
    isClient: number,
    flags: number,
    sequence: number,
    payload: number
  ): void {
    let zeek = rows[at + Row.Zeek] as number;
    const kind = ((flags & (Flag.Syn | Flag.Fin | Flag.Rst)) << 2) | ((flags & Flag.Ack) >>> 3) | (payload > 0 ? 1 : 0);
    const seen = kinds[kind] as number;
    if (seen !== 0) {
      const bit = seen << (Zeek.Letters + direction * Zeek.LetterBits);
      if ((zeek & bit) === 0) {
        zeek = append(at, zeek | bit, direction, codes[kind] as number);
      } else if ((seen & (Seen.Syn | Seen.Fin | Seen.Rst)) !== 0 && isNew(at, direction, seen, sequence, payload)) {
        zeek = append(at, zeek, direction, codes[kind] as number);
      }
    }
    const now = (zeek >>> Zeek.States) & 63;
    const mine = direction === 0 ? now & 7 : now >>> 3;
    const peer = direction === 0 ? now >>> 3 : now & 7;
    const before = (zeek >>> (Zeek.Before + (direction ^ 1) * 3)) & 7;
    const place = transition(mine, peer, before === Endpoint.Closed ? 1 : 0, isClient, flags, payload);
    const next = transitions[place] as number;
    if ((next & 7) !== mine) {
      zeek = enter(zeek, direction, mine, next & 7);
    }
    if (next >>> 3 !== peer) {
      zeek = enter(zeek, direction ^ 1, peer, next >>> 3);
    }
    rows[at + Row.Zeek] = zeek;
  }

  /**
   * Data or an acknowledgement on a connection whose ends are both established: it changes no endpoint state, and enters
   * the history when it is the first of its kind.
   */
  function plain(at: number, direction: number, payload: number): void {
    const zeek = rows[at + Row.Zeek] as number;
    const bit = (payload > 0 ? Seen.Data : Seen.Ack) << (Zeek.Letters + direction * Zeek.LetterBits);
    if ((zeek & bit) === 0) {
      rows[at + Row.Zeek] = append(at, zeek | bit, direction, payload > 0 ? Code.Data : Code.Ack);
    }
  }

  /** A SYN, FIN or RST that differs from the last of its kind by its sequence number. */
  function isNew(at: number, direction: number, seen: number, sequence: number, payload: number): boolean {
    if (seen === Seen.Syn) {
      return sequence !== rows[at + Row.First + direction];
    }
    if (seen === Seen.Fin) {
      return fins[finsOf(at) + Fins.End + direction] !== ((sequence + payload + 1) | 0);
    }
    return cold[coldOf(at) + Cold.LastReset + direction] !== sequence;
  }

  /** Zeek repeats `t` and `w` at the 1st, 10th, 100th … occurrence. */
  function scaled(at: number, direction: number, place: number, code: number): void {
    const at0 = coldAt(at) + place;
    const word = cold[at0] as number;
    const shift = direction * Half.Bits;
    const count = ((word >>> shift) & Half.Most) + 1;
    if (count > Half.Most) {
      return;
    }
    cold[at0] = word + (1 << shift);
    if (count === 1 || count === 10 || count === 100 || count === 1000 || count === 10000) {
      rows[at + Row.Zeek] = append(at, rows[at + Row.Zeek] as number, direction, code);
    }
  }

  /** A segment with data that did not advance its side's highest sequence number. */
  function retransmission(at: number, direction: number): void {
    if (endpoint(rows[at + Row.Zeek] as number, direction) !== Endpoint.Reset) {
      scaled(at, direction, Cold.ZeekRepeats, Code.Retransmission);
    }
  }

  /** A window of 0 outside a RST, unless the peer has closed or this side was reset. */
  function zeroWindow(at: number, direction: number): void {
    const zeek = rows[at + Row.Zeek] as number;
    if (endpoint(zeek, direction ^ 1) !== Endpoint.Closed && endpoint(zeek, direction) !== Endpoint.Reset) {
      scaled(at, direction, Cold.ZeekZeroWindows, Code.ZeroWindow);
    }
  }

  return { segment, plain, retransmission, zeroWindow };
}

export type ZeekNotes = ReturnType<typeof createZeekNotes>;

/**
 * What a handshake leaves behind when nothing else has come, by the direction of the client: `Row.Zeek` after the SYN, the
 * SYN+ACK and the acknowledgement; and the first word of the history, two for each of the three.
 */
export const opened = {
  syn: afterOpening((client) => letter(Seen.Syn, client) | state(Endpoint.SynSent, client)),
  synAck: afterOpening((client) => letter(Seen.Syn, 0) | letter(Seen.Syn, 1) | (1 << Zeek.Length) | stands(client)),
  ack: afterOpening(
    (client) => letter(Seen.Syn | Seen.Ack, client) | letter(Seen.Syn, client ^ 1) | (2 << Zeek.Length) | stands(client)
  ),
  history: Int32Array.from({ length: 6 }, (_, place) => {
    const client = (place & 1) * Code.Direction;
    const server = client ^ Code.Direction;
    const codes = [Code.Syn | client, Code.SynAck | server, Code.Ack | client];
    return codes.slice(0, 1 + (place >>> 1)).reduce((word, code, i) => word | (code << (i * Code.Bits)), 0);
  }),
};

function afterOpening(of: (client: number) => number): Int32Array {
  return Int32Array.from([0, 1], (client) => of(client) + (1 << Zeek.Length));
}

function letter(seen: number, direction: number): number {
  return seen << (Zeek.Letters + direction * Zeek.LetterBits);
}

function state(endpointState: Endpoint, direction: number): number {
  return endpointState << (Zeek.States + direction * 3);
}

/** Both ends are established, the client's after its SYN. */
function stands(client: number): number {
  return (
    state(Endpoint.Established, 0) | state(Endpoint.Established, 1) | (Endpoint.SynSent << (Zeek.Before + client * 3))
  );
}

function enter(zeek: number, direction: number, old: number, state: number): number {
  const now = Zeek.States + direction * 3;
  const then = Zeek.Before + direction * 3;
  return (zeek & ~(7 << now) & ~(7 << then)) | (state << now) | (old << then);
}

/** Letter and code of a packet, by SYN, FIN, RST (shifted left by 2), ACK (2) and data (1). */
const KINDS = new Uint8Array(32);
const CODES = new Uint8Array(32);
for (let kind = 0; kind < KINDS.length; kind++) {
  const flags = (kind >>> 2) | ((kind & 2) << 3);
  KINDS[kind] = kindOf(flags, kind & 1);
  CODES[kind] = codeOf(KINDS[kind] as number, flags);
}

/** Place in `TRANSITIONS` of what decides a transition. */
function transition(
  mine: number,
  peer: number,
  wasClosed: number,
  isClient: number,
  flags: number,
  payload: number
): number {
  return (
    mine |
    (peer << 3) |
    ((flags & (Flag.Fin | Flag.Syn | Flag.Rst)) << 6) |
    ((flags & Flag.Ack) << 5) |
    (payload > 0 ? 1024 : 0) |
    (isClient << 11) |
    (wasClosed << 12)
  );
}

/** Sender's state | peer's state << 3 after a segment, for everything that decides it: worked out once. */
const TRANSITIONS = new Uint8Array(8192);
for (let place = 0; place < TRANSITIONS.length; place++) {
  const flags = ((place >>> 6) & (Flag.Fin | Flag.Syn | Flag.Rst)) | ((place >>> 5) & Flag.Ack);
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
      if ((flags & Flag.Rst) !== 0) {
        return Endpoint.Reset | (peer << 3);
      }
      return ((flags & Flag.Fin) !== 0 ? Endpoint.Closed : mine) | (peer << 3);
    case Endpoint.Partial:
    case Endpoint.Established:
      return fromEstablished(mine, peer, peerWasClosed, flags);
    case Endpoint.Closed:
      return ((flags & Flag.Rst) !== 0 && peer !== Endpoint.Closed ? Endpoint.Reset : mine) | (peer << 3);
    default:
      return mine | (peer << 3);
  }
}

function fromInactive(peer: Endpoint, isClient: boolean, flags: number, data: boolean): number {
  let mine: Endpoint = Endpoint.Inactive;
  if ((flags & Flag.Syn) !== 0) {
    if (isClient && peer !== Endpoint.Established) {
      mine = (flags & Flag.Ack) !== 0 ? Endpoint.SynAckSent : Endpoint.SynSent;
    } else {
      // The answer to a SYN; or the SYN itself, captured behind the SYN+ACK that answers it.
      if (peer === Endpoint.SynSent || peer === Endpoint.SynAckSent) {
        peer = Endpoint.Established;
      }
      mine = Endpoint.Established;
    }
  }
  if ((flags & Flag.Fin) !== 0) {
    mine = Endpoint.Closed;
  }
  if ((flags & Flag.Rst) !== 0) {
    mine = Endpoint.Reset;
  }
  // Some stacks acknowledge a SYN before they answer it: that alone makes no partial connection.
  if (mine === Endpoint.Inactive && (isClient || data || peer !== Endpoint.SynSent)) {
    mine = (flags & Flag.Ack) !== 0 && peer === Endpoint.Established ? Endpoint.Established : Endpoint.Partial;
  }
  return mine | (peer << 3);
}

function fromEstablished(mine: Endpoint, peer: Endpoint, peerWasClosed: boolean, flags: number): number {
  if ((flags & (Flag.Syn | Flag.Ack)) === Flag.Syn && mine === Endpoint.Partial && peer === Endpoint.Inactive) {
    mine = Endpoint.SynSent;
  }
  if ((flags & Flag.Fin) !== 0 && (flags & Flag.Rst) === 0) {
    mine = Endpoint.Closed;
    if (peer === Endpoint.Reset && peerWasClosed) {
      // The peer sent a FIN, then a RST: the FIN from here makes it a normal end.
      peer = Endpoint.Closed;
    }
  }
  if ((flags & Flag.Rst) !== 0) {
    mine = Endpoint.Reset;
  }
  return mine | (peer << 3);
}
