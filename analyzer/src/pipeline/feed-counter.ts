import { Acks } from '../flow/layout.js';
import {
  lastEpoch,
  windowOf,
  windowStart,
  type ConnectionBatch,
  type FeedCounts,
  type FlowTracker,
} from '../flow/index.js';

/** Totals since the start. */
interface Totals {
  packets: number;
  tcp: number;
  duplicates: number;
}

/**
 * Counts what comes in, by the 10 s of event time that it comes in, and sends the counts along with the connections that
 * were decided in these: who judges them knows by then how good the capture was.
 *
 * Trade-off: nothing is counted per packet. Totals are noted before each batch of packets, and the note belongs to the epoch
 * that event time leaves with that batch. Packets that are no TCP do not move event time: those between the last segment
 * of an epoch and the first of the next may count in either.
 */
export class FeedCounter {
  /** Packets that the kernel, or the program that captures, has dropped since the start; null while unknown. */
  drops: number | null = null;
  private readonly now: Totals = { packets: 0, tcp: 0, duplicates: 0 };
  private readonly noted: Totals = { ...this.now };
  private readonly sent: Totals = { ...this.now };
  private sentDrops = 0;
  private sentSteps = 0;
  private epoch = 0;

  /**
   * @param flow whose clock and acknowledgements these are
   * @param looksForCopies whether copies of packets would be found
   * @param packets whether packets are counted here: of workers that all read the same packets, in one alone
   */
  constructor(
    private readonly flow: FlowTracker,
    private readonly looksForCopies: boolean,
    private readonly packets: boolean
  ) {}

  /** Notes the totals: what is added from now on may belong to the next epoch. */
  note(): void {
    // A segment that waits for the next one to tell its time goes where that one goes.
    if (this.flow.held === 0) {
      copyTotals(this.now, this.noted);
    }
  }

  /** Adds what a batch of packets came to. */
  add(packets: number, segments: number, duplicates: number): void {
    this.now.packets += packets;
    this.now.tcp += segments;
    this.now.duplicates += duplicates;
  }

  /** Gives connections the counts of the epoch that event time has left, if it has. */
  attach(batch: ConnectionBatch): ConnectionBatch {
    if (batch.until <= this.epoch) {
      return batch;
    }
    const over = batch.until === lastEpoch;
    const counts = this.epoch === 0 ? null : this.take(over ? this.now : this.noted);
    this.epoch = over ? 0 : batch.until;
    return counts === null ? batch : { ...batch, feed: counts };
  }

  private take(totals: Totals): FeedCounts | null {
    const { flow, sent, packets } = this;
    const { clock, acks } = flow.connections;
    const counts: FeedCounts = {
      epoch: this.epoch,
      window: windowStart(windowOf(clock.packetSeconds(windowStart(this.epoch)))),
      packets: packets ? totals.packets - sent.packets : 0,
      tcp: packets ? totals.tcp - sent.tcp : 0,
      duplicates: this.looksForCopies ? (packets ? totals.duplicates - sent.duplicates : 0) : null,
      drops: this.drops === null ? null : this.drops - this.sentDrops,
      clockSteps: clock.steps - this.sentSteps,
      acks: acks[Acks.Heard] as number,
      gapAcks: acks[Acks.Gap] as number,
    };
    copyTotals(totals, sent);
    this.sentDrops = this.drops ?? 0;
    this.sentSteps = clock.steps;
    acks.fill(0);
    const { drops, clockSteps } = counts;
    return counts.packets + counts.acks + (drops ?? 0) + clockSteps === 0 ? null : counts;
  }
}

function copyTotals(from: Totals, to: Totals): void {
  to.packets = from.packets;
  to.tcp = from.tcp;
  to.duplicates = from.duplicates;
}
