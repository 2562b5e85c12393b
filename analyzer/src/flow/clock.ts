/** A step back by at most this many seconds is packets out of order; beyond it, the capturing host's clock was set. */
const TOLERATED = 60;
/** A step forward by more than this many seconds is a gap in the capture, or a wrong timestamp. */
const LARGE_GAP = 3600;

/**
 * Event time. Packets' own timestamps drive everything; no other clock exists here, so a file gives the same rows however
 * fast it is read. The event clock never runs backwards: when the timestamps step back by more than a minute, the step is
 * counted and added from then on, so that timers go on, while windows and reported times stay those of the packets.
 */
export class EventClock {
  /** Latest second, event time. */
  now = 0;
  /** Event time minus packet time. */
  adjust = 0;
  /** Times the packets' clock was set back, and packets whose timestamp cannot be right. */
  steps = 0;
  outliers = 0;
  private started = false;
  /** Event second of each step and the adjustment from then on, oldest first. */
  private readonly history: Array<{ since: number; adjust: number }> = [];

  /** Event second of a packet's second; remembers a step when there is one (see `stepped`). */
  read(seconds: number): number {
    if (!this.started) {
      this.started = true;
      this.now = seconds;
      return seconds;
    }
    return seconds + this.adjust;
  }

  /** Whether packets of this event second mean that their clock was set back. */
  isStep(event: number): boolean {
    return this.now - event > TOLERATED;
  }

  /** Whether a packet's second is so far from the present that the next packet must say whether to believe it. */
  isDoubtful(event: number): boolean {
    return this.started && (event - this.now > LARGE_GAP || this.isStep(event));
  }

  /**
   * Whether a doubtful timestamp stands alone: the next packet is back at the other side of it. Capture programs and tools
   * that rewrite files do leave single wrong timestamps, years away; believing one would end every connection.
   */
  isOutlier(event: number, next: number): boolean {
    return event > this.now ? next < event - TOLERATED : next > event + TOLERATED;
  }

  /**
   * Takes the step: the packet's second becomes the next one. Not the present one, in which packets came whose times are
   * those before the step.
   * @returns the event second to advance to
   */
  step(seconds: number): number {
    const since = this.now + 1;
    this.steps++;
    this.adjust = since - seconds;
    this.history.push({ since, adjust: this.adjust });
    return since;
  }

  /** The packets' second that an event second stands for. */
  packetSeconds(event: number): number {
    for (let i = this.history.length - 1; i >= 0; i--) {
      const entry = this.history[i];
      if (entry !== undefined && event >= entry.since) {
        return event - entry.adjust;
      }
    }
    return event;
  }
}
