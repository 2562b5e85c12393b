import { Flag, Seg } from '../decode/segment.js';
import type { Closing } from './closing.js';
import type { Connections } from './connections.js';
import type { FactNotes } from './fact-notes.js';
import { noteIpId } from './fact-values.js';
import { tinyWindow } from './facts.js';
import type { Handshake } from './handshake.js';
import { Both, Ends, Facts, Half, Nanos, Now, Opening, Row, State, Table, Traits } from './layout.js';
import type { Signals } from './signals.js';
import { clientDirection } from './verdict.js';
import { hasState, opened, type ZeekNotes } from './zeek.js';

/** Flags that decide which step of a connection's life a segment is. */
const MEANT = Flag.Fin | Flag.Syn | Flag.Rst | Flag.Ack;

/** The steps of the long way that these segments share with all others. */
export interface Steps {
  readonly zeek: ZeekNotes;
  readonly facts: FactNotes;
  readonly closing: Closing;
  readonly handshake: Handshake;
  readonly signals: Signals;
  /** Something new is acknowledged. */
  hear(state: number, at: number, direction: number, acknowledgement: number): void;
}

/**
 * The straight way for segments that open and close a connection as they should: SYN, SYN+ACK, the acknowledgement that
 * completes the handshake, each side's FIN without data, acknowledgements after a FIN. Nearly every connection has each of
 * these, and they are most of what leaves the short way.
 *
 * Trade-off: this repeats what `SpecialSegments` says more generally, each function below being what is left of it where the
 * state of the row leaves no choice, so that most words are read and written once. Each asks first whether that is so, and
 * changes nothing when it is not. A test leads the same traffic both ways and compares the rows.
 * @param now event time of the segment at hand, as `Now` says; written here
 */
export function createOrderlySegments(connections: Connections, segments: Int32Array, now: Int32Array, steps: Steps) {
  const { table, windows, present, arm } = connections;
  const { rows, announced } = table;
  const { begin: beginWindow } = windows;
  const { segment: noteLetter, plain: notePlainLetter } = steps.zeek;
  const { noteFin } = steps.facts;
  const { onFin, onAcknowledged } = steps.closing;
  const { timeHandshake } = steps.handshake;
  const { sameWindow } = steps.signals;
  const { hear } = steps;
  // Captured, and so constants to the compiler, which what a module declares is not.
  const meant = MEANT;
  const smallWindow = tinyWindow;
  /** `Row.Zeek` of connections that opened, by what opened them last (SYN, SYN+ACK, ACK) and direction of the client. */
  const syn = opened.syn;
  const synAck = opened.synAck;
  const ack = opened.ack;
  /** State of a row with nothing but a SYN of direction 0, or of direction 1; and with a SYN+ACK that answers it. */
  const AFTER_SYN0 = State.Used | State.Begun | State.RoleCertain | State.Syn | State.Sequence;
  const AFTER_SYN1 =
    State.Used | State.Begun | State.RoleCertain | ((State.Syn | State.Sequence) << 1) | State.ClientHigh;
  const AFTER_SYNACK0 = AFTER_SYN0 | ((State.SynAck | State.Sequence | State.Ack) << 1);
  const AFTER_SYNACK1 = AFTER_SYN1 | State.SynAck | State.Sequence | State.Ack;
  const STANDS = State.Handshake | State.Timed;
  const DISORDER = Both.Rst | State.Suspect | State.Refused | State.Midstream | State.Candidate;
  const FIN_TIMED = State.Closed | Both.Fin;

  /**
   * @param segment where the segment lies in `segments`
   * @param event its event second
   * @returns false when the segment is not what it should be: nothing was done
   */
  function orderly(row: number, segment: number, event: number): boolean {
    if (segments[segment + Seg.Payload] !== 0 || (segments[segment + Seg.Window] as number) >>> 0 <= smallWindow) {
      return false;
    }
    const at = (row * Row.Words + Table.Offset) | 0;
    switch ((segments[segment + Seg.Flags] as number) & meant) {
      case Flag.Syn:
        return opens(row, at, segment, event);
      case Flag.Syn | Flag.Ack:
        return answers(row, at, segment, event);
      case Flag.Ack:
        return ((rows[at + Row.State] as number) & State.Handshake) === 0
          ? completes(row, at, segment, event)
          : acknowledges(row, at, segment, event);
      case Flag.Fin | Flag.Ack:
        return closes(row, at, segment, event);
      default:
        return false;
    }
  }

  /** The first segment of a connection is a SYN. */
  function opens(row: number, at: number, segment: number, event: number): boolean {
    const state = rows[at + Row.State] as number;
    if ((state & State.Begun) !== 0 || segments[segment + Seg.VlanCount] !== 0) {
      return false;
    }
    beginWindow(row, present[0] as number);
    const direction = segments[segment + Seg.Direction] as number;
    const nanos = segments[segment + Seg.Nanos] as number;
    const sequence = segments[segment + Seg.Sequence] as number;
    rows[at + Row.State] = state | (direction === 0 ? AFTER_SYN0 : AFTER_SYN1);
    rows[at + Row.StartSeconds] = event;
    rows[at + Row.StartNanos] = nanos;
    rows[at + Row.LastSeconds] = event;
    rows[at + Row.LastNanos] = nanos;
    rows[at + Row.Next + direction] = (sequence + 1) | 0;
    rows[at + Row.First + direction] = sequence;
    rows[at + Row.Packets + direction] = 1;
    rows[at + Row.Opening] = (1 << Opening.Attempt) | (1 << Opening.Syn);
    rows[at + Row.HandshakeTime] = 0;
    rows[at + Row.Zeek] = syn[direction] as number;
    rows[at + Row.History] = opened.history[direction] as number;
    rows[at + Row.Facts] =
      (((segments[segment + Seg.Interface] as number) & 0xff) << Facts.Interface) |
      (direction !== 0 ? Facts.FirstSender : 0);
    rows[at + Row.Traits] = traits(direction, segment);
    if ((state & State.Ipv6) === 0) {
      rows[at + Row.Wide] = (segments[segment + Seg.IpId] as number) << (direction * Half.Bits);
    }
    announced[((at + Row.Announced) << 1) + direction] = segments[segment + Seg.Window] as number;
    arm(row);
    return true;
  }

  /** A SYN+ACK, where one side has sent a SYN, perhaps several times, and nothing else has come. */
  function answers(row: number, at: number, segment: number, event: number): boolean {
    const direction = segments[segment + Seg.Direction] as number;
    const client = direction ^ 1;
    const state = rows[at + Row.State] as number;
    if (
      (state & ~State.Ipv6) !== (client === 0 ? AFTER_SYN0 : AFTER_SYN1) ||
      rows[at + Row.Zeek] !== syn[client] ||
      ((rows[at + Row.Facts] as number) & Facts.AfterIdle) !== 0
    ) {
      return false;
    }
    enterWindow(row, at);
    const sequence = segments[segment + Seg.Sequence] as number;
    rows[at + Row.State] = state | ((State.SynAck | State.Sequence | State.Ack) << direction);
    rows[at + Row.Next + direction] = (sequence + 1) | 0;
    rows[at + Row.First + direction] = sequence;
    rows[at + Row.Acked + direction] = segments[segment + Seg.Acknowledgement] as number;
    rows[at + Row.Packets + direction] = (rows[at + Row.Packets + direction] as number) + 1;
    rows[at + Row.Opening] = (rows[at + Row.Opening] as number) + (1 << Opening.SynAck);
    rows[at + Row.Zeek] = synAck[client] as number;
    rows[at + Row.History] = opened.history[2 + client] as number;
    rows[at + Row.Traits] = (rows[at + Row.Traits] as number) | traits(direction, segment);
    finish(at, direction, segment, event, state);
    return true;
  }

  /** The client acknowledges the SYN+ACK that answers its SYN. */
  function completes(row: number, at: number, segment: number, event: number): boolean {
    const direction = segments[segment + Seg.Direction] as number;
    const server = direction ^ 1;
    const state = rows[at + Row.State] as number;
    const acknowledgement = segments[segment + Seg.Acknowledgement] as number;
    if (
      (state & ~State.Ipv6) !== (direction === 0 ? AFTER_SYNACK0 : AFTER_SYNACK1) ||
      rows[at + Row.Zeek] !== synAck[direction] ||
      rows[at + Row.Rival] !== 0 ||
      ((rows[at + Row.Facts] as number) & Facts.AfterIdle) !== 0 ||
      ((acknowledgement - (rows[at + Row.First + server] as number) - 1) | 0) < 0 ||
      (((rows[at + Row.Acked + server] as number) - (rows[at + Row.First + direction] as number) - 1) | 0) < 0 ||
      isProbe(at, direction, segment)
    ) {
      return false;
    }
    enterWindow(row, at);
    now[Now.Event] = event;
    now[Now.Nanos] = segments[segment + Seg.Nanos] as number;
    // From now on its acknowledgements may take the short way: the history has their letter.
    rows[at + Row.State] =
      state | (State.Ack << direction) | State.Handshake | (direction === 0 ? State.Plain : State.Plain << 2);
    rows[at + Row.Acked + direction] = acknowledgement;
    rows[at + Row.Packets + direction] = (rows[at + Row.Packets + direction] as number) + 1;
    rows[at + Row.Opening] = (rows[at + Row.Opening] as number) + (1 << Opening.Handshake);
    rows[at + Row.Zeek] = ack[direction] as number;
    rows[at + Row.History] = opened.history[4 + direction] as number;
    timeHandshake(at, direction);
    finish(at, direction, segment, event, state);
    arm(row);
    return true;
  }

  /** The first FIN of a side, in order, on a connection that nobody has reset. */
  function closes(row: number, at: number, segment: number, event: number): boolean {
    const direction = segments[segment + Seg.Direction] as number;
    const other = direction ^ 1;
    const state = rows[at + Row.State] as number;
    const sequence = segments[segment + Seg.Sequence] as number;
    const known = STANDS | ((State.Ack | State.Sequence) << direction) | (State.Ack << other);
    if (
      (state & (known | DISORDER | State.Closed | (State.Fin << direction))) !== known ||
      sequence !== rows[at + Row.Next + direction] ||
      (((rows[at + Row.Acked + other] as number) - sequence) | 0) > 0 ||
      ((rows[at + Row.Facts] as number) & Facts.AfterIdle) !== 0 ||
      (((rows[at + Row.Ends] as number) >>> (Ends.Fin + direction * Ends.Bits)) & Ends.Most) === Ends.Most
    ) {
      return false;
    }
    enterWindow(row, at);
    noteFin(at, direction, segment, event);
    noteLetter(at, direction, direction === clientDirection(state) ? 1 : 0, Flag.Fin | Flag.Ack, sequence, 0);
    rows[at + Row.State] = state & ~Both.Plain;
    rows[at + Row.Next + direction] = (sequence + 1) | 0;
    rows[at + Row.Packets + direction] = (rows[at + Row.Packets + direction] as number) + 1;
    rows[at + Row.Ends] = (rows[at + Row.Ends] as number) + (1 << (Ends.Fin + direction * Ends.Bits));
    advance(state, at, direction, segments[segment + Seg.Acknowledgement] as number);
    onFin(at, direction, (sequence + 1) | 0);
    onAcknowledged(at, direction);
    finish(at, direction, segment, event, state);
    arm(row);
    return true;
  }

  /** An acknowledgement after a FIN, perhaps of it. */
  function acknowledges(row: number, at: number, segment: number, event: number): boolean {
    const direction = segments[segment + Seg.Direction] as number;
    const state = rows[at + Row.State] as number;
    const known = STANDS | ((State.Ack | State.Sequence) << direction);
    if (
      (state & (known | DISORDER)) !== known ||
      (state & Both.Fin) === 0 ||
      ((rows[at + Row.Facts] as number) & Facts.AfterIdle) !== 0 ||
      !hasState(rows[at + Row.Zeek] as number, direction) ||
      isProbe(at, direction, segment)
    ) {
      return false;
    }
    enterWindow(row, at);
    rows[at + Row.Packets + direction] = (rows[at + Row.Packets + direction] as number) + 1;
    notePlainLetter(at, direction, 0);
    const acknowledgement = segments[segment + Seg.Acknowledgement] as number;
    if (
      !advance(state, at, direction, acknowledgement) &&
      announced[((at + Row.Announced) << 1) + direction] === segments[segment + Seg.Window]
    ) {
      sameWindow(at, direction, segments[segment + Seg.Sequence] as number, acknowledgement);
    }
    onAcknowledged(at, direction);
    finish(at, direction, segment, event, state);
    if (((state ^ (rows[at + Row.State] as number)) & FIN_TIMED) !== 0) {
      arm(row);
    }
    return true;
  }

  function enterWindow(row: number, at: number): void {
    if (rows[at + Row.Window] !== present[0]) {
      beginWindow(row, present[0] as number);
    }
  }

  /** An empty segment one below the next sequence number probes whether the peer lives. */
  function isProbe(at: number, direction: number, segment: number): boolean {
    return (((segments[segment + Seg.Sequence] as number) - (rows[at + Row.Next + direction] as number)) | 0) === -1;
  }

  /** Returns whether something was acknowledged for the first time. */
  function advance(state: number, at: number, direction: number, acknowledgement: number): boolean {
    if (((acknowledgement - (rows[at + Row.Acked + direction] as number)) | 0) <= 0) {
      return false;
    }
    rows[at + Row.Acked + direction] = acknowledgement;
    hear(state, at, direction, acknowledgement);
    return true;
  }

  /** Time to live and window scale of a SYN. */
  function traits(direction: number, segment: number): number {
    return (
      ((segments[segment + Seg.Ttl] as number) << (Traits.Ttl + direction * Traits.TtlBits)) |
      (((segments[segment + Seg.WindowScale] as number) + 1) << (Traits.WindowScale + direction * Traits.ScaleBits))
    );
  }

  /** What the row learns of any segment without data, behind all that compares it with those before. */
  function finish(at: number, direction: number, segment: number, event: number, state: number): void {
    if ((state & State.Ipv6) === 0) {
      noteIpId(rows, at, direction, segments[segment + Seg.IpId] as number);
    }
    announced[((at + Row.Announced) << 1) + direction] = segments[segment + Seg.Window] as number;
    rows[at + Row.LastSeconds] = event;
    rows[at + Row.LastNanos] =
      (segments[segment + Seg.Nanos] as number) | ((rows[at + Row.LastNanos] as number) & Nanos.LastData);
  }

  return orderly;
}
