import { ACK, FIN, RST, Seg, SYN } from '../decode/segment.js';
import { Both, Cold, Facts, Half, Row, State, Traits, Zeek } from './layout.js';
import type { FlowTable } from './table.js';
import { clientDirection, type Ending } from './verdict.js';

/**
 * What a diagnosis needs to know of how a connection ended, beyond its row: the shape of each side's first RST, what was
 * in flight and how long it had been quiet when a side closed, what came afterwards, and attempts to be heard that nobody
 * answered.
 *
 * Trade-off: these are noted on the segments that leave the short path anyway (FIN, RST, what follows them, data after a
 * pause, retransmissions), in a row of a pool that only such connections have. A plain segment pays one bit: who sent
 * data last.
 *
 * The words of a fact row, as in the pool and in a connection batch. Words for each side lie side by side, in the pool by
 * direction, in a batch client first. Times are microseconds as 32-bit floats, all else whole numbers.
 */
export const enum Fact {
  /** The side's first RST: fields and bits of `ResetHead`. */
  ResetHead = 0,
  /** IPv4: its IP id, and << 16 the first id other than 0 that the side had sent; 0 when unknown. */
  ResetIds = 2,
  /** Its sequence number from the highest the side had sent, and from the highest the peer had acknowledged. */
  ResetAhead = 4,
  ResetUnacked = 6,
  /** What it acknowledges from the highest the peer had sent (with ACK only). */
  ResetAckAhead = 8,
  /** Bytes that the peer had sent and this side had not acknowledged. */
  ResetPeerUnacked = 10,
  /** Since the connection's last packet, and since its first one. */
  ResetGap = 12,
  ResetTime = 14,
  /** The side's first FIN: bits of `FinHead`. */
  FinHead = 16,
  /** Bytes before it that the peer had not acknowledged, and the peer's that it does not acknowledge. */
  FinUnacked = 18,
  FinPeerUnacked = 20,
  FinGap = 22,
  /** When it came: second and nanosecond, event time (in a batch: since the first packet, and 0). */
  FinSeconds = 24,
  FinNanos = 26,
  /** New data of this side that came after the peer's FIN: bytes, and how long after it. */
  LateBytes = 28,
  LateDelay = 30,
  /** Segments other than RSTs that the side sent after its own first RST, and which went on from where it stood. */
  AfterReset = 32,
  /** Retransmissions since the peer last acknowledged something new, what it had acknowledged, and since when (second). */
  Retries = 34,
  RetryAcked = 36,
  RetrySeconds = 38,
  /** Bytes of new data that the side sent after the peer's first RST. */
  AfterPeerReset = 40,
  /** RSTs of the side whose sequence number lay above that of the one before, and above all that the side had sent. */
  ResetRises = 42,
  /** Segments of the side that announced a window of `tinyWindow` or less. */
  TinyWindows = 44,
  /** The last pause that new data ended: its length, bits of `PauseHead`, and what both sides had sent with these data. */
  Pause = 46,
  PauseHead = 47,
  PauseNext = 48,
  PauseOther = 49,
  /** Words of the pool end here; what follows is filled in when the connection is written. */
  PoolWords = 50,
  /** Bits of `End`. */
  End = 50,
  /** Time to live of each side's first packet, 8 bits each, client first; 0 when it sent nothing. */
  Ttl = 51,
  /** Bytes sent and never acknowledged, for each side. */
  Unacked = 52,
  Words = 54,
}

/** Fields and bits of `Fact.ResetHead`. */
export const enum ResetHead {
  /** Announced window, 16 bits, unscaled; and time to live, 8 bits. */
  Window = 0,
  Ttl = 16,
  Present = 1 << 24,
  Ack = 1 << 25,
  ZeroSequence = 1 << 26,
  /** A FIN of this side, or of the peer, had come before. */
  AfterOwnFin = 1 << 27,
  AfterPeerFin = 1 << 28,
  /** The last data before it were this side's. */
  OwnDataLast = 1 << 29,
  /** Somebody had sent data. */
  AfterData = 1 << 30,
}

/** Bits of `Fact.FinHead`. */
export const enum FinHead {
  Present = 1,
  OwnDataLast = 2,
  AfterData = 4,
  AfterPeerFin = 8,
  /** The first data of this side after the peer's FIN acknowledged that FIN. */
  LateKnew = 16,
  /** The FIN carried data. */
  WithData = 32,
}

/** Bits of `Fact.PauseHead`. */
export const enum PauseHead {
  Present = 1,
  /** The server (in the pool: direction 1) spoke first after it. */
  Server = 2,
  /** In a batch: the peer neither acknowledged these data nor sent any of its own. */
  Fresh = 4,
}

/** Bits and fields of `Fact.End`. */
export const enum EndFact {
  ClientData = 1,
  ServerData = 2,
  ServerDataLast = 4,
  ClientFinAcked = 8,
  ServerFinAcked = 16,
  /** The RSTs seen did not end the connection. */
  ResetVoid = 32,
  /** Both FINs were acknowledged before the first RST. */
  FinsFirst = 64,
  HandshakeDone = 128,
  /** Why the record ends (`Ending`), 2 bits. */
  Ending = 8,
  /** Share of the handshake's time that lay between the SYN+ACK and the client's answer, in fifteenths; 4 bits. */
  Share = 12,
}

/**
 * A window field of this or less means that its sender has stopped reading: unscaled it is next to nothing, and scaled by
 * what hosts use today (7 to 14 bits) still less than a large segment or two.
 */
export const tinyWindow = 2;

/** A gap of at least this many seconds before new data is noted as a pause. */
export const pauseSeconds = 2;

const float = new Float32Array(1);
const floatBits = new Int32Array(float.buffer);

function bitsOf(value: number): number {
  float[0] = value;
  return floatBits[0] as number;
}

function microsSince(rows: Int32Array, seconds: number, nanos: number, event: number, now: number): number {
  return bitsOf(Math.max(0, (event - (rows[seconds] as number)) * 1e6 + (now - (rows[nanos] as number)) / 1e3));
}

/** Notes what a segment on the long way tells of the connection's end. Call before anything else learns of it. */
export function noteFacts(
  table: FlowTable,
  at: number,
  direction: number,
  segments: Int32Array,
  segment: number,
  event: number
): void {
  const { rows } = table;
  const flags = segments[segment + Seg.Flags] as number;
  const state = rows[at + Row.State] as number;
  const payload = segments[segment + Seg.Payload] as number;
  if ((flags & (FIN | RST)) !== 0) {
    if ((flags & RST) !== 0) {
      if ((state & (State.Rst << direction)) === 0) {
        noteReset(table, at, direction, segments, segment, event);
      } else {
        noteNextReset(table, at, direction, segments[segment + Seg.Sequence] as number);
      }
    } else if ((state & (State.Fin << direction)) === 0) {
      noteFin(table, at, direction, segments, segment, event);
    }
  } else if ((state & (State.Rst << direction)) !== 0) {
    noteAfterReset(table, at, direction, segments, segment);
  }
  if (payload > 0 && (flags & RST) === 0) {
    if ((state & (State.Rst << (direction ^ 1))) !== 0) {
      noteUnheard(table, at, direction, segments, segment);
    }
    if ((state & (State.Fin << (direction ^ 1))) !== 0) {
      noteLate(table, at, direction, segments, segment, event);
    } else if (
      event - (rows[at + Row.LastSeconds] as number) >= pauseSeconds &&
      (flags & (SYN | FIN)) === 0 &&
      (state & (State.Sequence << direction)) !== 0 &&
      rows[at + Row.Next + direction] === segments[segment + Seg.Sequence]
    ) {
      notePause(table, at, direction, segments, segment, event);
    }
    const zeek = (rows[at + Row.Zeek] as number) & ~Zeek.LastData;
    rows[at + Row.Zeek] = direction !== 0 ? zeek | Zeek.LastData : zeek;
  }
  if ((segments[segment + Seg.Window] as number) >>> 0 <= tinyWindow && (flags & (SYN | RST)) === 0) {
    const tiny = table.factsAt(at) + Fact.TinyWindows + direction;
    table.facts.words[tiny] = (table.facts.words[tiny] as number) + 1;
  }
  if ((state & State.Ipv6) === 0 && (flags & RST) === 0) {
    // The words for IPv6 addresses are free in IPv4 connections: the first IP id of each direction.
    const shift = direction * Half.Bits;
    if ((((rows[at + Row.Wide] as number) >>> shift) & Half.Most) === 0) {
      rows[at + Row.Wide] = (rows[at + Row.Wide] as number) | ((segments[segment + Seg.IpId] as number) << shift);
    }
  }
}

/** A retransmission: counts how often the side has tried in vain. */
export function noteRetry(table: FlowTable, at: number, direction: number, event: number): void {
  const { rows } = table;
  const facts = table.factsAt(at);
  const { words } = table.facts;
  const acked = rows[at + Row.Acked + (direction ^ 1)] as number;
  if (words[facts + Fact.Retries + direction] !== 0 && words[facts + Fact.RetryAcked + direction] === acked) {
    words[facts + Fact.Retries + direction] = (words[facts + Fact.Retries + direction] as number) + 1;
  } else {
    words[facts + Fact.Retries + direction] = 1;
    words[facts + Fact.RetryAcked + direction] = acked;
    words[facts + Fact.RetrySeconds + direction] = event;
  }
}

function noteReset(
  table: FlowTable,
  at: number,
  direction: number,
  segments: Int32Array,
  segment: number,
  event: number
): void {
  const { rows } = table;
  const facts = table.factsAt(at) + direction;
  const { words } = table.facts;
  const state = rows[at + Row.State] as number;
  const flags = segments[segment + Seg.Flags] as number;
  const sequence = segments[segment + Seg.Sequence] as number;
  const nanos = segments[segment + Seg.Nanos] as number;
  const other = direction ^ 1;
  const sent = (state & (State.Sequence << direction)) !== 0;
  const acked = (state & (State.Ack << other)) !== 0;
  const window = Math.max(0, segments[segment + Seg.Window] as number);
  words[facts + Fact.ResetHead] =
    ResetHead.Present |
    (window << ResetHead.Window) |
    ((segments[segment + Seg.Ttl] as number) << ResetHead.Ttl) |
    ((flags & ACK) !== 0 ? ResetHead.Ack : 0) |
    (sequence === 0 ? ResetHead.ZeroSequence : 0) |
    ((state & (State.Fin << direction)) !== 0 ? ResetHead.AfterOwnFin : 0) |
    ((state & (State.Fin << other)) !== 0 ? ResetHead.AfterPeerFin : 0) |
    ((state & Both.Data) !== 0 ? ResetHead.AfterData : 0) |
    ((state & Both.Data) !== 0 && lastData(rows, at) === direction ? ResetHead.OwnDataLast : 0);
  if ((state & State.Ipv6) === 0) {
    const first = ((rows[at + Row.Wide] as number) >>> (direction * Half.Bits)) & Half.Most;
    words[facts + Fact.ResetIds] = (segments[segment + Seg.IpId] as number) | (first << Half.Bits);
  }
  words[facts + Fact.ResetAhead] = sent ? (sequence - (rows[at + Row.Next + direction] as number)) | 0 : 0;
  words[facts + Fact.ResetUnacked] = acked ? (sequence - (rows[at + Row.Acked + other] as number)) | 0 : 0;
  words[facts + Fact.ResetAckAhead] =
    (flags & ACK) !== 0 && (state & (State.Sequence << other)) !== 0
      ? ((segments[segment + Seg.Acknowledgement] as number) - (rows[at + Row.Next + other] as number)) | 0
      : 0;
  words[facts + Fact.ResetPeerUnacked] = unacked(rows, at, other);
  words[facts + Fact.ResetGap] = microsSince(rows, at + Row.LastSeconds, at + Row.LastNanos, event, nanos);
  words[facts + Fact.ResetTime] = microsSince(rows, at + Row.StartSeconds, at + Row.StartNanos, event, nanos);
}

/** A further RST: those of a host without the connection have numbers that the peer acknowledged, never higher ones. */
function noteNextReset(table: FlowTable, at: number, direction: number, sequence: number): void {
  const last = table.cold.words[table.coldAt(at) + Cold.LastReset + direction] as number;
  const next = table.rows[at + Row.Next + direction] as number;
  if (((sequence - last) | 0) > 0 && ((sequence - next) | 0) > 0) {
    const rises = table.factsAt(at) + Fact.ResetRises + direction;
    table.facts.words[rises] = (table.facts.words[rises] as number) + 1;
  }
}

/** Data for a peer that has reset the connection. */
function noteUnheard(table: FlowTable, at: number, direction: number, segments: Int32Array, segment: number): void {
  const end = ((segments[segment + Seg.Sequence] as number) + (segments[segment + Seg.Payload] as number)) | 0;
  const fresh = (end - (table.rows[at + Row.Next + direction] as number)) | 0;
  if (fresh > 0) {
    const bytes = table.factsAt(at) + Fact.AfterPeerReset + direction;
    table.facts.words[bytes] = Math.min(0x7fffffff, (table.facts.words[bytes] as number) + fresh);
  }
}

function noteFin(
  table: FlowTable,
  at: number,
  direction: number,
  segments: Int32Array,
  segment: number,
  event: number
): void {
  const { rows } = table;
  const facts = table.factsAt(at) + direction;
  const { words } = table.facts;
  const state = rows[at + Row.State] as number;
  const nanos = segments[segment + Seg.Nanos] as number;
  const other = direction ^ 1;
  const payload = segments[segment + Seg.Payload] as number;
  const data = (state & Both.Data) !== 0;
  words[facts + Fact.FinHead] =
    (words[facts + Fact.FinHead] as number) |
    FinHead.Present |
    (payload > 0 ? FinHead.WithData : 0) |
    (data || payload > 0 ? FinHead.AfterData : 0) |
    (payload > 0 || (data && lastData(rows, at) === direction) ? FinHead.OwnDataLast : 0) |
    ((state & (State.Fin << other)) !== 0 ? FinHead.AfterPeerFin : 0);
  words[facts + Fact.FinUnacked] = unacked(rows, at, direction);
  const unheard = unacked(rows, at, other);
  words[facts + Fact.FinPeerUnacked] =
    unheard > 0 && ((segments[segment + Seg.Flags] as number) & ACK) !== 0
      ? Math.max(0, ((rows[at + Row.Next + other] as number) - (segments[segment + Seg.Acknowledgement] as number)) | 0)
      : unheard;
  words[facts + Fact.FinGap] = microsSince(rows, at + Row.LastSeconds, at + Row.LastNanos, event, nanos);
  words[facts + Fact.FinSeconds] = event;
  words[facts + Fact.FinNanos] = nanos;
}

/** Data after the peer's FIN. */
function noteLate(
  table: FlowTable,
  at: number,
  direction: number,
  segments: Int32Array,
  segment: number,
  event: number
): void {
  const { rows } = table;
  const facts = table.factsAt(at);
  const { words } = table.facts;
  const other = direction ^ 1;
  const end = ((segments[segment + Seg.Sequence] as number) + (segments[segment + Seg.Payload] as number)) | 0;
  const fresh = (end - (rows[at + Row.Next + direction] as number)) | 0;
  if (fresh <= 0) {
    return;
  }
  const late = words[facts + Fact.LateBytes + direction] as number;
  if (late === 0) {
    const nanos = segments[segment + Seg.Nanos] as number;
    words[facts + Fact.LateDelay + direction] = microsSince(
      words,
      facts + Fact.FinSeconds + other,
      facts + Fact.FinNanos + other,
      event,
      nanos
    );
    const finEnd = table.cold.words[(rows[at + Row.Cold] as number) * Cold.Words + Cold.FinEnd + other] as number;
    if ((((segments[segment + Seg.Acknowledgement] as number) - finEnd) | 0) >= 0) {
      words[facts + Fact.FinHead + direction] = (words[facts + Fact.FinHead + direction] as number) | FinHead.LateKnew;
    }
  }
  words[facts + Fact.LateBytes + direction] = Math.min(0x7fffffff, late + fresh);
}

/** The side goes on after its own RST: the RST was not its own, or it did not mean it. */
function noteAfterReset(table: FlowTable, at: number, direction: number, segments: Int32Array, segment: number): void {
  const { rows } = table;
  const other = direction ^ 1;
  const state = rows[at + Row.State] as number;
  const flags = segments[segment + Seg.Flags] as number;
  const end = ((segments[segment + Seg.Sequence] as number) + (segments[segment + Seg.Payload] as number)) | 0;
  const sends =
    (state & (State.Sequence << direction)) !== 0 && ((end - (rows[at + Row.Next + direction] as number)) | 0) > 0;
  const acks =
    (flags & ACK) !== 0 &&
    (state & (State.Ack << direction)) !== 0 &&
    (((segments[segment + Seg.Acknowledgement] as number) - (rows[at + Row.Acked + direction] as number)) | 0) > 0 &&
    (((segments[segment + Seg.Acknowledgement] as number) - (rows[at + Row.Next + other] as number)) | 0) <= 0;
  if (sends || acks) {
    const facts = table.factsAt(at) + Fact.AfterReset + direction;
    table.facts.words[facts] = (table.facts.words[facts] as number) + 1;
  }
}

function notePause(
  table: FlowTable,
  at: number,
  direction: number,
  segments: Int32Array,
  segment: number,
  event: number
): void {
  const { rows } = table;
  const facts = table.factsAt(at);
  const { words } = table.facts;
  const nanos = segments[segment + Seg.Nanos] as number;
  const end = ((segments[segment + Seg.Sequence] as number) + (segments[segment + Seg.Payload] as number)) | 0;
  words[facts + Fact.Pause] = microsSince(rows, at + Row.LastSeconds, at + Row.LastNanos, event, nanos);
  words[facts + Fact.PauseHead] = PauseHead.Present | (direction !== 0 ? PauseHead.Server : 0);
  words[facts + Fact.PauseNext] = end;
  words[facts + Fact.PauseOther] = rows[at + Row.Next + (direction ^ 1)] as number;
}

function lastData(rows: Int32Array, at: number): number {
  return ((rows[at + Row.Zeek] as number) & Zeek.LastData) !== 0 ? 1 : 0;
}

/** Bytes that a direction has sent and the other has not acknowledged; 0 when either is not known. */
function unacked(rows: Int32Array, at: number, direction: number): number {
  const state = rows[at + Row.State] as number;
  if ((state & (State.Sequence << direction)) === 0 || (state & (State.Ack << (direction ^ 1))) === 0) {
    return 0;
  }
  return Math.max(
    0,
    ((rows[at + Row.Next + direction] as number) - (rows[at + Row.Acked + (direction ^ 1)] as number)) | 0
  );
}

/**
 * Writes the facts of a connection into a batch, client first.
 * @param out first word of the row there
 */
export function writeFacts(table: FlowTable, at: number, ending: Ending, into: Int32Array, out: number): void {
  const { rows } = table;
  const state = rows[at + Row.State] as number;
  const client = clientDirection(state);
  const server = client ^ 1;
  const facts = table.factsOf(at);
  if (facts !== 0) {
    const { words } = table.facts;
    for (let pair = 0; pair < Fact.Pause; pair += 2) {
      into[out + pair] = words[facts + pair + client] as number;
      into[out + pair + 1] = words[facts + pair + server] as number;
    }
    for (let side = 0; side < 2; side++) {
      const retries = out + Fact.Retries + side;
      const direction = side ^ client;
      // Tries that were answered in the end were not in vain.
      if (words[facts + Fact.RetryAcked + direction] !== rows[at + Row.Acked + (direction ^ 1)]) {
        into[retries] = 0;
      }
      into[out + Fact.RetrySeconds + side] =
        into[retries] === 0
          ? 0
          : (rows[at + Row.LastSeconds] as number) - (words[facts + Fact.RetrySeconds + direction] as number);
      into[out + Fact.FinSeconds + side] = microsBetween(rows, at, words, facts + direction);
    }
    const head = words[facts + Fact.PauseHead] as number;
    if (head !== 0) {
      const speaker = (head & PauseHead.Server) !== 0 ? 1 : 0;
      const fresh =
        (((rows[at + Row.Acked + (speaker ^ 1)] as number) - (words[facts + Fact.PauseNext] as number)) | 0) < 0 &&
        rows[at + Row.Next + (speaker ^ 1)] === words[facts + Fact.PauseOther];
      into[out + Fact.Pause] = words[facts + Fact.Pause] as number;
      into[out + Fact.PauseHead] =
        PauseHead.Present | (speaker === server ? PauseHead.Server : 0) | (fresh ? PauseHead.Fresh : 0);
    }
  }
  const noted = rows[at + Row.Facts] as number;
  const bit = (flag: number, place: number, direction: number) => ((state & (flag << direction)) !== 0 ? place : 0);
  into[out + Fact.End] =
    bit(State.Data, EndFact.ClientData, client) |
    bit(State.Data, EndFact.ServerData, server) |
    (lastData(rows, at) === server ? EndFact.ServerDataLast : 0) |
    bit(State.FinAcked, EndFact.ClientFinAcked, client) |
    bit(State.FinAcked, EndFact.ServerFinAcked, server) |
    ((noted & Facts.ResetVoid) !== 0 ? EndFact.ResetVoid : 0) |
    ((noted & Facts.FinsFirst) !== 0 ? EndFact.FinsFirst : 0) |
    bit(State.Handshake, EndFact.HandshakeDone, 0) |
    (ending << EndFact.Ending) |
    (((noted >>> Facts.Share) & 15) << EndFact.Share);
  const traits = rows[at + Row.Traits] as number;
  const ttl = (direction: number) => (traits >>> (Traits.Ttl + direction * Traits.TtlBits)) & 0xff;
  into[out + Fact.Ttl] = ttl(client) | (ttl(server) << 8);
  into[out + Fact.Unacked] = unacked(rows, at, client);
  into[out + Fact.Unacked + 1] = unacked(rows, at, server);
}

/** Time of a FIN since the connection's first packet. */
function microsBetween(rows: Int32Array, at: number, words: Int32Array, facts: number): number {
  const seconds = words[facts + Fact.FinSeconds] as number;
  const nanos = words[facts + Fact.FinNanos] as number;
  return seconds === 0
    ? 0
    : bitsOf(
        Math.max(
          0,
          (seconds - (rows[at + Row.StartSeconds] as number)) * 1e6 +
            (nanos - (rows[at + Row.StartNanos] as number)) / 1e3
        )
      );
}
