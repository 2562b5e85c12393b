import { Flag } from '../decode/segment.js';
import { Cold, Half, Row, State } from './layout.js';
import type { FlowTable } from './table.js';

/** What a segment is in the sequence space of its sender. */
export const enum Place {
  /** In order, or the first one. */
  Next = 0,
  /** Begins above everything sent before: something in between was not seen (yet). */
  Gap = 1,
  /** Fills a hole below the highest sequence number: captured out of order. */
  OutOfOrder = 2,
  /** Carries a sequence number that had been sent before. */
  Retransmission = 3,
  /** One byte that had been sent before: probes whether the peer still lives. */
  KeepAlive = 4,
}

/** Words of a hole: start, end, next hole (lower holes first). */
const HOLE = 3;
const HOLES = 65535;
/** Holes remembered for a direction. Beyond, the lowest counts as filled: a late segment may look retransmitted. */
const HOLES_PER_DIRECTION = 16;

/** Sequence numbers further apart than this are not compared: half of what can be told apart modulo 2^32. */
const FAR = 1 << 30;

/**
 * Which sequence numbers a side has sent, exactly: everything from the first to the highest but for a short list of
 * holes. A segment is a retransmission when any sequence number it occupies (SYN and FIN occupy one each) was occupied
 * before, whatever the time between; RSTs occupy nothing. All arithmetic is modulo 2^32 (RFC 9293 3.4).
 */
export function createSequenceSpace(table: FlowTable) {
  const { rows, doubles, coldOf, coldAt } = table;
  const words = table.cold.words;
  const pool = new Int32Array((HOLES + 1) * HOLE);
  let fresh = 1;
  let free = 0;
  const space = {
    /** Holes that could not be remembered; segments that fill them are counted as retransmissions. */
    forgotten: 0,
    add,
    stray,
    release,
  };

  /**
   * Books a segment.
   * @param at first word of the connection row
   * @param direction 0 or 1
   * @param sequence of the segment's first octet (of its SYN if it has one)
   * @param length sequence numbers it occupies, at least 1
   * @param payload bytes of data
   */
  function add(at: number, direction: number, sequence: number, length: number, payload: number): Place {
    const bit = State.Sequence << direction;
    const state = rows[at + Row.State] as number;
    const end = (sequence + length) | 0;
    if ((state & bit) === 0) {
      rows[at + Row.State] = state | bit;
      rows[at + Row.First + direction] = sequence;
      rows[at + Row.Next + direction] = end;
      return Place.Next;
    }
    const next = rows[at + Row.Next + direction] as number;
    const distance = (sequence - next) | 0;
    if (distance === 0) {
      rows[at + Row.Next + direction] = end;
      return Place.Next;
    }
    if (distance > 0) {
      addHole(at, direction, next, sequence, true);
      rows[at + Row.Next + direction] = end;
      return Place.Gap;
    }
    return below(at, direction, sequence, end, next, payload, length);
  }

  /** Gives back the holes of a connection that is forgotten. */
  function release(at: number): void {
    const word = coldOf(at) + Cold.Holes;
    const holes = words[word] as number;
    if (holes === 0) {
      return;
    }
    words[word] = 0;
    for (const first of [holes & Half.Most, holes >>> Half.Bits]) {
      for (let hole = first; hole !== 0;) {
        const after = pool[hole * HOLE + 2] as number;
        freeHole(hole);
        hole = after;
      }
    }
  }

  /** A segment that begins below the highest sequence number. */
  function below(
    at: number,
    direction: number,
    sequence: number,
    end: number,
    next: number,
    payload: number,
    length: number
  ): Place {
    const above = ((end - next) | 0) > 0;
    let occupied = above ? (next - sequence) | 0 : length;
    // What lies below the first sequence number seen was never seen either, unless a SYN told where the start is.
    const first = rows[at + Row.First + direction] as number;
    const before = hasGoneFar(at, direction) ? 0 : (first - sequence) | 0;
    if (before > FAR) {
      return stray(at, direction, sequence); // believing it would make everything else old or new
    }
    if (before > 0) {
      occupied -= Math.min(before, length);
      const synSeen = ((rows[at + Row.State] as number) & ((State.Syn | State.SynAck) << direction)) !== 0;
      if (synSeen && occupied === 0) {
        return stray(at, direction, sequence);
      }
      if (!synSeen) {
        if (((first - end) | 0) > 0) {
          addHole(at, direction, end, first, false);
        }
        rows[at + Row.First + direction] = sequence;
      }
    }
    if (firstHole(at, direction) !== 0) {
      occupied -= fill(at, direction, sequence, end);
    }
    if (above) {
      rows[at + Row.Next + direction] = end;
    }
    if (occupied <= 0) {
      return Place.OutOfOrder;
    }
    return payload === 1 && length === 1 && ((sequence - next) | 0) === -1 ? Place.KeepAlive : Place.Retransmission;
  }

  /** A segment where its side cannot have sent anything; of these only the last is remembered. */
  function stray(at: number, direction: number, sequence: number): Place {
    const word = coldAt(at) + Cold.Stray + direction;
    const mark = (sequence + 1) | 0 || 1;
    if (words[word] === mark) {
      return Place.Retransmission;
    }
    words[word] = mark;
    return Place.OutOfOrder;
  }

  /** The first sequence number lies so far behind that comparing with it (modulo 2^32) says nothing any more. */
  function hasGoneFar(at: number, direction: number): boolean {
    const span = ((rows[at + Row.Next + direction] as number) - (rows[at + Row.First + direction] as number)) | 0;
    const earlier = doubles[((at + Row.TotalBytes) >> 1) + direction] as number;
    return span < 0 || span > FAR || earlier + (rows[at + Row.Bytes + direction] as number) > FAR;
  }

  function firstHole(at: number, direction: number): number {
    const holes = words[coldOf(at) + Cold.Holes] as number;
    return (holes >>> (direction * Half.Bits)) & Half.Most;
  }

  function setFirstHole(at: number, direction: number, hole: number): void {
    const word = coldAt(at) + Cold.Holes;
    const shift = direction * Half.Bits;
    words[word] = ((words[word] as number) & ~(Half.Most << shift)) | (hole << shift);
  }

  /** Takes [start, end) out of the holes; returns how many sequence numbers of it were holes. */
  function fill(at: number, direction: number, start: number, end: number): number {
    let filled = 0;
    let before = 0;
    let hole = firstHole(at, direction);
    while (hole !== 0) {
      const place = hole * HOLE;
      const after = pool[place + 2] as number;
      const holeStart = pool[place] as number;
      const holeEnd = pool[place + 1] as number;
      const from = ((start - holeStart) | 0) > 0 ? start : holeStart;
      const to = ((end - holeEnd) | 0) < 0 ? end : holeEnd;
      const overlap = (to - from) | 0;
      if (overlap > 0) {
        filled += overlap;
        if (from === holeStart && to === holeEnd) {
          unlink(at, direction, before, after);
          freeHole(hole);
          hole = after;
          continue;
        }
        if (from === holeStart) {
          pool[place] = to;
        } else {
          pool[place + 1] = from;
          if (to !== holeEnd) {
            const rest = takeHole();
            if (rest === 0) {
              space.forgotten++;
            } else {
              pool[rest * HOLE] = to;
              pool[rest * HOLE + 1] = holeEnd;
              pool[rest * HOLE + 2] = after;
              pool[place + 2] = rest;
            }
          }
        }
      }
      before = hole;
      hole = pool[place + 2] as number;
    }
    return filled;
  }

  function unlink(at: number, direction: number, before: number, after: number): void {
    if (before === 0) {
      setFirstHole(at, direction, after);
    } else {
      pool[before * HOLE + 2] = after;
    }
  }

  /** Adds a hole above or below all others, forgetting the lowest when there are too many. */
  function addHole(at: number, direction: number, start: number, end: number, highest: boolean): void {
    const first = firstHole(at, direction);
    let count = 0;
    let last = 0;
    for (let hole = first; hole !== 0; hole = pool[hole * HOLE + 2] as number) {
      count++;
      last = hole;
    }
    if (count === HOLES_PER_DIRECTION) {
      space.forgotten++;
      if (!highest) {
        return;
      }
      setFirstHole(at, direction, pool[first * HOLE + 2] as number);
      freeHole(first);
    }
    const hole = takeHole();
    if (hole === 0) {
      space.forgotten++;
      return;
    }
    pool[hole * HOLE] = start;
    pool[hole * HOLE + 1] = end;
    if (highest && last !== 0) {
      pool[hole * HOLE + 2] = 0;
      pool[last * HOLE + 2] = hole;
    } else {
      pool[hole * HOLE + 2] = firstHole(at, direction);
      setFirstHole(at, direction, hole);
    }
  }

  function takeHole(): number {
    const hole = free;
    if (hole !== 0) {
      free = pool[hole * HOLE + 2] as number;
      return hole;
    }
    return fresh <= HOLES ? fresh++ : 0;
  }

  function freeHole(hole: number): void {
    pool[hole * HOLE + 2] = free;
    free = hole;
  }

  return space;
}

export type SequenceSpace = ReturnType<typeof createSequenceSpace>;

/** Bytes that may have been missed between a SYN and an acknowledgement; as many are hit by chance once in 256 times. */
const UNSEEN = 1 << 24;

/**
 * Whether a segment acknowledges, in answer to a SYN, what that SYN does not stand for: the host still has a connection of
 * these ports from before (RFC 9293 3.5.1, RFC 5961 4), whose numbers say nothing of this one.
 */
export function answersAnother(
  rows: Int32Array,
  at: number,
  direction: number,
  flags: number,
  acknowledgement: number
): boolean {
  const state = rows[at + Row.State] as number;
  const other = direction ^ 1;
  if (
    (flags & (Flag.Syn | Flag.Rst | Flag.Ack)) !== Flag.Ack ||
    (state & ((State.Syn | State.SynAck) << direction)) !== 0 ||
    (state & (State.Syn << other)) === 0
  ) {
    return false;
  }
  const ahead = (acknowledgement - (rows[at + Row.First + other] as number)) | 0;
  return ahead <= 0 || ahead > UNSEEN;
}
