import { ACK, FIN, RST, SYN, type Segment } from '../decode/segment.js';
import type { Batch } from './batch.js';
import { Connections, type FlowOptions } from './connections.js';
import { noWindow, Row, State, Table } from './layout.js';
import { resolve } from './opening.js';
import { SegmentQueue } from './segment-queue.js';
import { SpecialSegments } from './special.js';
import { pairWords } from './table.js';
import { windowSeconds } from './window-book.js';

const CONTROL = SYN | FIN | RST;

/**
 * Follows every TCP connection: takes segments in the order of capture, gives closed windows and finished connections.
 *
 * `segment` is the packet path: most segments are data or acknowledgements of a connection that stands, and for them it
 * finds the row, counts and moves the sequence numbers on: one cache line of the index and one of the row, no call that is
 * not inlined, no allocation. Everything else goes through `SpecialSegments`.
 */
export class FlowTracker {
  /** Segments go in here; call `flush` when it is full, and when no packet comes for a while. */
  readonly queue: SegmentQueue;
  readonly connections: Connections;
  /** Packets whose window was already written; counted in the oldest that is open. */
  late = 0;

  private readonly special: SpecialSegments;
  /** Packet second that the fields below are worked out for. */
  private second = -1;
  private event = 0;
  private isLate = 0;

  constructor(emit: (batch: Batch) => void, options?: FlowOptions) {
    this.connections = new Connections(emit, options);
    this.queue = new SegmentQueue(this.connections.table, options?.part);
    this.special = new SpecialSegments(this.connections);
  }

  /**
   * Handles the segments in the queue. A last one whose timestamp is doubtful stays until the next one tells whether to
   * believe it, unless this is the end.
   */
  flush(end = false): void {
    const { queue } = this;
    const { clock } = this.connections;
    const last = queue.length - 1;
    if (last < 0) {
      return;
    }
    queue.touch();
    for (let i = 0; i < last; i++) {
      this.segment(i);
    }
    const seconds = queue.seconds[last] as number;
    if (!end && last > 0 && seconds !== this.second && clock.isDoubtful(clock.read(seconds))) {
      queue.keepLast();
    } else {
      this.segment(last);
      queue.clear();
    }
  }

  private segment(i: number): void {
    const { connections, queue } = this;
    const segment = queue.segments[i] as Segment;
    const seconds = queue.seconds[i] as number;
    if (seconds !== this.second) {
      this.enterSecond(seconds, i);
    }
    if ((segment.flags & SYN) !== 0) {
      connections.roles.learn(segment, this.event);
    }
    if (queue.foreign[i] !== 0) {
      return;
    }
    this.late += this.isLate;
    const { table } = connections;
    const { rows } = table;
    const direction = queue.directions[i] as number;
    const key0 = queue.key0[i] as number;
    const key1 = queue.key1[i] as number;
    const ports = queue.ports[i] as number;
    const hash = queue.hashes[i] as number;
    const ipv4 = segment.family === 4;
    let row = ipv4
      ? table.find4(hash, key0, key1, ports)
      : table.find6(hash, key0, key1, ports, queue.pairs, i * pairWords);
    const flags = segment.flags;
    const payload = segment.payload;
    if (row !== 0) {
      const at = row * Row.Words + Table.Offset;
      const plain = State.Plain << ((direction << 1) | (payload > 0 ? 1 : 0));
      if (
        ((rows[at + Row.State] as number) & plain) !== 0 &&
        (flags & (CONTROL | ACK)) === ACK &&
        rows[at + Row.Window] === connections.window &&
        segment.window !== 0 &&
        this.event - (rows[at + Row.LastSeconds] as number) < SpecialSegments.longIdle
      ) {
        rows[at + Row.Packets + direction] = (rows[at + Row.Packets + direction] as number) + 1;
        if (payload > 0) {
          const sequence = segment.sequence;
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
        const acknowledgement = segment.acknowledgement;
        if (((acknowledgement - (rows[at + Row.Acked + direction] as number)) | 0) > 0) {
          rows[at + Row.Acked + direction] = acknowledgement;
        }
        rows[at + Row.LastSeconds] = this.event;
        rows[at + Row.LastNanos] = queue.nanos[i] as number;
        return;
      }
      row = resolve(connections, row, direction, flags, segment.sequence, segment.acknowledgement);
    }
    if (row === 0) {
      row = connections.begin(key0, key1, ports, ipv4 ? null : queue.pairs, i * pairWords);
      table.insert(hash, row);
    }
    this.special.packet(row, direction, segment, this.event, queue.nanos[i] as number, queue.interfaces[i] as number);
  }

  /** Says that the packets' clock has come to this second, though no packet says so. For live capture. */
  tick(seconds: number): void {
    this.flush(true);
    const { clock, windows } = this.connections;
    if (windows.current !== noWindow && seconds + clock.adjust > clock.now) {
      this.enterSecond(seconds, -1);
    }
  }

  /** The capture has ended: every timer is let run out at the last packet's time. */
  finish(): void {
    this.flush(true);
    this.connections.finish();
    this.second = -1;
  }

  /** @param i place of the packet in the queue, -1 when there is none */
  private enterSecond(seconds: number, i: number): void {
    const { connections, queue } = this;
    const { clock, windows } = connections;
    let event = clock.read(seconds);
    this.second = seconds;
    this.isLate = 0;
    if (i >= 0 && i + 1 < queue.length && clock.isDoubtful(event)) {
      if (clock.isOutlier(event, clock.read(queue.seconds[i + 1] as number))) {
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
    let window = Math.floor(seconds / windowSeconds);
    if (window !== windows.current && !(windows.previousOpen && window === windows.current - 1)) {
      window = windows.previousOpen ? windows.current - 1 : windows.current;
      this.isLate = 1;
    }
    connections.window = window;
  }
}
