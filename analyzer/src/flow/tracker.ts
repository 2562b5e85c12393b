import { ACK, FIN, RST, Seg, SYN } from '../decode/segment.js';
import type { Batch } from './batch.js';
import { Connections, type FlowOptions } from './connections.js';
import { pauseSeconds, tinyWindow } from './facts.js';
import { prepareKeys } from './keys.js';
import { noWindow, Row, State, Table, Zeek } from './layout.js';
import { resolve } from './opening.js';
import { wholeInput, type Part } from './part.js';
import { SpecialSegments } from './special.js';
import { windowOf } from './window-book.js';

const CONTROL = SYN | FIN | RST;

/**
 * Follows every TCP connection: takes segments in the order of capture, gives closed windows and finished connections.
 *
 * Segments come a few at a time, and what they will need of the table is read before it is needed: first the index for all,
 * then the rows for all. The table is far larger than the processor's caches; read one after the other, each segment would
 * wait for its own lines, read together the waits overlap. Most segments are data or acknowledgements of a connection that
 * stands: for them `follow` finds the row, counts, and moves the sequence numbers on, in one cache line of the row, without
 * a call or an allocation. Everything else goes through `SpecialSegments`.
 */
export class FlowTracker {
  /** Segments: the first `held` are waiting, the decoder writes behind them. */
  readonly segments: Int32Array;
  held = 0;
  readonly connections: Connections;
  /** Packets whose window was already written; counted in the oldest that is open. */
  late = 0;
  /** Sum of what was read ahead: written so that the reads are not optimised away, never used. */
  touched = 0;

  private readonly special: SpecialSegments;
  private readonly part: Part;
  /** Packet second that the fields below are worked out for. */
  private second = -1;
  private event = 0;
  private isLate = 0;

  /** @param most segments that come at a time */
  constructor(emit: (batch: Batch) => void, most: number, options: FlowOptions = {}) {
    this.segments = new Int32Array((most + 1) * Seg.Words);
    this.part = options.part ?? wholeInput;
    this.connections = new Connections(emit, options);
    this.special = new SpecialSegments(this.connections, this.segments);
  }

  /**
   * Handles segments that the decoder has written behind the waiting ones. A last one whose timestamp is doubtful stays
   * until the next one tells whether to believe it.
   */
  take(count: number): void {
    const length = this.held + count;
    prepareKeys(this.segments, this.held, length, this.connections.table);
    if (length === 0) {
      return;
    }
    this.touch(length);
    const last = this.follow(length, length - 1);
    this.held = 0;
    if (this.isDoubtful(last)) {
      this.held = 1;
      this.segments.copyWithin(0, last * Seg.Words, (last + 1) * Seg.Words);
    } else {
      this.follow(length, length, last);
    }
  }

  /** Handles the segments that wait, because none will come that could tell more. */
  flush(): void {
    const { held } = this;
    this.held = 0;
    this.follow(held, held);
  }

  /** Reads what the segments will need of the table. */
  private touch(length: number): void {
    const { segments } = this;
    const { rows } = this.connections.table;
    let sum = 0;
    for (let segment = 0; segment < length * Seg.Words; segment += Seg.Words) {
      const at = (segments[segment + Seg.Hint] as number) * Row.Words + Table.Offset;
      sum += rows[at + Row.State] as number;
      if (((segments[segment + Seg.Flags] as number) & CONTROL) !== 0) {
        sum += (rows[at + Row.Opening] as number) + (rows[at + Row.TotalOpening] as number);
      }
    }
    this.touched = sum | 0;
  }

  /**
   * Handles segments number `first` to `end`, of the `length` that there are.
   * @returns `end`
   */
  private follow(length: number, end: number, first = 0): number {
    const { segments, connections, part } = this;
    const { table } = connections;
    const { rows } = table;
    for (let number = first; number < end; number++) {
      const segment = number * Seg.Words;
      const seconds = segments[segment + Seg.Seconds] as number;
      if (seconds !== this.second) {
        this.enterSecond(seconds, number + 1 < length ? segment + Seg.Words : -1);
      }
      const flags = segments[segment + Seg.Flags] as number;
      if ((flags & SYN) !== 0) {
        connections.roles.learn(segments, segment, this.event);
      }
      const hash = segments[segment + Seg.Hash] as number;
      if (part.of !== 1 && (hash >>> 1) % part.of !== part.index) {
        continue;
      }
      this.late += this.isLate;
      const key0 = segments[segment + Seg.Key0] as number;
      const key1 = segments[segment + Seg.Key1] as number;
      const ports = segments[segment + Seg.KeyPorts] as number;
      let row =
        segments[segment + Seg.Family] === 4
          ? table.find4(hash, key0, key1, ports)
          : table.find6(hash, key0, key1, ports, segments, segment);
      if (row !== 0) {
        const at = row * Row.Words + Table.Offset;
        const payload = segments[segment + Seg.Payload] as number;
        const direction = segments[segment + Seg.Direction] as number;
        const plain = State.Plain << ((direction << 1) | (payload > 0 ? 1 : 0));
        if (
          ((rows[at + Row.State] as number) & plain) !== 0 &&
          (flags & (CONTROL | ACK)) === ACK &&
          rows[at + Row.Window] === connections.window &&
          (segments[segment + Seg.Window] as number) >>> 0 > tinyWindow &&
          this.event - (rows[at + Row.LastSeconds] as number) < pauseSeconds
        ) {
          rows[at + Row.Packets + direction] = (rows[at + Row.Packets + direction] as number) + 1;
          if (payload > 0) {
            rows[at + Row.Zeek] = ((rows[at + Row.Zeek] as number) & ~Zeek.LastData) | (direction << 31);
            const sequence = segments[segment + Seg.Sequence] as number;
            const bytes = ((rows[at + Row.Bytes + direction] as number) + payload) | 0;
            rows[at + Row.Bytes + direction] = bytes;
            if (rows[at + Row.Next + direction] === sequence) {
              rows[at + Row.Next + direction] = (sequence + payload) | 0;
            } else {
              this.special.place(at, direction, sequence, payload, payload);
            }
            if (bytes < 0) {
              this.special.spillBytes(row, at, direction, payload);
            }
          }
          const acknowledgement = segments[segment + Seg.Acknowledgement] as number;
          if (((acknowledgement - (rows[at + Row.Acked + direction] as number)) | 0) > 0) {
            rows[at + Row.Acked + direction] = acknowledgement;
          }
          rows[at + Row.LastSeconds] = this.event;
          rows[at + Row.LastNanos] = segments[segment + Seg.Nanos] as number;
          continue;
        }
        row = resolve(connections, row, segments, segment);
      }
      if (row === 0) {
        row = connections.begin(segments, segment);
        table.insert(hash, row);
      }
      this.special.packet(row, segment, this.event);
    }
    return end;
  }

  /** Says that the packets' clock has come to this second, though no packet says so. For live capture. */
  tick(seconds: number): void {
    this.flush();
    const { clock, windows } = this.connections;
    if (windows.current !== noWindow && seconds + clock.adjust > clock.now) {
      this.enterSecond(seconds, -1);
    }
  }

  /** The capture has ended: every timer is let run out at the last packet's time. */
  finish(): void {
    this.flush();
    this.connections.finish();
    this.second = -1;
  }

  /** Whether only a segment behind it can tell if the time of this one is right. */
  private isDoubtful(number: number): boolean {
    const { clock } = this.connections;
    const seconds = this.segments[number * Seg.Words + Seg.Seconds] as number;
    return seconds !== this.second && clock.isDoubtful(clock.read(seconds >>> 0));
  }

  /**
   * Moves the clock to the second of a packet.
   * @param word the second, as 32 bits
   * @param next where the segment behind it lies; -1 when there is none
   */
  private enterSecond(word: number, next: number): void {
    const { connections } = this;
    const { clock, windows } = connections;
    const seconds = word >>> 0;
    let event = clock.read(seconds);
    this.second = word;
    this.isLate = 0;
    if (next >= 0 && clock.isDoubtful(event)) {
      const after = clock.read((this.segments[next + Seg.Seconds] as number) >>> 0);
      if (clock.isOutlier(event, after)) {
        clock.outliers++;
        this.second = -1;
        this.event = clock.now;
        connections.window = windows.current;
        return;
      }
    }
    if (clock.isStep(event)) {
      connections.stepBack(seconds);
      event = clock.now;
    } else if (event > clock.now || windows.current === noWindow) {
      connections.advance(event);
    }
    this.event = event;
    let window = windowOf(seconds);
    if (window !== windows.current && !(windows.previousOpen && window === windows.current - 1)) {
      window = windows.previousOpen ? windows.current - 1 : windows.current;
      this.isLate = 1;
    }
    connections.window = window;
  }
}
