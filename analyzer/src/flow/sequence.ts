import { Dir, Row, State } from './layout.js';

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

  constructor(private readonly rows: Int32Array) {}

  /**
   * Books a segment.
   * @param at first word of the connection row
   * @param direction 0 or 1
   * @param sequence of the segment's first octet (of its SYN if it has one)
   * @param length sequence numbers it occupies, at least 1
   * @param payload bytes of data
   */
  add(at: number, direction: number, sequence: number, length: number, payload: number): Place {
    const { rows } = this;
    const dir = at + Row.Direction0 + direction * Dir.Words;
    const bit = State.Sequence << direction;
    const state = rows[at + Row.State] as number;
    const end = (sequence + length) | 0;
    if ((state & bit) === 0) {
      rows[at + Row.State] = state | bit;
      rows[dir + Dir.First] = sequence;
      rows[dir + Dir.Next] = end;
      return Place.Next;
    }
    const next = rows[dir + Dir.Next] as number;
    const distance = (sequence - next) | 0;
    if (distance === 0) {
      rows[dir + Dir.Next] = end;
      return Place.Next;
    }
    if (distance > 0) {
      this.addHole(dir, next, sequence, true);
      rows[dir + Dir.Next] = end;
      return Place.Gap;
    }
    return this.below(at, dir, direction, sequence, end, next, payload, length);
  }

  /** Gives back the holes of a connection that is forgotten. */
  release(at: number): void {
    for (let dir = at + Row.Direction0; dir < at + Row.Direction0 + 2 * Dir.Words; dir += Dir.Words) {
      const holes = this.rows[dir + Dir.Holes] as number;
      let hole = holes >>> 16;
      while (hole !== 0) {
        const after = this.pool[hole * HOLE + 2] as number;
        this.freeHole(hole);
        hole = after;
      }
      this.rows[dir + Dir.Holes] = holes & 0xffff;
    }
  }

  /** A segment that begins below the highest sequence number. */
  private below(
    at: number,
    dir: number,
    direction: number,
    sequence: number,
    end: number,
    next: number,
    payload: number,
    length: number
  ): Place {
    const { rows } = this;
    const above = ((end - next) | 0) > 0;
    let occupied = above ? (next - sequence) | 0 : length;
    // What lies below the first sequence number seen was never seen either, unless a SYN told where the start is.
    const first = rows[dir + Dir.First] as number;
    const before = (first - sequence) | 0;
    if (before > 0) {
      occupied -= Math.min(before, length);
      const synSeen = ((rows[at + Row.State] as number) & ((State.Syn | State.SynAck) << direction)) !== 0;
      if (!synSeen) {
        if (((first - end) | 0) > 0) {
          this.addHole(dir, end, first, false);
        }
        rows[dir + Dir.First] = sequence;
      }
    }
    if ((rows[dir + Dir.Holes] as number) >>> 16 !== 0) {
      occupied -= this.fill(dir, sequence, end);
    }
    if (above) {
      rows[dir + Dir.Next] = end;
    }
    if (occupied <= 0) {
      return Place.OutOfOrder;
    }
    return payload === 1 && length === 1 && ((sequence - next) | 0) === -1 ? Place.KeepAlive : Place.Retransmission;
  }

  /** Takes [start, end) out of the holes; returns how many sequence numbers of it were holes. */
  private fill(dir: number, start: number, end: number): number {
    const { pool } = this;
    let filled = 0;
    let before = 0;
    let hole = (this.rows[dir + Dir.Holes] as number) >>> 16;
    while (hole !== 0) {
      const at = hole * HOLE;
      const after = pool[at + 2] as number;
      const holeStart = pool[at] as number;
      const holeEnd = pool[at + 1] as number;
      const from = ((start - holeStart) | 0) > 0 ? start : holeStart;
      const to = ((end - holeEnd) | 0) < 0 ? end : holeEnd;
      const overlap = (to - from) | 0;
      if (overlap > 0) {
        filled += overlap;
        if (from === holeStart && to === holeEnd) {
          this.unlink(dir, before, after);
          this.freeHole(hole);
          hole = after;
          continue;
        }
        if (from === holeStart) {
          pool[at] = to;
        } else {
          pool[at + 1] = from;
          if (to !== holeEnd) {
            const rest = this.takeHole();
            if (rest === 0) {
              this.forgotten++;
            } else {
              pool[rest * HOLE] = to;
              pool[rest * HOLE + 1] = holeEnd;
              pool[rest * HOLE + 2] = after;
              pool[at + 2] = rest;
            }
          }
        }
      }
      before = hole;
      hole = pool[at + 2] as number;
    }
    return filled;
  }

  private unlink(dir: number, before: number, after: number): void {
    if (before === 0) {
      const holes = this.rows[dir + Dir.Holes] as number;
      this.rows[dir + Dir.Holes] = (holes & 0xffff) | (after << 16);
    } else {
      this.pool[before * HOLE + 2] = after;
    }
  }

  /** Adds a hole above or below all others, forgetting the lowest when there are too many. */
  private addHole(dir: number, start: number, end: number, highest: boolean): void {
    const { pool, rows } = this;
    const holes = rows[dir + Dir.Holes] as number;
    const first = holes >>> 16;
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
      const second = pool[first * HOLE + 2] as number;
      this.freeHole(first);
      rows[dir + Dir.Holes] = (holes & 0xffff) | (second << 16);
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
      const head = rows[dir + Dir.Holes] as number;
      pool[hole * HOLE + 2] = head >>> 16;
      rows[dir + Dir.Holes] = (head & 0xffff) | (hole << 16);
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
