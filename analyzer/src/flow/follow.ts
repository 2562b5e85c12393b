import { Flag, Seg } from '../decode/segment.js';
import type { Connections } from './connections.js';
import { pauseSeconds, tinyWindow } from './facts.js';
import { Acks, Both, Nanos, noWindow, Row, State, Table } from './layout.js';
import { createOpening } from './opening.js';
import type { Part } from './part.js';
import { createSegmentReader } from './read-ahead.js';
import { createSpecialSegments } from './special.js';
import { createUnreachable } from './unreachable.js';
import { windowOf } from './window-book.js';

export type Follower = ReturnType<typeof createFollower>;

/**
 * Leads segments to their connections.
 *
 * Trade-offs. The table is far larger than the processor's caches: read one after the other, each segment would wait for
 * its own lines of it, read together (read-ahead.ts) the waits overlap. Most segments are data or acknowledgements of a
 * connection that stands: for them `follow` counts and moves the sequence numbers on in one cache line of the row, without
 * a call or an allocation. That short way repeats what `SpecialSegments` says more generally; everything else, and
 * everything odd, goes through there.
 * @param straight whether segments that open and close in order take the straight way (orderly.ts): for tests
 */
export function createFollower(connections: Connections, segments: Int32Array, part: Part, straight = true) {
  const { table, clock, windows, roles, present, acks } = connections;
  const { rows, announced, find, insert } = table;
  // Captured by the closures below, and so constants to the compiler, which what a module declares is not.
  const control = Flag.Syn | Flag.Fin | Flag.Rst;
  const shortGap = pauseSeconds;
  const smallWindow = tinyWindow;
  const resolve = createOpening(connections, segments);
  const noteUnreachable = createUnreachable(connections, segments);
  const special = createSpecialSegments(connections, segments, straight);
  const follower = {
    /** Packets whose window was already written; counted in the oldest that is open. */
    late: 0,
    readAhead: createSegmentReader(table, segments),
    follow,
    enterSecond,
    isDoubtful,
    forgetSecond,
  };
  /** Packet second (as 32 bits) that the fields below are worked out for. */
  let second = -1;
  let event = 0;
  let isLate = 0;

  /**
   * Handles segments number `first` to `end`, of the `length` that there are.
   * @returns `end`
   */
  function follow(length: number, end: number, first: number): number {
    for (let number = first; number < end; number++) {
      const segment = (number * Seg.Words) | 0;
      const seconds = segments[segment + Seg.Seconds] as number;
      if (seconds !== second) {
        enterSecond(seconds, number + 1 < length ? segment + Seg.Words : -1);
      }
      const flags = segments[segment + Seg.Flags] as number;
      if ((flags & (Flag.Syn | Flag.Quote)) !== 0) {
        if ((flags & Flag.Quote) !== 0) {
          noteUnreachable(find(segments, segment), segment);
          continue;
        }
        roles.learn(segments, segment, event);
      }
      if (part.of !== 1 && ((segments[segment + Seg.Hash] as number) >>> 1) % part.of !== part.index) {
        continue;
      }
      if (isLate !== 0) {
        follower.late++;
      }
      let row = find(segments, segment);
      if (row !== 0) {
        const at = (row * Row.Words + Table.Offset) | 0;
        const state = rows[at + Row.State] as number;
        if (
          (state & Both.Plain) !== 0 &&
          (flags & (control | Flag.Ack)) === Flag.Ack &&
          (segments[segment + Seg.Window] as number) >>> 0 > smallWindow &&
          event - (rows[at + Row.LastSeconds] as number) < shortGap
        ) {
          const payload = segments[segment + Seg.Payload] as number;
          const direction = segments[segment + Seg.Direction] as number;
          const plain = State.Plain << ((direction << 1) | (payload > 0 ? 1 : 0));
          if ((state & plain) === 0 || rows[at + Row.Window] !== present[0]) {
            if (special.standing(row, segment, event, plain)) {
              continue;
            }
          } else {
            rows[at + Row.Packets + direction] = ((rows[at + Row.Packets + direction] as number) + 1) | 0;
            let lastData = (rows[at + Row.LastNanos] as number) & Nanos.LastData;
            if (payload > 0) {
              lastData = direction << 31;
              const sequence = segments[segment + Seg.Sequence] as number;
              const bytes = ((rows[at + Row.Bytes + direction] as number) + payload) | 0;
              rows[at + Row.Bytes + direction] = bytes;
              if (rows[at + Row.Next + direction] === sequence) {
                rows[at + Row.Next + direction] = (sequence + payload) | 0;
              } else {
                special.place(at, direction, sequence, payload, payload);
              }
              if (bytes < 0) {
                special.spillBytes(row, at, direction, payload);
              }
            }
            const acknowledgement = segments[segment + Seg.Acknowledgement] as number;
            const window = segments[segment + Seg.Window] as number;
            const own = ((at + Row.Announced) << 1) + direction;
            if (((acknowledgement - (rows[at + Row.Acked + direction] as number)) | 0) > 0) {
              rows[at + Row.Acked + direction] = acknowledgement;
              if ((state & State.Midstream) === 0) {
                acks[Acks.Heard] = (acks[Acks.Heard] as number) + 1;
                if (((acknowledgement - (rows[at + Row.Next + (direction ^ 1)] as number)) | 0) > 0) {
                  acks[Acks.Gap] = (acks[Acks.Gap] as number) + 1;
                }
              }
            } else if (payload === 0 && announced[own] === window) {
              special.sameWindow(at, direction, segments[segment + Seg.Sequence] as number, acknowledgement);
            }
            announced[own] = window;
            rows[at + Row.LastSeconds] = event;
            rows[at + Row.LastNanos] = (segments[segment + Seg.Nanos] as number) | lastData;
            continue;
          }
        }
        row = resolve(row, segment);
      }
      if (row === 0) {
        row = connections.begin(segments, segment);
        insert(segments[segment + Seg.Hash] as number, row);
      }
      special.packet(row, segment, event);
    }
    return end;
  }

  /** Whether only a segment behind it can tell if the time of this one is right. */
  function isDoubtful(number: number): boolean {
    const seconds = segments[number * Seg.Words + Seg.Seconds] as number;
    return seconds !== second && clock.isDoubtful(clock.read(seconds >>> 0));
  }

  /** The next segment's second is to be looked at anew. */
  function forgetSecond(): void {
    second = -1;
  }

  /**
   * Moves the clock to the second of a packet.
   * @param word the second, as 32 bits
   * @param next where the segment behind it lies; -1 when there is none
   */
  function enterSecond(word: number, next: number): void {
    const seconds = word >>> 0;
    let now = clock.read(seconds);
    second = word;
    isLate = 0;
    if (next >= 0 && clock.isDoubtful(now)) {
      const after = clock.read((segments[next + Seg.Seconds] as number) >>> 0);
      if (clock.isOutlier(now, after)) {
        clock.outliers++;
        second = -1;
        event = clock.now;
        present[0] = windows.current;
        return;
      }
    }
    if (clock.isStep(now)) {
      connections.stepBack(seconds);
      now = clock.now;
    } else if (now > clock.now || windows.current === noWindow) {
      connections.advance(now);
    }
    event = now;
    let window = windowOf(seconds);
    if (window !== windows.current && !(windows.previousOpen && window === windows.current - 1)) {
      window = windows.previousOpen ? windows.current - 1 : windows.current;
      isLate = 1;
    }
    present[0] = window;
  }

  return follower;
}
