import { Flag, Seg } from '../decode/segment.js';
import { createClosing } from './closing.js';
import type { Connections } from './connections.js';
import { Event, Verdict } from './events.js';
import { createFactNotes } from './fact-notes.js';
import { noteIpId } from './fact-values.js';
import { createHandshake } from './handshake.js';
import { createOrderlySegments } from './orderly.js';
import { Acks, Both, Cold, Ends, Facts, Half, Nanos, Now, Row, State, Table, Traits } from './layout.js';
import { settlePlain } from './plain.js';
import { answersAnother, Place } from './sequence.js';
import { createSignals } from './signals.js';
import { clientDirection, resetVerdicts } from './verdict.js';
import { createZeekNotes, hasLetters, hasState } from './zeek.js';

/** Literals, which the bundler writes into the code: SYN, FIN and RST; these with PSH, ACK and URG. */
const CONTROL = 0x07;
const ANY_FLAG = 0x3f;
/** A packet after a gap this long makes a RST that follows it a sign of expired state on the path, seconds. */
const LONG_IDLE = 30;

/**
 * The segments that open, close or reset a connection, that are the first of their kind, or that are odd in any way. Each
 * step below sees to one matter and is complete in itself; their order matters where a comment says so.
 * @param straight whether segments that are in order take the straight way (orderly.ts), with the same outcome
 */
export function createSpecialSegments(connections: Connections, segments: Int32Array, straight = true) {
  const { table, clock, windows, sequences, roles, present, acks, arm, book, spill } = connections;
  const { rows, announced, coldOf, coldAt } = table;
  const cold = table.cold.words;
  const zeek = createZeekNotes(table);
  const facts = createFactNotes(table, segments);
  const signals = createSignals(connections);
  const { zeroWindow, sameWindow } = signals;
  const closing = createClosing(table, book);
  const { onFin, onAcknowledged, onReset, onSegmentAfterReset } = closing;
  /** Bits of the state that change how long the connection is kept. */
  const TIMED = State.Closed | State.Suspect | State.Refused | State.Handshake | State.Midstream | Both.Fin;
  /** Event time of the segment at hand. */
  const now = new Int32Array(2);
  const handshake = createHandshake(connections, segments, now);
  const { onSyn, onSynAck, complete, timeHandshake } = handshake;
  const orderly = createOrderlySegments(connections, segments, now, { zeek, facts, closing, handshake, signals, hear });

  /**
   * @param segment where the segment lies in `segments`
   * @param event its event second
   */
  function packet(row: number, segment: number, event: number): void {
    if (straight && orderly(row, segment, event)) {
      return;
    }
    const at = row * Row.Words + Table.Offset;
    const direction = segments[segment + Seg.Direction] as number;
    const flags = segments[segment + Seg.Flags] as number;
    const payload = segments[segment + Seg.Payload] as number;
    const sequence = segments[segment + Seg.Sequence] as number;
    const nanos = segments[segment + Seg.Nanos] as number;
    const acknowledgement = segments[segment + Seg.Acknowledgement] as number;
    const reset = (flags & Flag.Rst) !== 0;
    now[Now.Event] = event;
    now[Now.Nanos] = nanos;
    if (rows[at + Row.Window] !== present[0]) {
      windows.begin(row, present[0] as number);
    }
    if (((rows[at + Row.State] as number) & State.Begun) === 0) {
      begin(at, direction, segment);
    }
    const before = rows[at + Row.State] as number;
    rows[at + Row.Packets + direction] = (rows[at + Row.Packets + direction] as number) + 1;
    if (payload > 0) {
      const bytes = ((rows[at + Row.Bytes + direction] as number) + payload) | 0;
      rows[at + Row.Bytes + direction] = bytes;
      if (bytes < 0) {
        spillBytes(row, at, direction, payload);
      }
    }
    if ((flags & ANY_FLAG) === 0 || ((flags & Flag.Syn) !== 0 && (flags & (Flag.Fin | Flag.Rst)) !== 0)) {
      malformed(at);
    }
    if (!hasLetters(rows[at + Row.Zeek] as number, direction)) {
      const ttl = (segments[segment + Seg.Ttl] as number) << (Traits.Ttl + direction * Traits.TtlBits);
      rows[at + Row.Traits] = (rows[at + Row.Traits] as number) | ttl;
    }

    facts.note(at, direction, segment, event);
    zeek.segment(at, direction, Number(direction === clientDirection(before)), flags, sequence, payload);
    const window = segments[segment + Seg.Window] as number;
    if (window === 0 && !reset) {
      zeek.zeroWindow(at, direction);
      if ((flags & CONTROL) === 0) {
        zeroWindow(at, direction);
      }
    }
    const length = payload + ((flags & Flag.Syn) >> 1) + (flags & Flag.Fin);
    const foreign = answersAnother(rows, at, direction, flags, acknowledgement);
    if (foreign) {
      rows[at + Row.Acked + direction] = acknowledgement;
      rows[at + Row.Facts] = (rows[at + Row.Facts] as number) | Facts.AckOfAnother;
      if (length > 0 && sequences.stray(at, direction, sequence) === Place.Retransmission) {
        countRetransmission(at, direction);
      }
    } else if (!reset) {
      sequenceSpace(at, direction, flags, sequence, length, payload);
    }
    if ((flags & Flag.Syn) !== 0) {
      if ((flags & Flag.Ack) === 0) {
        onSyn(at, direction, segment);
      } else {
        onSynAck(at, direction, segment);
      }
    } else if (!reset && ((flags & Flag.Ack) !== 0 || payload > 0)) {
      withoutSyn(at, direction, payload);
    }
    const advances =
      !foreign && (flags & (Flag.Ack | Flag.Rst)) === Flag.Ack && acknowledge(at, direction, flags, acknowledgement);
    if (!reset && !foreign) {
      const own = ((at + Row.Announced) << 1) + direction;
      if (!advances && length === 0 && window !== 0 && announced[own] === window && (flags & Flag.Ack) !== 0) {
        sameWindow(at, direction, sequence, acknowledgement);
      }
      announced[own] = window;
    }
    if (reset) {
      countEnd(at, Ends.Rst, direction, Event.Rst);
      if ((flags & Flag.Fin) !== 0) {
        countFin(at, direction, sequence + length);
      }
      onReset(at, direction, flags, sequence, acknowledgement);
    } else {
      if ((before & Both.Rst) !== 0) {
        afterReset(at, direction, sequence + payload, payload, advances);
      }
      if ((flags & Flag.Fin) !== 0) {
        countFin(at, direction, sequence + length);
      }
      onAcknowledged(at, direction);
    }
    const speaker = payload > 0 && !reset ? direction << 31 : (rows[at + Row.LastNanos] as number) & Nanos.LastData;
    rows[at + Row.LastSeconds] = event;
    rows[at + Row.LastNanos] = nanos | speaker;
    const after = settlePlain(rows, at);
    if (((before ^ after) & TIMED) !== 0 || rows[at + Row.Timer] === 0) {
      arm(row);
    }
  }

  /**
   * Data or an acknowledgement on a connection that stands, like those that `follow` handles itself, but the first of its
   * kind from its side, or the first in a window. Does the steps of `packet` that such a segment calls for.
   * @param plain its bit of `State.Plain`, which is set from now on
   * @returns false when it is not so plain after all: nothing was done
   */
  function standing(row: number, segment: number, event: number, plain: number): boolean {
    const at = (row * Row.Words + Table.Offset) | 0;
    const direction = segments[segment + Seg.Direction] as number;
    const payload = segments[segment + Seg.Payload] as number;
    const sequence = segments[segment + Seg.Sequence] as number;
    const acknowledgement = segments[segment + Seg.Acknowledgement] as number;
    const state = rows[at + Row.State] as number;
    const known = (State.Ack | State.Sequence) << direction;
    if (
      (state & known) !== known ||
      !hasState(rows[at + Row.Zeek] as number, direction) ||
      // An empty segment one below the next sequence number probes whether the peer lives.
      (payload === 0 && ((sequence - (rows[at + Row.Next + direction] as number)) | 0) === -1)
    ) {
      return false;
    }
    if (rows[at + Row.Window] !== present[0]) {
      windows.begin(row, present[0] as number);
    }
    rows[at + Row.Packets + direction] = (rows[at + Row.Packets + direction] as number) + 1;
    zeek.plain(at, direction, payload);
    rows[at + Row.State] = state | plain | (payload > 0 ? State.Data << direction : 0);
    let lastData = (rows[at + Row.LastNanos] as number) & Nanos.LastData;
    if (payload > 0) {
      lastData = direction << 31;
      const bytes = ((rows[at + Row.Bytes + direction] as number) + payload) | 0;
      rows[at + Row.Bytes + direction] = bytes;
      if (bytes < 0) {
        spillBytes(row, at, direction, payload);
      }
      place(at, direction, sequence, payload, payload);
    }
    if ((state & State.Ipv6) === 0) {
      noteIpId(rows, at, direction, segments[segment + Seg.IpId] as number);
    }
    const window = segments[segment + Seg.Window] as number;
    const own = ((at + Row.Announced) << 1) + direction;
    if (((acknowledgement - (rows[at + Row.Acked + direction] as number)) | 0) > 0) {
      rows[at + Row.Acked + direction] = acknowledgement;
      hear(state, at, direction, acknowledgement);
    } else if (payload === 0 && announced[own] === window) {
      sameWindow(at, direction, sequence, acknowledgement);
    }
    announced[own] = window;
    rows[at + Row.LastSeconds] = event;
    rows[at + Row.LastNanos] = (segments[segment + Seg.Nanos] as number) | lastData;
    return true;
  }

  /** Books a segment of data in the sequence space; counts it when it is a retransmission. */
  function place(at: number, direction: number, sequence: number, length: number, payload: number): Place {
    // Zeek's `t` stands for data that do not reach beyond what the side had sent, whether that was seen or not.
    const advances = ((sequence + length - (rows[at + Row.Next + direction] as number)) | 0) > 0;
    const place = sequences.add(at, direction, sequence, length, payload);
    if (place === Place.Retransmission) {
      countRetransmission(at, direction);
      facts.retry(at, direction, clock.now);
    }
    if (place >= Place.OutOfOrder && payload > 0 && !advances) {
      zeek.retransmission(at, direction);
    }
    return place;
  }

  function countRetransmission(at: number, direction: number): void {
    const shift = direction * Half.Bits;
    let word = rows[at + Row.Retrans] as number;
    if (((word >>> shift) & Half.Most) === Half.Most) {
      spill(at, Event.Retrans + direction, Half.Most);
      word &= ~(Half.Most << shift);
    }
    rows[at + Row.Retrans] = word + (1 << shift);
  }

  /** More than 2 GB of one direction in a window: what is there is put on record, and counting begins anew. */
  function spillBytes(row: number, at: number, direction: number, payload: number): void {
    rows[at + Row.Bytes + direction] = ((rows[at + Row.Bytes + direction] as number) - payload) | 0;
    const window = rows[at + Row.Window] as number;
    windows.begin(row, window);
    rows[at + Row.Bytes + direction] = payload;
  }

  /** Fills in what a connection's first packet tells. */
  function begin(at: number, direction: number, segment: number): void {
    rows[at + Row.StartSeconds] = now[Now.Event] as number;
    rows[at + Row.StartNanos] = now[Now.Nanos] as number;
    rows[at + Row.LastSeconds] = now[Now.Event] as number;
    rows[at + Row.LastNanos] = now[Now.Nanos] as number;
    rows[at + Row.State] = (rows[at + Row.State] as number) | State.Begun;
    const flags = segments[segment + Seg.Flags] as number;
    let noted =
      (((segments[segment + Seg.Interface] as number) & 0xff) << Facts.Interface) |
      (direction !== 0 ? Facts.FirstSender : 0);
    if (segments[segment + Seg.VlanCount] !== 0) {
      vlans(at, segment);
      noted |= Facts.Tagged;
    }
    let client: number;
    if ((flags & Flag.Syn) !== 0) {
      client = (flags & Flag.Ack) === 0 ? direction : direction ^ 1;
      rows[at + Row.State] = (rows[at + Row.State] as number) | State.RoleCertain;
    } else {
      // A RST+ACK of sequence number 0 is a closed port's answer to a SYN (RFC 9293 3.10.7.1): it comes from the server.
      const closedPort =
        (flags & (Flag.Rst | Flag.Ack)) === (Flag.Rst | Flag.Ack) && segments[segment + Seg.Sequence] === 0;
      client = closedPort ? direction ^ 1 : roles.guessClient(at, direction);
      noted |= Facts.GuessBooked;
      rows[at + Row.Verdicts] = (rows[at + Row.Verdicts] as number) | Verdict.RoleGuess;
    }
    rows[at + Row.Facts] = noted;
    if (client !== 0) {
      rows[at + Row.State] = (rows[at + Row.State] as number) | State.ClientHigh;
    }
  }

  function vlans(at: number, segment: number): void {
    const first = coldAt(at) + Cold.Vlans;
    const count = segments[segment + Seg.VlanCount] as number;
    const tag = (i: number) => (i < count ? (segments[segment + Seg.Vlan + i] as number) : 0);
    cold[first] = tag(0) | (tag(1) << 12) | ((count > 255 ? 255 : count) << 24);
    cold[first + 1] = tag(2) | (tag(3) << 12);
  }

  function malformed(at: number): void {
    const place = coldAt(at) + Cold.Malformed;
    cold[place] = (cold[place] as number) + 1;
    book(at, Event.Malformed, 1);
  }

  /** Books what the segment occupies, and whether it probes an idle connection. */
  function sequenceSpace(
    at: number,
    direction: number,
    flags: number,
    sequence: number,
    length: number,
    payload: number
  ): void {
    const state = rows[at + Row.State] as number;
    let probe = false;
    if (length > 0) {
      probe = place(at, direction, sequence, length, payload) === Place.KeepAlive;
    } else if ((state & (State.Sequence << direction)) === 0) {
      // Nothing was seen of this side's data yet: it stands where this segment says.
      rows[at + Row.State] = state | (State.Sequence << direction);
      rows[at + Row.First + direction] = sequence;
      rows[at + Row.Next + direction] = sequence;
    } else if ((flags & CONTROL) === 0) {
      // An empty segment one below the next sequence number is Linux's keep-alive probe.
      probe = ((sequence - (rows[at + Row.Next + direction] as number)) | 0) === -1;
    }
    const idle = (now[Now.Event] as number) - (rows[at + Row.LastSeconds] as number) >= LONG_IDLE;
    const noted = rows[at + Row.Facts] as number;
    if (probe || (idle && payload > 0)) {
      rows[at + Row.Facts] = (noted & ~Facts.IdleSender) | Facts.AfterIdle | (direction !== 0 ? Facts.IdleSender : 0);
    } else if ((noted & Facts.AfterIdle) !== 0 && direction !== ((noted & Facts.IdleSender) !== 0 ? 1 : 0)) {
      rows[at + Row.Facts] = noted & ~Facts.AfterIdle;
    }
  }

  /** A segment with data or an acknowledgement: mid-stream when no SYN announced it. */
  function withoutSyn(at: number, direction: number, payload: number): void {
    let state = rows[at + Row.State] as number;
    if (payload > 0) {
      state |= State.Data << direction;
    }
    if ((state & (State.Midstream | Both.Syn)) === 0) {
      state |= State.Midstream;
      // With RSTs captured in front of it: now there is a connection that they reset.
      rows[at + Row.Verdicts] = (rows[at + Row.Verdicts] as number) | Verdict.Midstream | resetVerdicts(state);
    }
    rows[at + Row.State] = state;
  }

  /** Returns whether something was acknowledged for the first time. */
  function acknowledge(at: number, direction: number, flags: number, acknowledgement: number): boolean {
    const state = rows[at + Row.State] as number;
    const known = (state & (State.Ack << direction)) !== 0;
    const advances = !known || ((acknowledgement - (rows[at + Row.Acked + direction] as number)) | 0) > 0;
    if (advances) {
      rows[at + Row.Acked + direction] = acknowledgement;
      rows[at + Row.State] = state | (State.Ack << direction);
      hear(state, at, direction, acknowledgement);
    }
    if ((state & State.Handshake) === 0) {
      complete(at, true);
    }
    if ((state & State.Timed) === 0 && (flags & Flag.Syn) === 0) {
      timeHandshake(at, direction);
    }
    return advances;
  }

  /** Something new is acknowledged: was it seen? Only where the start was, or what came before the capture is missed. */
  function hear(state: number, at: number, direction: number, acknowledgement: number): void {
    if ((state & (State.Handshake | State.Midstream)) === State.Handshake) {
      acks[Acks.Heard] = (acks[Acks.Heard] as number) + 1;
      if (((acknowledgement - (rows[at + Row.Next + (direction ^ 1)] as number)) | 0) > 0) {
        acks[Acks.Gap] = (acks[Acks.Gap] as number) + 1;
      }
    }
  }

  function countFin(at: number, direction: number, end: number): void {
    countEnd(at, Ends.Fin, direction, Event.Fin);
    onFin(at, direction, end | 0);
    onAcknowledged(at, direction ^ 1);
  }

  function afterReset(at: number, direction: number, end: number, payload: number, advances: boolean): void {
    const last = cold[coldOf(at) + Cold.LastReset + direction] as number;
    const own = ((rows[at + Row.State] as number) & (State.Rst << direction)) !== 0;
    onSegmentAfterReset(at, direction, advances || (payload > 0 && own && ((end - last) | 0) > 0));
  }

  /** Counts a FIN or RST of a direction in `Row.Ends`. */
  function countEnd(at: number, field: number, direction: number, event: number): void {
    const shift = field + direction * Ends.Bits;
    let word = rows[at + Row.Ends] as number;
    if (((word >>> shift) & Ends.Most) === Ends.Most) {
      spill(at, event + direction, Ends.Most);
      word &= ~(Ends.Most << shift);
    }
    rows[at + Row.Ends] = word + (1 << shift);
  }

  return { packet, standing, place, spillBytes, sameWindow };
}
