import type { Copies } from '../decode/duplicates.js';
import { Seg } from '../decode/segment.js';
import type { Batch } from './batch.js';
import { createConnections, type Connections, type FlowOptions } from './connections.js';
import { createCopyCounter } from './copies.js';
import { createFollower, type Follower } from './follow.js';
import { noWindow } from './layout.js';
import { wholeInput } from './part.js';

/**
 * Follows every TCP connection: takes segments in the order of capture, a few at a time, gives closed windows and finished
 * connections.
 */
export class FlowTracker {
  /** Segments: the first `held` are waiting, the decoder writes behind them. */
  readonly segments: Int32Array;
  held = 0;
  readonly connections: Connections;
  private readonly follower: Follower;
  private readonly copies: ReturnType<typeof createCopyCounter>;

  /** @param most segments that come at a time */
  constructor(emit: (batch: Batch) => void, most: number, options: FlowOptions = {}) {
    this.segments = new Int32Array((most + 1) * Seg.Words);
    this.connections = createConnections(emit, options);
    this.follower = createFollower(this.connections, this.segments, options.part ?? wholeInput);
    this.copies = createCopyCounter(this.connections, most);
  }

  /** Packets whose window was already written; counted in the oldest that is open. */
  get late(): number {
    return this.follower.late;
  }

  /**
   * Handles segments that the decoder has written behind the waiting ones. A last one whose timestamp is doubtful stays
   * until the next one tells whether to believe it.
   * @param copies segments that were left out between them
   */
  take(count: number, copies: Copies | null = null): void {
    if (copies !== null && copies.length + this.copies.waiting > 0) {
      this.takeWithCopies(count, copies);
    } else {
      const length = this.held + count;
      this.follower.readAhead(length);
      this.follow(length, 0);
    }
  }

  /** Handles segments number `first` to `length`, the last one if its timestamp can be believed. */
  private follow(length: number, first: number): void {
    const { follower } = this;
    if (length === 0) {
      return;
    }
    const last = follower.follow(length, length - 1, first);
    this.held = 0;
    if (follower.isDoubtful(last)) {
      this.held = 1;
      this.segments.copyWithin(0, last * Seg.Words, (last + 1) * Seg.Words);
    } else {
      follower.follow(length, length, last);
    }
  }

  /** The same where segments were left out: each is counted when all that came before it are handled. */
  private takeWithCopies(count: number, copies: Copies): void {
    const { follower, held } = this;
    const length = held + count;
    follower.readAhead(length);
    let counted = 0;
    let done = 0;
    if (this.copies.waiting > 0 && length > 1) {
      done = follower.follow(length, 1, 0);
      this.copies.countWaiting();
    }
    // The last segment may have to wait.
    while (counted < copies.length && held + (copies.behind[counted] as number) < length) {
      done = follower.follow(length, held + (copies.behind[counted] as number), done);
      this.copies.count(copies, counted, counted + 1);
      counted++;
    }
    this.follow(length, done);
    if (this.held === 0) {
      this.copies.count(copies, counted, copies.length);
    } else {
      this.copies.wait(copies, counted, copies.length);
    }
  }

  /** Handles the segments that wait, because none will come that could tell more. */
  flush(): void {
    const { held } = this;
    this.held = 0;
    this.follower.follow(held, held, 0);
    this.copies.countWaiting();
  }

  /** Says that the packets' clock has come to this second, though no packet says so. For live capture. */
  tick(seconds: number): void {
    this.flush();
    const { clock, windows } = this.connections;
    if (windows.current !== noWindow && seconds + clock.adjust > clock.now) {
      this.follower.enterSecond(seconds, -1);
    }
  }

  /** The capture has ended: every timer is let run out at the last packet's time. */
  finish(): void {
    this.flush();
    this.connections.finish();
    this.follower.forgetSecond();
  }
}
