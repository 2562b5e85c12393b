import { SECOND, type Connection } from '../play/connection.js';
import { FrameWriter } from '../play/frame-writer.js';
import { Random } from '../play/random.js';
import { Stage } from '../play/stage.js';
import { endings } from './endings.js';
import { startEveryday } from './everyday.js';
import { buildNetwork } from './network.js';
import { Pace } from './pace.js';
import { paths } from './paths.js';
import { refusals } from './refusals.js';
import { recur, type Story } from './story.js';
import type { Truth } from './truth.js';

/** Everything that there is to be found. */
export const stories: readonly Story[] = [...refusals, ...paths, ...endings];

/** Rate for which the stories are written, packets a second. */
const USUAL_RATE = 400;

/**
 * Seconds played before the capture begins, so that it begins amidst connections. It costs as much as what is written;
 * with very much traffic, connections enough begin within seconds.
 */
function preludeOf(rate: number): number {
  return Math.min(90, Math.max(10, Math.round((90 * 5 * USUAL_RATE) / rate)));
}

export interface CompanyOptions {
  readonly seed: number;
  /** Packets a second, on average over the range. */
  readonly rate: number;
  /** Start, seconds since 1970. */
  readonly from: number;
  /** End, seconds since 1970; null when it goes on. */
  readonly until: number | null;
  /** Seconds over which the average of the rate holds; those of the range by default. */
  readonly averageOver?: number;
  /** Packets after which it ends. */
  readonly packets?: number;
  /** Bytes kept of a packet; 128 by default: all headers and a little more. */
  readonly snap?: number;
  /** Timestamps in nanoseconds; microseconds otherwise. */
  readonly nanoseconds?: boolean;
  readonly truth?: Truth;
  /** Sees each connection when it is over or the capture ends. */
  readonly witness?: (connection: Connection) => void;
  /** Size of the pieces that `next` gives, bytes. */
  readonly piece?: number;
}

/** A company's traffic at the switch of its datacentre, as a capture file in pieces. The same options give the same bytes. */
export class CompanyTraffic {
  private readonly stage: Stage;
  private readonly writers: readonly [FrameWriter, FrameWriter];
  private turn: 0 | 1 = 0;
  private over = false;

  constructor(private readonly options: CompanyOptions) {
    const { seed, rate, from, until, truth, witness } = options;
    const seeds = new Random(seed);
    this.stage = new Stage({
      begin: -preludeOf(rate) * SECOND,
      end: until === null ? Infinity : (until - from) * SECOND,
      packets: options.packets ?? Infinity,
      witness: (connection) => {
        truth?.connection(connection);
        witness?.(connection);
      },
    });
    const layout = {
      snap: options.snap ?? 128,
      nanoseconds: options.nanoseconds === true,
      epoch: from,
    };
    const size = options.piece ?? 1 << 18;
    this.writers = [new FrameWriter(size, layout), new FrameWriter(size, layout)];
    this.writers[0].header();
    const network = buildNetwork(seeds.fork('network'));
    const pace = new Pace(rate, from, options.averageOver ?? (until === null ? 86_400 : until - from));
    this.stage.start(pace.keep(this.stage));
    startEveryday(this.stage, network, pace, seeds);
    const scale = Math.min(10, Math.max(0.25, rate / USUAL_RATE));
    for (const story of stories) {
      const begins = (what: Story, time: number) => {
        if (until === null || from + time / SECOND < until) {
          truth?.began(what.name, from + time / SECOND);
        }
      };
      this.stage.start(recur(story, this.stage, network, seeds.fork(story.name), scale, begins));
    }
  }

  /** Packets written so far. */
  get packets(): number {
    return this.stage.packets;
  }

  /** Connections going on. */
  get live(): number {
    return this.stage.live;
  }

  /**
   * The next piece of the file: packets up to a time.
   * @param until seconds since 1970
   * @returns the piece, which is overwritten by the second call after this one; and whether more packets are due by then,
   * none is due yet, or there will be none
   */
  next(until = Infinity): { readonly bytes: Uint8Array; readonly state: 'full' | 'reached' | 'over' } {
    const writer = this.writers[this.turn];
    this.turn = this.turn === 0 ? 1 : 0;
    if (this.over) {
      return { bytes: writer.bytes.subarray(0, 0), state: 'over' };
    }
    const state = this.stage.play(writer, (until - this.options.from) * SECOND);
    if (state === 'over') {
      this.stop();
    }
    const bytes = writer.bytes.subarray(0, writer.length);
    writer.length = 0;
    return { bytes, state };
  }

  /** Ends it here, and tells the truth of connections that are going on. */
  stop(): void {
    if (!this.over) {
      this.over = true;
      this.stage.finish();
    }
  }

  /** The whole file in pieces; each is overwritten by the second one after it. */
  *pieces(): Generator<Uint8Array> {
    for (let state = 'full'; state !== 'over';) {
      const piece = this.next();
      state = piece.state;
      if (piece.bytes.length > 0) {
        yield piece.bytes;
      }
    }
  }
}
