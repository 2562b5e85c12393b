import { ACK, FIN, RST, Seg, SYN, URG } from '../decode/segment.js';
import { onAcknowledged, onFin, onReset, onSegmentAfterReset } from './closing.js';
import type { Connections } from './connections.js';
import { Event, Verdict } from './events.js';
import { noteFacts, noteRetry } from './facts.js';
import { Both, Cold, Ends, Facts, Half, Opening, Row, State, Table, Traits } from './layout.js';
import { Place } from './sequence.js';
import { clientDirection } from './verdict.js';
import { hasAckLetter, hasDataLetter, hasLetters, noteRetransmission, noteSegment, noteZeroWindow } from './zeek.js';

/** Longest handshake time that is booked, microseconds: what a signed 32-bit word holds (35 minutes). */
const LONGEST = 0x7fffffff;
const CONTROL = SYN | FIN | RST;
const ANY_FLAG = 0x1f | URG;
/** Bits of the state that change how long the connection is kept. */
const TIMED = State.Closed | State.Suspect | State.Refused | State.Handshake | State.Midstream | Both.Fin;

/**
 * The segments that open, close or reset a connection, that are the first of their kind, or that are odd in any way. Each
 * step below sees to one matter and is complete in itself; their order matters where a comment says so.
 */
export class SpecialSegments {
  /** A packet after a gap this long makes a RST that follows it a sign of expired state on the path, seconds. */
  static readonly longIdle = 30;

  private event = 0;
  private nanos = 0;

  constructor(
    private readonly connections: Connections,
    private readonly segments: Int32Array
  ) {}

  /**
   * @param segment where the segment lies in `segments`
   * @param event its event second
   */
  packet(row: number, segment: number, event: number): void {
    const { connections, segments } = this;
    const { table } = connections;
    const { rows } = table;
    const at = row * Row.Words + Table.Offset;
    const direction = segments[segment + Seg.Direction] as number;
    const flags = segments[segment + Seg.Flags] as number;
    const payload = segments[segment + Seg.Payload] as number;
    const sequence = segments[segment + Seg.Sequence] as number;
    const nanos = segments[segment + Seg.Nanos] as number;
    const acknowledgement = segments[segment + Seg.Acknowledgement] as number;
    const reset = (flags & RST) !== 0;
    this.event = event;
    this.nanos = nanos;
    if (rows[at + Row.Window] !== connections.window) {
      connections.windows.begin(row, connections.window);
    }
    if (((rows[at + Row.State] as number) & State.Begun) === 0) {
      this.first(at, direction, segment);
    }
    const before = rows[at + Row.State] as number;
    rows[at + Row.Packets + direction] = (rows[at + Row.Packets + direction] as number) + 1;
    if (payload > 0) {
      const bytes = ((rows[at + Row.Bytes + direction] as number) + payload) | 0;
      rows[at + Row.Bytes + direction] = bytes;
      if (bytes < 0) {
        this.spillBytes(row, at, direction, payload);
      }
    }
    if ((flags & ANY_FLAG) === 0 || ((flags & SYN) !== 0 && (flags & (FIN | RST)) !== 0)) {
      this.malformed(at);
    }
    if (!hasLetters(rows[at + Row.Zeek] as number, direction)) {
      const ttl = (segments[segment + Seg.Ttl] as number) << (Traits.Ttl + direction * Traits.TtlBits);
      rows[at + Row.Traits] = (rows[at + Row.Traits] as number) | ttl;
    }

    noteFacts(table, at, direction, segments, segment, event);
    noteSegment(table, at, direction, direction === clientDirection(before), flags, sequence, payload);
    if (segments[segment + Seg.Window] === 0 && !reset) {
      noteZeroWindow(table, at, direction);
    }
    const length = payload + ((flags & SYN) >> 1) + (flags & FIN);
    if (!reset) {
      this.sequence(at, direction, flags, sequence, length, payload);
    }
    if ((flags & SYN) !== 0) {
      if ((flags & ACK) === 0) {
        this.syn(at, direction, segment);
      } else {
        this.synAck(at, direction, segment);
      }
    } else if (!reset && ((flags & ACK) !== 0 || payload > 0)) {
      this.withoutSyn(at, direction, payload);
    }
    const advances = (flags & (ACK | RST)) === ACK && this.acknowledge(at, direction, flags, acknowledgement);
    if (reset) {
      this.countEnd(at, Ends.Rst, direction, Event.Rst);
      if ((flags & FIN) !== 0) {
        this.fin(at, direction, sequence + length);
      }
      onReset(connections, at, direction, flags, sequence, acknowledgement);
    } else {
      if ((before & Both.Rst) !== 0) {
        this.afterReset(at, direction, sequence + payload, payload, advances);
      }
      if ((flags & FIN) !== 0) {
        this.fin(at, direction, sequence + length);
      }
      onAcknowledged(connections, at, direction);
    }
    rows[at + Row.LastSeconds] = event;
    rows[at + Row.LastNanos] = nanos;
    const after = settlePlain(rows, at);
    if (((before ^ after) & TIMED) !== 0 || rows[at + Row.Timer] === 0) {
      connections.arm(row);
    }
  }

  /** Books a segment of data in the sequence space; counts it when it is a retransmission. */
  place(at: number, direction: number, sequence: number, length: number, payload: number): Place {
    const { connections } = this;
    const place = connections.sequences.add(at, direction, sequence, length, payload);
    if (place === Place.Retransmission) {
      const { rows } = connections.table;
      const shift = direction * Half.Bits;
      let word = rows[at + Row.Retrans] as number;
      if (((word >>> shift) & Half.Most) === Half.Most) {
        connections.spill(at, Event.Retrans + direction, Half.Most);
        word &= ~(Half.Most << shift);
      }
      rows[at + Row.Retrans] = word + (1 << shift);
      noteRetry(connections.table, at, direction, connections.clock.now);
    }
    if (place >= Place.OutOfOrder && payload > 0) {
      noteRetransmission(connections.table, at, direction);
    }
    return place;
  }

  /** More than 2 GB of one direction in a window: what is there is put on record, and counting begins anew. */
  spillBytes(row: number, at: number, direction: number, payload: number): void {
    const { rows } = this.connections.table;
    rows[at + Row.Bytes + direction] = ((rows[at + Row.Bytes + direction] as number) - payload) | 0;
    const window = rows[at + Row.Window] as number;
    this.connections.windows.begin(row, window);
    rows[at + Row.Bytes + direction] = payload;
  }

  /** Fills in what a connection's first packet tells. */
  private first(at: number, direction: number, segment: number): void {
    const { connections, segments } = this;
    const { table } = connections;
    const { rows } = table;
    rows[at + Row.StartSeconds] = this.event;
    rows[at + Row.StartNanos] = this.nanos;
    rows[at + Row.LastSeconds] = this.event;
    if (segments[segment + Seg.VlanCount] !== 0) {
      this.vlans(at, segment);
    }
    rows[at + Row.State] = (rows[at + Row.State] as number) | State.Begun;
    const flags = segments[segment + Seg.Flags] as number;
    let facts =
      (((segments[segment + Seg.Interface] as number) & 0xff) << Facts.Interface) |
      (direction !== 0 ? Facts.FirstSender : 0);
    let client: number;
    if ((flags & SYN) !== 0) {
      client = (flags & ACK) === 0 ? direction : direction ^ 1;
      rows[at + Row.State] = (rows[at + Row.State] as number) | State.RoleCertain;
    } else {
      // A RST+ACK of sequence number 0 is a closed port's answer to a SYN (RFC 9293 3.10.7.1): it comes from the server.
      const closedPort = (flags & (RST | ACK)) === (RST | ACK) && segments[segment + Seg.Sequence] === 0;
      client = closedPort ? direction ^ 1 : connections.roles.guessClient(at, direction);
      facts |= Facts.GuessBooked;
      rows[at + Row.Verdicts] = (rows[at + Row.Verdicts] as number) | Verdict.RoleGuess;
    }
    rows[at + Row.Facts] = facts;
    if (client !== 0) {
      rows[at + Row.State] = (rows[at + Row.State] as number) | State.ClientHigh;
    }
  }

  private vlans(at: number, segment: number): void {
    const { table } = this.connections;
    const { segments } = this;
    const cold = table.coldAt(at) + Cold.Vlans;
    const count = segments[segment + Seg.VlanCount] as number;
    const tag = (i: number) => (i < count ? (segments[segment + Seg.Vlan + i] as number) : 0);
    table.cold.words[cold] = tag(0) | (tag(1) << 12) | ((count > 255 ? 255 : count) << 24);
    table.cold.words[cold + 1] = tag(2) | (tag(3) << 12);
  }

  private malformed(at: number): void {
    const { connections } = this;
    const { table } = connections;
    const cold = table.coldAt(at) + Cold.Malformed;
    table.cold.words[cold] = (table.cold.words[cold] as number) + 1;
    connections.book(at, Event.Malformed, 1);
  }

  /** Books what the segment occupies, and whether it probes an idle connection. */
  private sequence(
    at: number,
    direction: number,
    flags: number,
    sequence: number,
    length: number,
    payload: number
  ): void {
    const { rows } = this.connections.table;
    const state = rows[at + Row.State] as number;
    let probe = false;
    if (length > 0) {
      probe = this.place(at, direction, sequence, length, payload) === Place.KeepAlive;
    } else if ((state & (State.Sequence << direction)) === 0) {
      // Nothing was seen of this side's data yet: it stands where this segment says.
      rows[at + Row.State] = state | (State.Sequence << direction);
      rows[at + Row.First + direction] = sequence;
      rows[at + Row.Next + direction] = sequence;
    } else if ((flags & CONTROL) === 0) {
      // An empty segment one below the next sequence number is Linux's keep-alive probe.
      probe = ((sequence - (rows[at + Row.Next + direction] as number)) | 0) === -1;
    }
    const idle = this.event - (rows[at + Row.LastSeconds] as number) >= SpecialSegments.longIdle;
    const facts = rows[at + Row.Facts] as number;
    if (probe || (idle && payload > 0)) {
      rows[at + Row.Facts] = facts | Facts.AfterIdle;
    } else if ((facts & Facts.AfterIdle) !== 0) {
      rows[at + Row.Facts] = facts & ~Facts.AfterIdle;
    }
  }

  private syn(at: number, direction: number, segment: number): void {
    const { connections } = this;
    const { table } = connections;
    const { rows } = table;
    const state = rows[at + Row.State] as number;
    this.countOpening(at, Opening.Syn, Event.Syn);
    if ((state & State.Timed) === 0) {
      const sinceStart = this.sinceStart(at);
      if ((state & Both.Syn) === 0) {
        table.floats[at + Row.HandshakeTime] = sinceStart;
      }
      if ((state & (State.Syn << (direction ^ 1))) === 0) {
        rows[at + Row.LastSyn] = Math.min(LONGEST, sinceStart);
      }
    }
    if ((state & (State.Syn << direction)) !== 0) {
      return;
    }
    rows[at + Row.Opening] = (rows[at + Row.Opening] as number) + (1 << Opening.Attempt);
    this.noteWindowScale(at, direction, this.segments[segment + Seg.WindowScale] as number);
    rows[at + Row.State] = (state | (State.Syn << direction)) & ~State.Midstream;
    if ((state & Both.Syn) === 0) {
      this.learnClient(at, direction);
    }
    if ((state & State.Midstream) !== 0) {
      // Captured behind packets that it precedes: the start was seen after all.
      this.takeBack(at, Verdict.Midstream, Event.Midstream);
    }
  }

  private synAck(at: number, direction: number, segment: number): void {
    const { connections } = this;
    const { rows } = connections.table;
    const state = rows[at + Row.State] as number;
    this.countOpening(at, Opening.SynAck, Event.SynAck);
    this.noteWindowScale(at, direction, this.segments[segment + Seg.WindowScale] as number);
    rows[at + Row.State] = state | (State.SynAck << direction);
    if ((state & State.Refused) !== 0) {
      // A SYN+ACK after a refusal: the RST was not the server's, or not its last word.
      rows[at + Row.State] = (state & ~(State.Refused | State.Closed)) | (State.SynAck << direction);
      rows[at + Row.Facts] = (rows[at + Row.Facts] as number) | Facts.ResetVoid;
    }
    if ((state & Both.Syn) === 0) {
      this.learnClient(at, direction ^ 1);
    }
  }

  /** The client is certain now; takes back what was booked for the guess. */
  private learnClient(at: number, client: number): void {
    const { rows } = this.connections.table;
    const state = rows[at + Row.State] as number;
    if ((state & State.RoleCertain) !== 0) {
      return;
    }
    rows[at + Row.State] = (client !== 0 ? state | State.ClientHigh : state & ~State.ClientHigh) | State.RoleCertain;
    const facts = rows[at + Row.Facts] as number;
    if ((facts & Facts.GuessBooked) !== 0) {
      rows[at + Row.Facts] = facts & ~Facts.GuessBooked;
      this.takeBack(at, Verdict.RoleGuess, Event.RoleGuess);
    }
  }

  /** Undoes a verdict: in this window by its bit, in a window already left by counting one less. */
  private takeBack(at: number, verdict: number, event: number): void {
    const { connections } = this;
    const { rows } = connections.table;
    const verdicts = rows[at + Row.Verdicts] as number;
    if ((verdicts & verdict) !== 0) {
      rows[at + Row.Verdicts] = verdicts & ~verdict;
    } else {
      connections.book(at, event, -1);
    }
  }

  /** A segment with data or an acknowledgement: mid-stream when no SYN announced it. */
  private withoutSyn(at: number, direction: number, payload: number): void {
    const { rows } = this.connections.table;
    let state = rows[at + Row.State] as number;
    if (payload > 0) {
      state |= State.Data << direction;
    }
    if ((state & (State.Midstream | Both.Syn)) === 0) {
      state |= State.Midstream;
      rows[at + Row.Verdicts] = (rows[at + Row.Verdicts] as number) | Verdict.Midstream;
    }
    rows[at + Row.State] = state;
  }

  /** Returns whether something was acknowledged for the first time. */
  private acknowledge(at: number, direction: number, flags: number, acknowledgement: number): boolean {
    const { rows } = this.connections.table;
    const state = rows[at + Row.State] as number;
    const known = (state & (State.Ack << direction)) !== 0;
    const advances = !known || ((acknowledgement - (rows[at + Row.Acked + direction] as number)) | 0) > 0;
    if (advances) {
      rows[at + Row.Acked + direction] = acknowledgement;
      rows[at + Row.State] = state | (State.Ack << direction);
    }
    if ((state & State.Handshake) === 0) {
      handshake(rows, at);
    }
    if ((state & State.Timed) === 0 && (flags & SYN) === 0) {
      this.time(at, direction);
    }
    return advances;
  }

  /** Times the handshake at the client's first acknowledgement of the server's SYN. */
  private time(at: number, direction: number): void {
    const { rows, floats } = this.connections.table;
    const state = rows[at + Row.State] as number;
    if ((state & State.Handshake) === 0 || direction !== clientDirection(state)) {
      return;
    }
    const first = floats[at + Row.HandshakeTime] as number;
    const time = Math.min(LONGEST, Math.max(0, this.sinceStart(at) - first));
    floats[at + Row.HandshakeTime] = time;
    const wait = (this.event - (rows[at + Row.LastSeconds] as number)) * 1e6;
    const share = (wait + (this.nanos - (rows[at + Row.LastNanos] as number)) / 1e3) / Math.max(time, 1e-3);
    rows[at + Row.Facts] =
      (rows[at + Row.Facts] as number) | (Math.round(Math.min(1, Math.max(0, share)) * 15) << Facts.Share);
    // From now on this word is the time between the first SYN and the last.
    rows[at + Row.LastSyn] = Math.max(
      0,
      Math.min(Math.round(time), Math.round((rows[at + Row.LastSyn] as number) - first))
    );
    rows[at + Row.State] = state | State.Timed;
    rows[at + Row.Verdicts] = (rows[at + Row.Verdicts] as number) | Verdict.Timed;
  }

  private fin(at: number, direction: number, end: number): void {
    const { connections } = this;
    this.countEnd(at, Ends.Fin, direction, Event.Fin);
    onFin(connections, at, direction, end | 0);
    onAcknowledged(connections, at, direction ^ 1);
  }

  private afterReset(at: number, direction: number, end: number, payload: number, advances: boolean): void {
    const { rows, cold } = this.connections.table;
    const last = cold.words[(rows[at + Row.Cold] as number) * Cold.Words + Cold.LastReset + direction] as number;
    const own = ((rows[at + Row.State] as number) & (State.Rst << direction)) !== 0;
    onSegmentAfterReset(rows, at, direction, advances || (payload > 0 && own && ((end - last) | 0) > 0));
  }

  /** Counts a FIN or RST of a direction in `Row.Ends`. */
  private countEnd(at: number, field: number, direction: number, spill: number): void {
    const { connections } = this;
    const { rows } = connections.table;
    const shift = field + direction * Ends.Bits;
    let word = rows[at + Row.Ends] as number;
    if (((word >>> shift) & Ends.Most) === Ends.Most) {
      connections.spill(at, spill + direction, Ends.Most);
      word &= ~(Ends.Most << shift);
    }
    rows[at + Row.Ends] = word + (1 << shift);
  }

  /** Counts a SYN or SYN+ACK in `Row.Opening`. */
  private countOpening(at: number, shift: number, spill: number): void {
    const { connections } = this;
    const { rows } = connections.table;
    let word = rows[at + Row.Opening] as number;
    if (((word >>> shift) & Opening.Most) === Opening.Most) {
      connections.spill(at, spill, Opening.Most);
      word &= ~(Opening.Most << shift);
    }
    rows[at + Row.Opening] = word + (1 << shift);
  }

  /** Microseconds since the connection's first packet. */
  private sinceStart(at: number): number {
    const { rows } = this.connections.table;
    return (
      (this.event - (rows[at + Row.StartSeconds] as number)) * 1e6 +
      (this.nanos - (rows[at + Row.StartNanos] as number)) / 1e3
    );
  }

  private noteWindowScale(at: number, direction: number, scale: number): void {
    const { rows } = this.connections.table;
    const shift = Traits.WindowScale + direction * Traits.ScaleBits;
    rows[at + Row.Traits] = ((rows[at + Row.Traits] as number) & ~(15 << shift)) | ((scale + 1) << shift);
  }
}

/** Both sides sent a SYN and each acknowledged the other's, in whatever order they were captured. */
function handshake(rows: Int32Array, at: number): void {
  const state = rows[at + Row.State] as number;
  const syns = (state >>> 4) | (state >>> 6);
  if ((syns & 3) !== 3 || ((state >>> 18) & 3) !== 3 || (state & Both.Syn) === 0) {
    return;
  }
  if (
    (((rows[at + Row.Acked] as number) - (rows[at + Row.First + 1] as number) - 1) | 0) >= 0 &&
    (((rows[at + Row.Acked + 1] as number) - (rows[at + Row.First] as number) - 1) | 0) >= 0
  ) {
    rows[at + Row.State] = state | State.Handshake;
    if ((state & State.Closed) !== 0 && (state & Both.Fin) === 0) {
      // It was reset before it stood, and stands now: the RST was forged, or for an attempt before this one.
      rows[at + Row.State] = (state & ~(State.Closed | State.Refused | State.Suspect)) | State.Handshake;
      rows[at + Row.Facts] = (rows[at + Row.Facts] as number) | Facts.ResetVoid;
    }
    rows[at + Row.Opening] = (rows[at + Row.Opening] as number) + (1 << Opening.Handshake);
  }
}

/** Works out which plain segments of this connection may take the short way; returns the connection's state. */
function settlePlain(rows: Int32Array, at: number): number {
  const state = (rows[at + Row.State] as number) & ~Both.Plain;
  const stands = (state & State.Midstream) !== 0 || (state & (State.Handshake | State.Timed)) === TIMED_HANDSHAKE;
  const busy = (state & (Both.Fin | Both.Rst | State.Closed | State.Suspect | State.Candidate)) !== 0;
  let plain = 0;
  if (stands && !busy && rows[at + Row.Rival] === 0 && ((rows[at + Row.Facts] as number) & Facts.AfterIdle) === 0) {
    const zeek = rows[at + Row.Zeek] as number;
    for (let direction = 0; direction < 2; direction++) {
      if ((state & (State.Ack << direction)) !== 0) {
        plain |= (hasAckLetter(zeek, direction) ? 1 : 0) << (direction << 1);
        plain |= (hasDataLetter(zeek, direction) ? 2 : 0) << (direction << 1);
      }
    }
  }
  return (rows[at + Row.State] = state | (plain * State.Plain));
}

const TIMED_HANDSHAKE = State.Handshake | State.Timed;
