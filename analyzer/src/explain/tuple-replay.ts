import { Pkt, type PacketBatch, type PacketSink } from '../capture/packet-batch.js';
import { writeKey } from '../decode/connection-key.js';
import {
  createDuplicates,
  DECODED,
  Decoder,
  Flag,
  Origin,
  QUOTE,
  Seg,
  type DedupMode,
  type Duplicates,
} from '../decode/index.js';
import type { Side } from '../diagnose/index.js';
import { Nanos, Row, State } from '../flow/layout.js';
import { FlowTracker } from '../flow/index.js';
import { hasSent } from '../flow/unreachable.js';
import { frameOf, type Frame } from './frame.js';
import { KeptFragments } from './kept-fragments.js';
import { messageOf, type OwnMessage } from './message.js';
import type { SequencePacket } from './packet.js';
import { TupleMatch, type Tuple } from './tuple.js';

/** In place of a number: packets of the tuple are numbered from 1. */
const OTHER = 0;

/** A packet of the tuple, and which of its connections it belongs to. */
export interface OwnPacket {
  /** Names the connection within the replay: the place of its first packet among the tuple's, from 1. */
  readonly connection: number;
  readonly packet: SequencePacket;
  /** The frames that carried it: one, or the fragments of its datagram. */
  readonly frames: readonly Frame[];
}

/**
 * Picks the packets of one pair of addresses and ports out of an input, and leads each to its connection as the flow room
 * does, by following them once more: ports that are used again, attempts beside an open connection and late packets are
 * decided by the same rules.
 *
 * The flow room does not say which connection a packet went to, and is not to pay for saying it. So packets are numbered in
 * place of their nanoseconds: the row whose last packet has this number has taken it, and its first number names the row.
 * Segments of all others are followed as those of one made-up connection: their times move the clock, and may prove a jump.
 */
export class TupleReplay implements PacketSink {
  private readonly match: TupleMatch;
  private readonly segments = new Int32Array(Seg.Words);
  private readonly fragments = new KeptFragments();
  private readonly decoder = new Decoder(this.segments, 0, this.fragments);
  private readonly origins = new Int32Array(Origin.Words);
  private readonly duplicates: Duplicates | null;
  private readonly flow = new FlowTracker(() => {}, 1, { maxConnections: 16, windowConnections: 16 });
  /** The packet that the flow room holds back until the next one. */
  private waiting: { readonly number: number; readonly own: Omit<OwnPacket, 'connection'> } | null = null;
  /** A bare acknowledgement between ports 0 of no hosts, which no tuple that is asked for has. */
  private readonly other = new Int32Array(Seg.Words);
  private read = 0;
  private own = 0;

  /** @param dedup as the rows were made whose packets these are */
  constructor(
    tuple: Tuple,
    dedup: DedupMode,
    private readonly onPacket: (packet: OwnPacket) => void,
    private readonly onMessage: (message: OwnMessage) => void = () => {}
  ) {
    this.match = new TupleMatch(tuple);
    this.other[Seg.Family] = 4;
    this.other[Seg.Flags] = Flag.Ack;
    writeKey(this.other, 0, 0);
    this.duplicates = dedup === 'off' ? null : createDuplicates(this.segments, this.origins, dedup);
  }

  batch(batch: PacketBatch): void {
    const { decoder, segments, fragments } = this;
    if (decoder.bytes !== batch.bytes) {
      decoder.attach(batch.bytes, batch.view);
    }
    for (let i = 0; i < batch.length; i++) {
      const number = ++this.read;
      const word = (place: number) => batch.words[i * Pkt.Words + place] as number;
      fragments.begin();
      const outcome = decoder.decodeInto(
        0,
        word(Pkt.At),
        word(Pkt.Captured),
        word(Pkt.Wire),
        word(Pkt.LinkType),
        word(Pkt.Seconds),
        word(Pkt.Vlan)
      );
      const before = fragments.before(() => frameOf(batch, i, number));
      if (outcome === QUOTE) {
        this.message(() => frameOf(batch, i, number));
      }
      if (outcome !== DECODED) {
        continue;
      }
      writeKey(segments, 0, 0);
      segments[Seg.Seconds] = word(Pkt.Seconds);
      segments[Seg.Nanos] = word(Pkt.Nanos);
      segments[Seg.Interface] = word(Pkt.Interface);
      if (this.isCopy(batch, i)) {
        continue;
      }
      const side = this.match.side(segments, 0);
      if (side !== 0) {
        const frame = frameOf(batch, i, number);
        const packet = sequencePacket(segments, frame, side === 1 ? 'client' : 'server');
        this.take(segments, ++this.own, { packet, frames: [...before, frame] });
      } else {
        this.other[Seg.Seconds] = word(Pkt.Seconds);
        this.take(this.other, OTHER, null);
      }
    }
  }

  /** An ICMP message about a segment: given when the flow room believes it, too. */
  private message(frame: () => Frame): void {
    const { segments } = this;
    const side = this.match.side(segments, 0);
    if (side === 0) {
      return;
    }
    writeKey(segments, 0, 0);
    const word = (place: number) => segments[place] as number;
    const connection = this.connectionWhere(
      (rows, at) =>
        rows[at + Row.Ports] === word(Seg.KeyPorts) && hasSent(rows, at, word(Seg.Direction), word(Seg.Sequence))
    );
    if (connection !== null) {
      this.onMessage(messageOf(segments, frame(), side === 1 ? 'client' : 'server', connection));
    }
  }

  /** All segments of the input are asked about: what tells copies is learned from all of them. */
  private isCopy(batch: PacketBatch, packet: number): boolean {
    const { duplicates, origins } = this;
    if (duplicates === null) {
      return false;
    }
    origins[Origin.Packet] = packet * Pkt.Words;
    origins[Origin.Tcp] = this.decoder.tcpAt;
    return duplicates.take(batch, 0, 1) === 0;
  }

  /** There are no more packets. */
  finish(): void {
    this.flow.flush();
    this.settle();
  }

  /** @param own null for a segment of another tuple, which only brings the time */
  private take(segment: Int32Array, number: number, own: Omit<OwnPacket, 'connection'> | null): void {
    const { flow, waiting } = this;
    segment[Seg.Nanos] = number;
    flow.segments.set(segment, flow.held * Seg.Words);
    flow.take(1);
    if (waiting !== null) {
      // Both may have gone to the same row, which then shows the later one alone.
      const connection = this.connectionOf(waiting.number) ?? (own === null ? null : this.connectionOf(number));
      this.onPacket({ connection: connection ?? waiting.number, ...waiting.own });
    }
    this.waiting = own === null ? null : { number, own };
    if (flow.held === 0) {
      this.settle();
    }
  }

  private settle(): void {
    if (this.waiting !== null) {
      const { number, own } = this.waiting;
      this.waiting = null;
      this.onPacket({ connection: this.connectionOf(number) ?? number, ...own });
    }
  }

  /** Number of the first packet of the connection whose last packet has this number. */
  private connectionOf(number: number): number | null {
    return this.connectionWhere((rows, at) => ((rows[at + Row.LastNanos] as number) & Nanos.Most) === number);
  }

  /** Number of the first packet of the connection whose row has a property; null when there is none. */
  private connectionWhere(holds: (rows: Int32Array, at: number) => boolean): number | null {
    const { table } = this.flow.connections;
    const { rows } = table;
    for (let row = 1; row <= table.highest; row++) {
      const at = table.at(row);
      if (((rows[at + Row.State] as number) & State.Used) !== 0 && holds(rows, at)) {
        return rows[at + Row.StartNanos] as number;
      }
    }
    return null;
  }
}

function sequencePacket(segments: Int32Array, frame: Frame, from: Side): SequencePacket {
  const word = (place: number) => segments[place] as number;
  const window = word(Seg.Window);
  const scale = word(Seg.WindowScale);
  return {
    number: frame.number,
    seconds: frame.seconds,
    nanos: frame.nanos,
    from,
    flags: word(Seg.Flags) & 0xff,
    sequence: word(Seg.Sequence) >>> 0,
    acknowledgement: word(Seg.Acknowledgement) >>> 0,
    window: window < 0 ? null : window,
    windowScale: scale < 0 ? null : scale,
    payload: word(Seg.Payload),
    ttl: word(Seg.Ttl),
    ipId: word(Seg.Family) === 4 ? word(Seg.IpId) : null,
  };
}
