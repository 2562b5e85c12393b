import type { PacketReader } from '../capture/packet-reader.js';
import type { RingSink } from '../capture/ring/packet-ring.js';
import { DECODED, Decoder, undecodedReasons, type UndecodedReason } from '../decode/index.js';
import { FlowTracker, type Batch, type FlowOptions } from '../flow/index.js';

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
    if (this.decoder.bytes !== reader.bytes) {
      this.decoder.attach(reader.bytes, reader.view);
    }
    const { at, captured, wire, linkType, seconds, nanos, interfaceId } = reader;
    this.take(at, captured, wire, linkType, seconds, nanos, interfaceId, 0);
  }

  /** Where a ring hands over the packets of one interface. */
  ringSink(linkType: number, interfaceId: number): RingSink {
    return {
      attach: (bytes, view) => this.decoder.attach(bytes, view),
      packet: (at, captured, wire, seconds, nanos, vlan) =>
        this.take(at, captured, wire, linkType, seconds, nanos, interfaceId, vlan),
    };
  }

  /** Handles what is waiting to be handled together; when no packet is there to wait for. */
  flush(): void {
    this.flow.flush();
    this.decoder.segment = this.flow.queue.segment;
  }

  /** Says that the clock has come to this second, though no packet says so. */
  tick(seconds: number): void {
    this.flow.tick(seconds);
    this.decoder.segment = this.flow.queue.segment;
  }

  finish(): void {
    this.flow.finish();
    this.decoder.segment = this.flow.queue.segment;
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

  private take(
    at: number,
    captured: number,
    wire: number,
    linkType: number,
    seconds: number,
    nanos: number,
    interfaceId: number,
    vlan: number
  ): void {
    const { decoder, flow } = this;
    const outcome = decoder.decode(at, captured, wire, linkType, seconds, vlan);
    this.outcomes[outcome] = (this.outcomes[outcome] as number) + 1;
    if (outcome === DECODED) {
      if (flow.queue.push(seconds, nanos, interfaceId)) {
        flow.flush();
      }
      decoder.segment = flow.queue.segment;
    }
  }
}
