import { Seg } from '../decode/segment.js';
import type { Connections } from './connections.js';
import { Event, Verdict } from './events.js';
import { Fact } from './facts.js';
import { Both, Facts, Nanos, Now, Opening, Row, State, Traits } from './layout.js';
import { roundTripWord } from './round-trip.js';
import { clientDirection, resetVerdicts } from './verdict.js';

/** Longest handshake time that is booked, microseconds: what a signed 32-bit word holds (35 minutes). */
const LONGEST = 0x7fffffff;
export type Handshake = ReturnType<typeof createHandshake>;

/**
 * How connections open: SYN and SYN+ACK in any order, who the client is, when both sides stand, and how long that took.
 * @param now event time of the segment at hand, as `Now` says
 */
export function createHandshake({ table, spill }: Connections, segments: Int32Array, now: Int32Array) {
  const { rows, floats, factsOf } = table;
  const factWords = table.facts.words;

  function onSyn(at: number, direction: number, segment: number): void {
    const state = rows[at + Row.State] as number;
    countOpening(at, Opening.Syn, Event.Syn);
    if ((state & State.Timed) === 0) {
      const time = sinceStart(at);
      if ((state & Both.Syn) === 0) {
        floats[at + Row.HandshakeTime] = time;
      }
      if ((state & (State.Syn << (direction ^ 1))) === 0) {
        rows[at + Row.LastSyn] = Math.min(LONGEST, time);
      }
    }
    if ((state & (State.Syn << direction)) !== 0) {
      if ((state & State.Refused) !== 0) {
        // The refused attempt goes on: it waits for an answer again.
        rows[at + Row.State] = state & ~State.Closed;
      }
      return;
    }
    rows[at + Row.Opening] = (rows[at + Row.Opening] as number) + (1 << Opening.Attempt);
    noteWindowScale(at, direction, segments[segment + Seg.WindowScale] as number);
    rows[at + Row.State] = (state | (State.Syn << direction)) & ~State.Midstream;
    if ((state & Both.Syn) === 0) {
      learnClient(at, direction);
    }
    if ((state & State.Midstream) !== 0) {
      // Captured behind packets that it precedes: the start was seen after all.
      takeBack(at, Verdict.Midstream);
    } else {
      // RSTs captured in front of the first SYN: now there is an attempt that they reset.
      rows[at + Row.Verdicts] =
        (rows[at + Row.Verdicts] as number) | (resetVerdicts(rows[at + Row.State] as number) & ~resetVerdicts(state));
    }
    // Captured behind all that it announces: what ended since then has ended.
    complete(at, false);
  }

  function onSynAck(at: number, direction: number, segment: number): void {
    const state = rows[at + Row.State] as number;
    countOpening(at, Opening.SynAck, Event.SynAck);
    noteWindowScale(at, direction, segments[segment + Seg.WindowScale] as number);
    rows[at + Row.State] = state | (State.SynAck << direction);
    if ((state & State.Refused) !== 0) {
      // A SYN+ACK after a refusal: the RST was not the server's, or not its last word.
      rows[at + Row.State] = (state & ~(State.Refused | State.Closed)) | (State.SynAck << direction);
      rows[at + Row.Facts] = (rows[at + Row.Facts] as number) | Facts.ResetVoid;
    }
    if ((state & Both.Syn) === 0) {
      learnClient(at, direction ^ 1);
    }
  }

  /** The client is certain now; takes back what was booked for the guess. */
  function learnClient(at: number, client: number): void {
    const state = rows[at + Row.State] as number;
    if ((state & State.RoleCertain) !== 0) {
      return;
    }
    rows[at + Row.State] = (client !== 0 ? state | State.ClientHigh : state & ~State.ClientHigh) | State.RoleCertain;
    const facts = rows[at + Row.Facts] as number;
    if ((facts & Facts.GuessBooked) !== 0) {
      rows[at + Row.Facts] = facts & ~Facts.GuessBooked;
      takeBack(at, Verdict.RoleGuess);
    }
  }

  /** Undoes what was booked in this window. A window that the connection has left is not rewritten (semantics b1). */
  function takeBack(at: number, verdict: number): void {
    rows[at + Row.Verdicts] = (rows[at + Row.Verdicts] as number) & ~verdict;
  }

  /**
   * Both sides sent a SYN and each acknowledged the other's, in whatever order they were captured.
   * @param revives the segment at hand shows that the connection stands now
   */
  function complete(at: number, revives: boolean): void {
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
      if (((rows[at + Row.Facts] as number) & Facts.ResetOfAnother) !== 0) {
        forgetReset(at);
      } else if (revives && (state & State.Closed) !== 0 && (state & Both.Fin) === 0) {
        // It was reset before it stood, and stands now: the RST was forged, or for an attempt before this one.
        rows[at + Row.State] = (state & ~(State.Closed | State.Refused | State.Suspect)) | State.Handshake;
        rows[at + Row.Facts] = (rows[at + Row.Facts] as number) | Facts.ResetVoid;
      }
      rows[at + Row.Opening] = (rows[at + Row.Opening] as number) + (1 << Opening.Handshake);
    }
  }

  /** The RST before the handshake was for another connection: it is counted, and tells nothing of this one. */
  function forgetReset(at: number): void {
    const state = rows[at + Row.State] as number;
    const client = clientDirection(state);
    rows[at + Row.State] = state & ~(State.Rst << client);
    const told = Facts.ResetOfAnother | Facts.CloserKnown | Facts.Closer | Facts.Aborter | (7 << Facts.Stage);
    rows[at + Row.Facts] = (rows[at + Row.Facts] as number) & ~told;
    factWords[factsOf(at) + Fact.ResetHead + client] = 0;
  }

  /** Times the handshake at the client's first acknowledgement of the server's SYN. */
  function timeHandshake(at: number, direction: number): void {
    const state = rows[at + Row.State] as number;
    if ((state & State.Handshake) === 0 || direction !== clientDirection(state)) {
      return;
    }
    const first = floats[at + Row.HandshakeTime] as number;
    const time = Math.min(LONGEST, Math.max(0, sinceStart(at) - first));
    floats[at + Row.HandshakeTime] = time;
    const wait = ((now[Now.Event] as number) - (rows[at + Row.LastSeconds] as number)) * 1e6;
    const answer = wait + ((now[Now.Nanos] as number) - ((rows[at + Row.LastNanos] as number) & Nanos.Most)) / 1e3;
    const share = answer / Math.max(time, 1e-3);
    rows[at + Row.Facts] =
      (rows[at + Row.Facts] as number) | (Math.round(Math.min(1, Math.max(0, share)) * 15) << Facts.Share);
    const packets =
      (rows[at + Row.Packets] as number) +
      (rows[at + Row.Packets + 1] as number) +
      (rows[at + Row.TotalPackets] as number) +
      (rows[at + Row.TotalPackets + 1] as number);
    // Three packets with a SYN from each side: this is the third, and it began with a SYN when that has no offset.
    const longest = Math.round(time);
    rows[at + Row.LastSyn] =
      packets === 3 && first === 0
        ? roundTripWord(Math.max(0, Math.min(longest, Math.round(answer))))
        : Math.max(0, Math.min(longest, Math.round((rows[at + Row.LastSyn] as number) - first)));
    rows[at + Row.State] = state | State.Timed;
    rows[at + Row.Verdicts] = (rows[at + Row.Verdicts] as number) | Verdict.Timed;
  }

  /** Counts a SYN or SYN+ACK in `Row.Opening`. */
  function countOpening(at: number, shift: number, event: number): void {
    let word = rows[at + Row.Opening] as number;
    if (((word >>> shift) & Opening.Most) === Opening.Most) {
      spill(at, event, Opening.Most);
      word &= ~(Opening.Most << shift);
    }
    rows[at + Row.Opening] = word + (1 << shift);
  }

  /** Microseconds since the connection's first packet. */
  function sinceStart(at: number): number {
    return (
      ((now[Now.Event] as number) - (rows[at + Row.StartSeconds] as number)) * 1e6 +
      ((now[Now.Nanos] as number) - (rows[at + Row.StartNanos] as number)) / 1e3
    );
  }

  function noteWindowScale(at: number, direction: number, scale: number): void {
    const shift = Traits.WindowScale + direction * Traits.ScaleBits;
    rows[at + Row.Traits] = ((rows[at + Row.Traits] as number) & ~(15 << shift)) | ((scale + 1) << shift);
  }

  return { onSyn, onSynAck, complete, timeHandshake };
}
