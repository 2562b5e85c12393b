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

/**
 * Which sequence numbers a side has sent, exactly: everything from the first to the highest but for a short list of
 * holes. A segment is a retransmission when any sequence number it occupies (SYN and FIN occupy one each) was occupied
 * before, whatever the time between; RSTs occupy nothing. All arithmetic is modulo 2^32 (RFC 9293 3.4).
 */
export class SequenceSpace {
  /** Holes that could not be remembered; segments that fill them are counted as retransmissions. */
  forgotten = 0;
  private readonly pool = new Int32Array((HOLES + 1) * HOLE);
  private fresh = 1;
  private free = 0;

  constructor(private readonly table: FlowTable) {}

  /**
   * Books a segment.
   * @param at first word of the connection row
   * @param direction 0 or 1
   * @param sequence of the segment's first octet (of its SYN if it has one)
   * @param length sequence numbers it occupies, at least 1
   * @param payload bytes of data
   */
  add(at: number, direction: number, sequence: number, length: number, payload: number): Place {
    const { rows } = this.table;
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
      this.addHole(at, direction, next, sequence, true);
      rows[at + Row.Next + direction] = end;
      return Place.Gap;
    }
    return this.below(at, direction, sequence, end, next, payload, length);
  }

  /** Gives back the holes of a connection that is forgotten. */
  release(at: number): void {
    const cold = this.table.rows[at + Row.Cold] as number;
    if (cold === 0) {
      return;
    }
    const word = cold * Cold.Words + Cold.Holes;
    const holes = this.table.cold.words[word] as number;
    if (holes === 0) {
      return;
    }
    this.table.cold.words[word] = 0;
    for (const first of [holes & Half.Most, holes >>> Half.Bits]) {
      for (let hole = first; hole !== 0;) {
        const after = this.pool[hole * HOLE + 2] as number;
        this.freeHole(hole);
        hole = after;
      }
    }
  }

  /** A segment that begins below the highest sequence number. */
  private below(
    at: number,
    direction: number,
    sequence: number,
    end: number,
    next: number,
    payload: number,
    length: number
  ): Place {
    const { rows } = this.table;
    const above = ((end - next) | 0) > 0;
    let occupied = above ? (next - sequence) | 0 : length;
    // What lies below the first sequence number seen was never seen either, unless a SYN told where the start is.
    const first = rows[at + Row.First + direction] as number;
    const before = (first - sequence) | 0;
    if (before > 0) {
      occupied -= Math.min(before, length);
      const synSeen = ((rows[at + Row.State] as number) & ((State.Syn | State.SynAck) << direction)) !== 0;
      if (!synSeen) {
        if (((first - end) | 0) > 0) {
          this.addHole(at, direction, end, first, false);
        }
        rows[at + Row.First + direction] = sequence;
      }
    }
    if (this.firstHole(at, direction) !== 0) {
      occupied -= this.fill(at, direction, sequence, end);
    }
    if (above) {
      rows[at + Row.Next + direction] = end;
    }
    if (occupied <= 0) {
      return Place.OutOfOrder;
    }
    return payload === 1 && length === 1 && ((sequence - next) | 0) === -1 ? Place.KeepAlive : Place.Retransmission;
  }

  private firstHole(at: number, direction: number): number {
    const cold = this.table.rows[at + Row.Cold] as number;
    if (cold === 0) {
      return 0;
    }
    const holes = this.table.cold.words[cold * Cold.Words + Cold.Holes] as number;
    return (holes >>> (direction * Half.Bits)) & Half.Most;
  }

  private setFirstHole(at: number, direction: number, hole: number): void {
    const word = this.table.coldAt(at) + Cold.Holes;
    const { words } = this.table.cold;
    const shift = direction * Half.Bits;
    words[word] = ((words[word] as number) & ~(Half.Most << shift)) | (hole << shift);
  }

  /** Takes [start, end) out of the holes; returns how many sequence numbers of it were holes. */
  private fill(at: number, direction: number, start: number, end: number): number {
    const { pool } = this;
    let filled = 0;
    let before = 0;
    let hole = this.firstHole(at, direction);
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
          this.unlink(at, direction, before, after);
          this.freeHole(hole);
          hole = after;
          continue;
        }
        if (from === holeStart) {
          pool[place] = to;
        } else {
          pool[place + 1] = from;
          if (to !== holeEnd) {
            const rest = this.takeHole();
            if (rest === 0) {
              this.forgotten++;
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

  private unlink(at: number, direction: number, before: number, after: number): void {
    if (before === 0) {
      this.setFirstHole(at, direction, after);
    } else {
      this.pool[before * HOLE + 2] = after;
    }
  }

  /** Adds a hole above or below all others, forgetting the lowest when there are too many. */
  private addHole(at: number, direction: number, start: number, end: number, highest: boolean): void {
    const { pool } = this;
    const first = this.firstHole(at, direction);
    let count = 0;
    let last = 0;
    for (let hole = first; hole !== 0; hole = pool[hole * HOLE + 2] as number) {
      count++;
      last = hole;
    }
    if (count === HOLES_PER_DIRECTION) {
      this.forgotten++;
      if (!highest) {
        return;
      }
      this.setFirstHole(at, direction, pool[first * HOLE + 2] as number);
      this.freeHole(first);
    }
    const hole = this.takeHole();
    if (hole === 0) {
      this.forgotten++;
      return;
    }
    pool[hole * HOLE] = start;
    pool[hole * HOLE + 1] = end;
    if (highest && last !== 0) {
      pool[hole * HOLE + 2] = 0;
      pool[last * HOLE + 2] = hole;
    } else {
      pool[hole * HOLE + 2] = this.firstHole(at, direction);
      this.setFirstHole(at, direction, hole);
    }
  }

  private takeHole(): number {
    const hole = this.free;
    if (hole !== 0) {
      this.free = this.pool[hole * HOLE + 2] as number;
      return hole;
    }
    return this.fresh <= HOLES ? this.fresh++ : 0;
  }

  private freeHole(hole: number): void {
    this.pool[hole * HOLE + 2] = this.free;
    this.free = hole;
  }
}
