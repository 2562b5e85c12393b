import { Flag, Seg } from '../decode/segment.js';
import type { Connections } from './connections.js';
import { Both, Row, State, Table } from './layout.js';
import { Ending } from './verdict.js';

/** A SYN this far below the first sequence number seen can belong to the same connection, captured late. */
const LATE_SYN_REACH = 65536;
/** Seconds in which a SYN or SYN+ACK may come behind the packets that followed it. */
const LATE_SYN_TIME = 3;
/** How near a segment must lie to a new attempt's initial sequence number to speak for it. */
const ATTEMPT_REACH = 1 << 20;

function rowAt(row: number): number {
  return row * Row.Words + Table.Offset;
}

/**
 * Which connection a segment of a known tuple belongs to: the one that holds the tuple, a new attempt that waits beside
 * it, or one that begins here. A tuple whose connection has ended is free. One whose connection is open is not: the host
 * may answer a stray SYN with a challenge ACK (RFC 5961 4), so a new attempt waits until the peer's SYN+ACK takes it up.
 *
 */
export function createOpening(connections: Connections, segments: Int32Array) {
  const { clock, retire, beginBeside } = connections;
  const { rows } = connections.table;

  /**
   * @param segment where the segment lies in `segments`
   * @returns the row, or 0 when a new connection begins (the old one has been retired)
   */
  function resolve(row: number, segment: number): number {
    const at = rowAt(row);
    const rival = rows[at + Row.Rival] as number;
    const direction = segments[segment + Seg.Direction] as number;
    const flags = segments[segment + Seg.Flags] as number;
    const sequence = segments[segment + Seg.Sequence] as number;
    const acknowledgement = segments[segment + Seg.Acknowledgement] as number;
    if ((flags & Flag.Syn) !== 0 && (flags & Flag.Rst) === 0) {
      return (flags & Flag.Ack) === 0
        ? resolveSyn(row, direction, sequence, segment)
        : resolveSynAck(row, rival, direction, sequence, acknowledgement);
    }
    if (rival !== 0) {
      return resolveBeside(row, rival, direction, flags, sequence, acknowledgement);
    }
    return row;
  }

  function resolveSyn(row: number, direction: number, sequence: number, segment: number): number {
    const at = rowAt(row);
    const state = rows[at + Row.State] as number;
    const other = direction ^ 1;
    const synSeen = (state & (State.Syn << direction)) !== 0;
    if (synSeen && rows[at + Row.First + direction] === sequence) {
      return row; // retransmitted, perhaps after a refusal
    }
    const answered = (state & (State.SynAck << other)) !== 0;
    const known = (state & (State.Sequence << direction)) !== 0;
    const precedes = known && rows[at + Row.First + direction] === ((sequence + 1) | 0);
    if (!synSeen && answered && precedes && isSoon(at)) {
      return row; // captured behind all that followed it, perhaps behind the end
    }
    // Only a RST, or an end: the tuple is free, unless an attempt waits for it.
    if ((state & State.Closed) !== 0) {
      const waiting = rows[at + Row.Rival] as number;
      retire(row, Ending.Reused);
      return waiting === 0 ? 0 : resolveSyn(waiting, direction, sequence, segment);
    }
    if (!synSeen) {
      const answers = (state & (State.SynAck << direction)) !== 0;
      if ((state & (State.Syn << other)) !== 0 && !answers && (state & State.Handshake) === 0) {
        return row; // simultaneous open
      }
      const peerAcked = rows[at + Row.Acked + other] as number;
      if (answered && peerAcked === ((sequence + 1) | 0)) {
        return row; // its SYN+ACK was captured first
      }
      if ((state & Both.Syn) === 0 && isLate(at, direction, sequence)) {
        return row;
      }
    }
    return waitBeside(row, direction, sequence, segment);
  }

  /** The handshake packet belongs in front of what the direction was seen to send, and comes soon after it. */
  function isLate(at: number, direction: number, sequence: number): boolean {
    if (!isSoon(at)) {
      return false;
    }
    const state = rows[at + Row.State] as number;
    const other = direction ^ 1;
    let ahead: number;
    if ((state & (State.Sequence << direction)) !== 0) {
      ahead = ((rows[at + Row.First + direction] as number) - sequence) | 0;
    } else if ((state & (State.Ack << other)) !== 0) {
      ahead = ((rows[at + Row.Acked + other] as number) - sequence) | 0;
    } else {
      return false;
    }
    return ahead > 0 && ahead <= LATE_SYN_REACH;
  }

  function isSoon(at: number): boolean {
    return clock.now - (rows[at + Row.StartSeconds] as number) <= LATE_SYN_TIME;
  }

  /** The attempt beside the connection that this SYN belongs to; a further one takes the place of the last. */
  function waitBeside(row: number, direction: number, sequence: number, segment: number): number {
    const at = rowAt(row);
    const waiting = rows[at + Row.Rival] as number;
    if (waiting !== 0) {
      const waitingAt = rowAt(waiting);
      const sameSide = ((rows[waitingAt + Row.State] as number) & (State.Syn << direction)) !== 0;
      if (sameSide && rows[waitingAt + Row.First + direction] === sequence) {
        return waiting;
      }
      retire(waiting, Ending.Reused);
    }
    const added = beginBeside(row, segments, segment);
    const addedState = rowAt(added) + Row.State;
    rows[addedState] = (rows[addedState] as number) | State.Candidate;
    rows[rowAt(added) + Row.Rival] = row;
    rows[at + Row.Rival] = added;
    rows[at + Row.State] = (rows[at + Row.State] as number) & ~Both.Plain;
    return added;
  }

  function resolveSynAck(
    row: number,
    rival: number,
    direction: number,
    sequence: number,
    acknowledgement: number
  ): number {
    const at = rowAt(row);
    const state = rows[at + Row.State] as number;
    const other = direction ^ 1;
    if (rival !== 0 && answers(rowAt(rival), other, acknowledgement)) {
      retire(row, Ending.Reused);
      return rival;
    }
    const repeated = (state & (State.SynAck << direction)) !== 0 && rows[at + Row.First + direction] === sequence;
    const ownSyn = (state & (State.Syn << other)) !== 0;
    if (repeated || (ownSyn && answers(at, other, acknowledgement))) {
      return row;
    }
    if ((state & State.Closed) === 0) {
      // An answer that does not fit the SYN is still an answer to it: forged, or of a confused host.
      if (ownSyn || (state & ((State.Syn | State.SynAck) << direction)) !== 0) {
        return row;
      }
      const begun = (state & (State.Sequence << direction)) !== 0 || (state & (State.Ack << other)) !== 0;
      if (!begun || isLate(at, direction, sequence)) {
        return row;
      }
    }
    // The answer to a SYN that was not captured.
    retire(row, Ending.Reused);
    return rival === 0 ? 0 : resolveSynAck(rival, 0, direction, sequence, acknowledgement);
  }

  /** The acknowledgement is for the SYN of the direction, with or without its data (RFC 7413 permits both). */
  function answers(at: number, direction: number, acknowledgement: number): boolean {
    if (((rows[at + Row.State] as number) & (State.Syn << direction)) === 0) {
      return false;
    }
    const isn = rows[at + Row.First + direction] as number;
    const beyond = (acknowledgement - isn) | 0;
    const sent = ((rows[at + Row.Next + direction] as number) - isn) | 0;
    return beyond >= 1 && beyond <= Math.max(sent, 1);
  }

  /** A packet of a tuple on which an attempt waits beside a connection. */
  function resolveBeside(
    row: number,
    rival: number,
    direction: number,
    flags: number,
    sequence: number,
    acknowledgement: number
  ): number {
    const rivalAt = rowAt(rival);
    const other = direction ^ 1;
    if ((flags & (Flag.Rst | Flag.Ack)) === (Flag.Rst | Flag.Ack) && answers(rivalAt, other, acknowledgement)) {
      return rival; // the attempt is refused
    }
    if (((rows[rivalAt + Row.State] as number) & (State.Syn << direction)) !== 0) {
      const fromAttempt = (sequence - (rows[rivalAt + Row.First + direction] as number)) | 0;
      const openAt = rowAt(row);
      const fromOpen = (sequence - (rows[openAt + Row.Next + direction] as number)) | 0;
      const known = ((rows[openAt + Row.State] as number) & (State.Sequence << direction)) !== 0;
      const beyondOpen = !known || Math.abs(fromOpen) > ATTEMPT_REACH;
      if (fromAttempt >= 1 && fromAttempt <= ATTEMPT_REACH && beyondOpen) {
        if ((flags & Flag.Rst) !== 0) {
          return rival; // the client gives the attempt up
        }
        // The new connection is under way, its SYN+ACK was not captured.
        retire(row, Ending.Reused);
        return rival;
      }
    }
    return row;
  }

  return resolve;
}
