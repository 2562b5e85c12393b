import { Flag, Seg } from '../decode/segment.js';
import { bitsOf, lastData, noteIpId, unacked } from './fact-values.js';
import { Fact, FinHead, PauseHead, pauseSeconds, ResetHead, tinyWindow } from './facts.js';
import { Both, Cold, Fins, Half, Nanos, Row, State } from './layout.js';
import type { FlowTable } from './table.js';

/** Notes on the segments of the long way what a diagnosis needs (facts.ts). */
export function createFactNotes(table: FlowTable, segments: Int32Array) {
  const { rows, fins, finsOf, finsAt, coldOf, factsAt } = table;
  const cold = table.cold.words;
  const { words } = table.facts;
  const shortestPause = pauseSeconds;
  const largestTiny = tinyWindow;

  /** Notes what a segment on the long way tells of the connection's end. Call before anything else learns of it. */
  function note(at: number, direction: number, segment: number, event: number): void {
    const flags = segments[segment + Seg.Flags] as number;
    const state = rows[at + Row.State] as number;
    const payload = segments[segment + Seg.Payload] as number;
    if ((flags & (Flag.Fin | Flag.Rst)) !== 0) {
      if ((flags & Flag.Rst) !== 0) {
        if ((state & (State.Rst << direction)) === 0) {
          noteReset(at, direction, segment, event);
        } else {
          noteNextReset(at, direction, segments[segment + Seg.Sequence] as number);
        }
      } else if ((state & (State.Fin << direction)) === 0) {
        noteFin(at, direction, segment, event);
      }
    } else if ((state & (State.Rst << direction)) !== 0) {
      noteAfterReset(at, direction, segment);
    }
    if (payload > 0 && (flags & Flag.Rst) === 0) {
      if ((state & (State.Rst << (direction ^ 1))) !== 0) {
        noteUnheard(at, direction, segment);
      }
      if ((state & (State.Fin << (direction ^ 1))) !== 0) {
        noteLate(at, direction, segment, event);
      } else if (
        event - (rows[at + Row.LastSeconds] as number) >= shortestPause &&
        (flags & (Flag.Syn | Flag.Fin)) === 0 &&
        (state & (State.Sequence << direction)) !== 0 &&
        rows[at + Row.Next + direction] === segments[segment + Seg.Sequence]
      ) {
        notePause(at, direction, segment, event);
      }
    }
    if ((segments[segment + Seg.Window] as number) >>> 0 <= largestTiny && (flags & (Flag.Syn | Flag.Rst)) === 0) {
      const tiny = factsAt(at) + Fact.TinyWindows + direction;
      words[tiny] = (words[tiny] as number) + 1;
    }
    if ((state & State.Ipv6) === 0 && (flags & Flag.Rst) === 0) {
      noteIpId(rows, at, direction, segments[segment + Seg.IpId] as number);
    }
  }

  /** A retransmission: counts how often the side has tried in vain. */
  function retry(at: number, direction: number, event: number): void {
    const facts = factsAt(at);
    const acked = rows[at + Row.Acked + (direction ^ 1)] as number;
    if (words[facts + Fact.Retries + direction] !== 0 && words[facts + Fact.RetryAcked + direction] === acked) {
      words[facts + Fact.Retries + direction] = (words[facts + Fact.Retries + direction] as number) + 1;
    } else {
      words[facts + Fact.Retries + direction] = 1;
      words[facts + Fact.RetryAcked + direction] = acked;
      words[facts + Fact.RetrySeconds + direction] = event;
    }
  }

  function noteReset(at: number, direction: number, segment: number, event: number): void {
    const facts = factsAt(at) + direction;
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
      ((flags & Flag.Ack) !== 0 ? ResetHead.Ack : 0) |
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
      (flags & Flag.Ack) !== 0 && (state & (State.Sequence << other)) !== 0
        ? ((segments[segment + Seg.Acknowledgement] as number) - (rows[at + Row.Next + other] as number)) | 0
        : 0;
    words[facts + Fact.ResetPeerUnacked] = unacked(rows, at, other);
    words[facts + Fact.ResetGap] = microsSince(at + Row.LastSeconds, at + Row.LastNanos, event, nanos);
    words[facts + Fact.ResetTime] = microsSince(at + Row.StartSeconds, at + Row.StartNanos, event, nanos);
  }

  /** A further RST: those of a host without the connection have numbers that the peer acknowledged, never higher ones. */
  function noteNextReset(at: number, direction: number, sequence: number): void {
    if (((rows[at + Row.State] as number) & (State.Sequence << direction)) === 0) {
      return;
    }
    const last = cold[coldOf(at) + Cold.LastReset + direction] as number;
    const next = rows[at + Row.Next + direction] as number;
    if (((sequence - last) | 0) > 0 && ((sequence - next) | 0) > 0) {
      const rises = factsAt(at) + Fact.ResetRises + direction;
      words[rises] = (words[rises] as number) + 1;
    }
  }

  /** Data for a peer that has reset the connection. */
  function noteUnheard(at: number, direction: number, segment: number): void {
    const fresh = freshBytes(at, direction, segment);
    if (fresh > 0) {
      const bytes = factsAt(at) + Fact.AfterPeerReset + direction;
      words[bytes] = Math.min(0x7fffffff, (words[bytes] as number) + fresh);
    }
  }

  function noteFin(at: number, direction: number, segment: number, event: number): void {
    const fin = finsAt(at) + direction;
    const state = rows[at + Row.State] as number;
    const nanos = segments[segment + Seg.Nanos] as number;
    const other = direction ^ 1;
    const payload = segments[segment + Seg.Payload] as number;
    const data = (state & Both.Data) !== 0;
    fins[fin + Fins.Head] =
      (fins[fin + Fins.Head] as number) |
      FinHead.Present |
      (payload > 0 ? FinHead.WithData : 0) |
      (data || payload > 0 ? FinHead.AfterData : 0) |
      (payload > 0 || (data && lastData(rows, at) === direction) ? FinHead.OwnDataLast : 0) |
      ((state & (State.Fin << other)) !== 0 ? FinHead.AfterPeerFin : 0);
    fins[fin + Fins.Unacked] = unacked(rows, at, direction);
    const unheard = unacked(rows, at, other);
    fins[fin + Fins.PeerUnacked] =
      unheard > 0 && ((segments[segment + Seg.Flags] as number) & Flag.Ack) !== 0
        ? Math.max(
            0,
            ((rows[at + Row.Next + other] as number) - (segments[segment + Seg.Acknowledgement] as number)) | 0
          )
        : unheard;
    fins[fin + Fins.Gap] = microsSince(at + Row.LastSeconds, at + Row.LastNanos, event, nanos);
    fins[fin + Fins.Seconds] = event;
    fins[fin + Fins.Nanos] = nanos;
  }

  /** Bytes of a segment beyond all that its side had sent; all of them when that is not known. */
  function freshBytes(at: number, direction: number, segment: number): number {
    const payload = segments[segment + Seg.Payload] as number;
    if (((rows[at + Row.State] as number) & (State.Sequence << direction)) === 0) {
      return payload;
    }
    const end = ((segments[segment + Seg.Sequence] as number) + payload) | 0;
    return (end - (rows[at + Row.Next + direction] as number)) | 0;
  }

  /** Data after the peer's FIN. */
  function noteLate(at: number, direction: number, segment: number, event: number): void {
    const facts = factsAt(at);
    const other = direction ^ 1;
    const fresh = freshBytes(at, direction, segment);
    if (fresh <= 0) {
      return;
    }
    const late = words[facts + Fact.LateBytes + direction] as number;
    if (late === 0) {
      const nanos = segments[segment + Seg.Nanos] as number;
      const fin = finsOf(at);
      words[facts + Fact.LateDelay + direction] = microsOf(
        fins,
        fin + Fins.Seconds + other,
        fin + Fins.Nanos + other,
        event,
        nanos
      );
      if ((((segments[segment + Seg.Acknowledgement] as number) - (fins[fin + Fins.End + other] as number)) | 0) >= 0) {
        fins[fin + Fins.Head + direction] = (fins[fin + Fins.Head + direction] as number) | FinHead.LateKnew;
      }
    }
    words[facts + Fact.LateBytes + direction] = Math.min(0x7fffffff, late + fresh);
  }

  /** The side goes on after its own RST: the RST was not its own, or it did not mean it. */
  function noteAfterReset(at: number, direction: number, segment: number): void {
    const other = direction ^ 1;
    const state = rows[at + Row.State] as number;
    const flags = segments[segment + Seg.Flags] as number;
    const end = ((segments[segment + Seg.Sequence] as number) + (segments[segment + Seg.Payload] as number)) | 0;
    const sends =
      (state & (State.Sequence << direction)) !== 0 && ((end - (rows[at + Row.Next + direction] as number)) | 0) > 0;
    const acks =
      (flags & Flag.Ack) !== 0 &&
      (state & (State.Ack << direction)) !== 0 &&
      (state & (State.Sequence << other)) !== 0 &&
      (((segments[segment + Seg.Acknowledgement] as number) - (rows[at + Row.Acked + direction] as number)) | 0) > 0 &&
      (((segments[segment + Seg.Acknowledgement] as number) - (rows[at + Row.Next + other] as number)) | 0) <= 0;
    if (sends || acks) {
      const facts = factsAt(at) + Fact.AfterReset + direction;
      words[facts] = (words[facts] as number) + 1;
    }
  }

  function notePause(at: number, direction: number, segment: number, event: number): void {
    const facts = factsAt(at);
    const nanos = segments[segment + Seg.Nanos] as number;
    const end = ((segments[segment + Seg.Sequence] as number) + (segments[segment + Seg.Payload] as number)) | 0;
    words[facts + Fact.Pause] = microsSince(at + Row.LastSeconds, at + Row.LastNanos, event, nanos);
    words[facts + Fact.PauseHead] = PauseHead.Present | (direction !== 0 ? PauseHead.Server : 0);
    words[facts + Fact.PauseNext] = end;
    words[facts + Fact.PauseOther] = rows[at + Row.Next + (direction ^ 1)] as number;
  }

  /** Microseconds since the time at `seconds` and `nanos` of `from`, as the bits of a float. */
  function microsOf(from: Int32Array, seconds: number, nanos: number, event: number, now: number): number {
    return bitsOf(
      Math.max(0, (event - (from[seconds] as number)) * 1e6 + (now - ((from[nanos] as number) & Nanos.Most)) / 1e3)
    );
  }

  function microsSince(seconds: number, nanos: number, event: number, now: number): number {
    return microsOf(rows, seconds, nanos, event, now);
  }

  return { note, retry, noteFin };
}

export type FactNotes = ReturnType<typeof createFactNotes>;
