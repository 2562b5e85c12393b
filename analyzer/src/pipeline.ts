import type { PacketReader } from './capture/packet-reader.js';
import { DECODED, Decoder, undecodedReasons, type UndecodedReason } from './decode/index.js';
import { FlowTracker, type Batch, type FlowOptions } from './flow/index.js';

export type DedupMode = 'auto' | 'off';

/** What became of the packets read. `read = tcp + duplicate + sum(undecoded)`. */
export interface PacketCounts {
  readonly read: number;
  readonly tcp: number;
  readonly duplicate: number;
  readonly undecoded: Readonly<Record<UndecodedReason, number>>;
}

/**
 * From bytes to rows: the same for files, standard input and the capture ring. Packets go in; closed windows and finished
 * connections come out through `emit`.
 */
export class Pipeline {
  readonly flow: FlowTracker;
  private readonly decoder = new Decoder();
  /** Packets by `Decoder.decode`'s answer; index 0 are the decoded ones. */
  private readonly outcomes = new Float64Array(undecodedReasons.length + 1);

  constructor(emit: (batch: Batch) => void, options?: FlowOptions) {
    this.flow = new FlowTracker(emit, options);
    this.decoder.segment = this.flow.queue.segment;
  }

  /** Takes the packet that a reader stands at. */
  packet(reader: PacketReader): void {
    const { decoder } = this;
    if (decoder.bytes !== reader.bytes) {
      decoder.attach(reader.bytes, reader.view);
    }
    const outcome = decoder.decode(reader.at, reader.captured, reader.wire, reader.linkType, reader.seconds, 0);
    this.outcomes[outcome] = (this.outcomes[outcome] as number) + 1;
    if (outcome === DECODED) {
      if (this.flow.queue.push(reader.seconds, reader.nanos, reader.interfaceId)) {
        this.flow.flush();
      }
      decoder.segment = this.flow.queue.segment;
    }
  }

  finish(): void {
    this.flow.finish();
  }

  counts(): PacketCounts {
    const undecoded = {} as Record<UndecodedReason, number>;
    let read = this.outcomes[0] as number;
    undecodedReasons.forEach((reason, i) => {
      undecoded[reason] = this.outcomes[i + 1] as number;
      read += undecoded[reason];
    });
    return { read, tcp: this.outcomes[0] as number, duplicate: 0, undecoded };
  }
}
