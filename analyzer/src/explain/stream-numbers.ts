import { Pkt, type PacketBatch, type PacketSink } from '../capture/packet-batch.js';
import { writeKey } from '../decode/connection-key.js';
import { DECODED, Decoder, Flag, Seg } from '../decode/index.js';

interface Stream {
  readonly number: number;
  /** What each direction counts from; null until it is known. */
  readonly bases: [number | null, number | null];
}

/** The segment at hand: words of `Seg`. */
type OnSegment = (segment: Int32Array, stream: number, packet: number) => void;

/**
 * Numbers TCP streams as Wireshark does (`tcp.stream`, epan/dissectors/packet-tcp.c): from 0 in the order of their first
 * packets, and anew when a SYN comes with another number than the one before. That is a number to find a
 * connection by, not our notion of one. TCP headers quoted in ICMP errors, which Wireshark numbers too, are left out.
 */
export class StreamNumbers implements PacketSink {
  private readonly segments = new Int32Array(Seg.Words);
  private readonly decoder = new Decoder(this.segments);
  private readonly streams = new Map<string, Stream>();
  private count = 0;
  private read = 0;

  constructor(private readonly onSegment: OnSegment) {}

  batch(batch: PacketBatch): void {
    const { decoder, segments } = this;
    if (decoder.bytes !== batch.bytes) {
      decoder.attach(batch.bytes, batch.view);
    }
    for (let i = 0; i < batch.length; i++) {
      const word = (place: number) => batch.words[i * Pkt.Words + place] as number;
      this.read++;
      const outcome = decoder.decodeInto(
        0,
        word(Pkt.At),
        word(Pkt.Captured),
        word(Pkt.Wire),
        word(Pkt.LinkType),
        word(Pkt.Seconds),
        word(Pkt.Vlan)
      );
      if (outcome === DECODED) {
        writeKey(segments, 0, 0);
        this.onSegment(segments, this.streamOf(segments), this.read);
      }
    }
  }

  private streamOf(segments: Int32Array): number {
    const words = (from: number, length: number) => segments.subarray(from, from + length).join();
    const size = segments[Seg.Family] === 4 ? 1 : 4;
    const direction = segments[Seg.Direction] as 0 | 1;
    const [low, high] = direction === 0 ? [Seg.Source, Seg.Destination] : [Seg.Destination, Seg.Source];
    const key = `${words(low, size)} ${words(high, size)} ${segments[Seg.KeyPorts]}`;
    const flags = segments[Seg.Flags] as number;
    const sequence = segments[Seg.Sequence] as number;
    let stream = this.streams.get(key);
    const base = stream?.bases[direction] ?? null;
    if (stream === undefined || ((flags & (Flag.Syn | Flag.Ack)) === Flag.Syn && base !== null && base !== sequence)) {
      stream = { number: this.count++, bases: [null, null] };
      this.streams.set(key, stream);
    }
    stream.bases[direction] ??= (flags & Flag.Syn) !== 0 ? sequence : (sequence - 1) | 0;
    if ((flags & Flag.Ack) !== 0) {
      stream.bases[direction ^ 1] ??= ((segments[Seg.Acknowledgement] as number) - 1) | 0;
    }
    return stream.number;
  }
}
