import { PacketBatch, Pkt } from '../../analyzer/src/capture/packet-batch.js';
import {
  Decoder,
  Flag,
  MAX_VLANS,
  Seg,
  undecodedReasons,
  type UndecodedReason,
} from '../../analyzer/src/decode/index.js';

/** A captured packet, as a capture hands it to the decoder. */
export interface Captured {
  readonly frame: Uint8Array;
  readonly linkType?: number;
  /** Bytes captured; all by default. */
  readonly captured?: number;
  /** Bytes on the wire; those of the frame by default. */
  readonly wire?: number;
  /** VLAN that the card took out of the frame. */
  readonly vlan?: number;
  readonly seconds?: number;
  /** Byte that the buffer around the packet is full of; nothing may depend on it. */
  readonly around?: number;
}

/** What the decoder found, in words for people. */
export interface Found {
  readonly source: string;
  readonly destination: string;
  readonly ports: readonly [number, number];
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly window: number;
  readonly payload: number;
  readonly ttl: number;
  readonly id: number;
  /** Null unless this is a SYN. */
  readonly windowScale: number | null;
  readonly vlans: readonly number[];
  readonly vlanCount: number;
}

/** Hands packets to one decoder, all in one buffer with other bytes around them, and says what came of each. */
export function decodeAll(packets: readonly Captured[], decoder = newDecoder()): Array<Found | UndecodedReason> {
  return packets.map((packet) => decodeOne(packet, decoder));
}

export function newDecoder(): Decoder {
  return new Decoder(new Int32Array(Seg.Words * (PacketBatch.size + 1)));
}

/** Bytes around the packet, by default of what begins an IPv4 header: who reads beyond finds something plausible. */
const MARGIN = 64;

export function decodeOne(packet: Captured, decoder = newDecoder()): Found | UndecodedReason {
  const captured = packet.captured ?? packet.frame.length;
  const buffer = new Uint8Array(captured + 2 * MARGIN).fill(packet.around ?? 0x45);
  buffer.set(packet.frame.subarray(0, captured), MARGIN);
  const batch = new PacketBatch();
  batch.bytes = buffer;
  batch.view = new DataView(buffer.buffer);
  batch.length = 1;
  batch.words[Pkt.At] = MARGIN;
  batch.words[Pkt.Captured] = captured;
  batch.words[Pkt.Wire] = packet.wire ?? packet.frame.length;
  batch.words[Pkt.LinkType] = packet.linkType ?? 1;
  batch.words[Pkt.Seconds] = packet.seconds ?? 1_700_000_000;
  batch.words[Pkt.Vlan] = packet.vlan ?? 0;
  const before = Float64Array.from(decoder.outcomes);
  const segments = decoder.decodeBatch(batch, 0) - decoder.quotes;
  const changed = [...decoder.outcomes].flatMap((count, i) => (count === before[i] ? [] : [i]));
  if (changed.length !== 1 || (segments === 1) !== (changed[0] === 0)) {
    throw new Error(`${segments} segments, outcomes ${changed.join()}`);
  }
  return segments === 1 ? foundIn(decoder.segments) : (undecodedReasons[(changed[0] as number) - 1] as UndecodedReason);
}

function foundIn(words: Int32Array): Found {
  const word = (place: number) => words[place] as number;
  const flags = word(Seg.Flags);
  const vlanCount = word(Seg.VlanCount);
  return {
    source: addressAt(words, Seg.Source),
    destination: addressAt(words, Seg.Destination),
    ports: [word(Seg.Ports) >>> 16, word(Seg.Ports) & 0xffff],
    flags,
    sequence: word(Seg.Sequence) >>> 0,
    acknowledgement: word(Seg.Acknowledgement) >>> 0,
    window: word(Seg.Window),
    payload: word(Seg.Payload),
    ttl: word(Seg.Ttl),
    id: word(Seg.IpId),
    windowScale: (flags & Flag.Syn) !== 0 ? word(Seg.WindowScale) : null,
    vlans: [...words.subarray(Seg.Vlan, Seg.Vlan + Math.min(MAX_VLANS, vlanCount))],
    vlanCount,
  };
}

/** Dotted, or eight groups of four digits. */
function addressAt(words: Int32Array, at: number): string {
  const bytes = Array.from(words.subarray(at, at + (words[Seg.Family] === 4 ? 1 : 4))).flatMap((word) => [
    word >>> 24,
    (word >>> 16) & 255,
    (word >>> 8) & 255,
    word & 255,
  ]);
  return bytes.length === 4
    ? bytes.join('.')
    : Buffer.from(bytes)
        .toString('hex')
        .replace(/(.{4})(?=.)/g, '$1:');
}
