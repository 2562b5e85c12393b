import { PacketBatch, Pkt, type PacketSink } from '../capture/packet-batch.js';
import {
  createDuplicates,
  Decoder,
  Origin,
  undecodedReasons,
  type DedupMode,
  type Duplicates,
  type UndecodedReason,
} from '../decode/index.js';
import { FlowTracker, windowOf, windowSeconds, windowStart, type Batch, type FlowOptions } from '../flow/index.js';
import { FeedCounter } from './feed-counter.js';
import { RecentPackets, type RecentOptions } from './recent-packets.js';

/** What became of the packets read. `read = tcp + duplicate + sum(undecoded)`. */
export interface PacketCounts {
  readonly read: number;
  readonly tcp: number;
  readonly duplicate: number;
  readonly undecoded: Readonly<Record<UndecodedReason, number>>;
}

/** What the flow room has done and is holding. */
export interface FlowCounts {
  /** Connections followed now, and ever. */
  readonly live: number;
  readonly begun: number;
  /** Connections forgotten early because the table was full. */
  readonly evicted: number;
  /** Packets whose window had been written already, counted in the oldest open one. */
  readonly late: number;
  /** Times the packets' clock was set back, and packets whose timestamp cannot be right. */
  readonly clockSteps: number;
  readonly clockOutliers: number;
  readonly windowsClosed: number;
  /** Windows written in parts because very many connections were active in them. */
  readonly windowsSplit: number;
  /** Gaps in sequence numbers too many to remember: late segments in them are counted as retransmissions. */
  readonly gapsForgotten: number;
}

export interface PipelineOptions extends FlowOptions {
  /** Whether segments that were captured before at another place are left out; `off` when not said. */
  readonly dedup?: DedupMode;
}

/**
 * From bytes to rows: the same for files, standard input and the capture ring. Packets go in; closed windows and finished
 * connections come out through `emit`.
 */
export class Pipeline implements PacketSink {
  /** Remembers the last packets of connections; null when nothing is to be remembered. */
  readonly recent: RecentPackets | null;
  private readonly flow: FlowTracker;
  private readonly decoder: Decoder;
  private readonly duplicates: Duplicates | null;
  private readonly feed: FeedCounter;
  /** Part of a batch that spans two windows. */
  private readonly piece = new PacketBatch();

  /** @param kept what connections that end badly keep of their packets; nothing when left out */
  constructor(emit: (batch: Batch) => void, options: PipelineOptions = {}, kept?: RecentOptions) {
    const { dedup = 'off', ...flow } = options;
    const recent = kept === undefined || kept.packets === 0 ? null : new RecentPackets(kept);
    this.recent = recent;
    const emitted = recent === null ? emit : (batch: Batch) => emit(recent.attach(batch));
    this.flow = new FlowTracker(
      (batch) => emitted(batch.kind === 'connections' ? this.feed.attach(batch) : batch),
      PacketBatch.size,
      { ...flow, countsCopies: dedup !== 'off' }
    );
    this.feed = new FeedCounter(this.flow, dedup !== 'off', (flow.part?.index ?? 0) === 0);
    const { segments } = this.flow;
    const origins = dedup === 'off' ? null : new Int32Array(PacketBatch.size * Origin.Words);
    // The table looks for connections by the decoder's hashes.
    this.decoder = new Decoder(segments, flow.hashSeed, undefined, origins);
    this.duplicates = dedup === 'off' || origins === null ? null : createDuplicates(segments, origins, dedup);
  }

  /** Packets that the kernel, or the program that captures, has dropped since the start; null when nobody says. */
  set drops(count: number | null) {
    this.feed.drops = count;
  }

  /** Takes packets; they may be overwritten when the call returns. */
  batch(batch: PacketBatch): void {
    if (spansWindows(batch)) {
      this.inPieces(batch);
    } else {
      this.take(batch);
    }
  }

  /** Says that the clock has come to this second, though no packet says so. */
  tick(seconds: number): void {
    this.feed.note();
    this.flow.tick(seconds);
  }

  finish(): void {
    this.feed.note();
    this.flow.finish();
  }

  private take(batch: PacketBatch): void {
    const { flow, recent, duplicates } = this;
    const { held } = flow;
    this.feed.note();
    const decoded = this.decoder.decodeBatch(batch, held);
    const remain = duplicates === null ? decoded : duplicates.take(batch, held, decoded);
    recent?.record(flow.segments, held, remain);
    this.feed.add(batch.length, remain - this.decoder.quotes, decoded - remain);
    flow.take(remain, duplicates === null ? null : duplicates.copies);
  }

  /** Takes packets of each window by themselves, so that they are counted where they belong. */
  private inPieces(batch: PacketBatch): void {
    const { piece } = this;
    const { words, length } = batch;
    piece.bytes = batch.bytes;
    piece.view = batch.view;
    for (let from = 0, to = 1; from < length; from = to++) {
      const window = windowAt(words, from * Pkt.Words + Pkt.Seconds);
      while (to < length && windowAt(words, to * Pkt.Words + Pkt.Seconds) === window) {
        to++;
      }
      piece.words.set(words.subarray(from * Pkt.Words, to * Pkt.Words));
      piece.length = to - from;
      this.take(piece);
    }
  }

  counts(): PacketCounts {
    const { outcomes } = this.decoder;
    const undecoded = {} as Record<UndecodedReason, number>;
    undecodedReasons.forEach((reason, i) => (undecoded[reason] = outcomes[i + 1] as number));
    const read = outcomes.reduce((sum, packets) => sum + packets, 0);
    const duplicate = this.duplicates === null ? 0 : this.duplicates.count;
    return { read, tcp: (outcomes[0] as number) - duplicate, duplicate, undecoded };
  }

  flowCounts(): FlowCounts {
    const { connections, late } = this.flow;
    return {
      live: connections.table.size,
      begun: connections.begun,
      evicted: connections.evicted,
      late,
      clockSteps: connections.clock.steps,
      clockOutliers: connections.clock.outliers,
      windowsClosed: connections.windows.closed,
      windowsSplit: connections.windows.split,
      gapsForgotten: connections.sequences.forgotten,
    };
  }
}

/** Asks every packet: where clocks jump, the first and the last may be of one window and those between of another. */
function spansWindows({ words, length }: PacketBatch): boolean {
  if (length === 0) {
    return false;
  }
  const start = windowStart(windowAt(words, Pkt.Seconds)) | 0;
  const end = (length * Pkt.Words) | 0;
  // A module's constant would be loaded again at each turn.
  const span = windowSeconds;
  for (let at: number = Pkt.Seconds; at < end; at = (at + Pkt.Words) | 0) {
    if (((words[at] as number) - start) >>> 0 >= span) {
      return true;
    }
  }
  return false;
}

/** Window of a packet by its own clock. */
function windowAt(words: Int32Array, at: number): number {
  return windowOf((words[at] as number) >>> 0);
}
