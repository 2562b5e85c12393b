import { bytes, concat } from './frame.js';

/** A packet as a capture file has it. */
export interface Packet {
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly frame: Uint8Array;
  /** Length on the wire; that of the frame by default. */
  readonly wire?: number;
}

export interface PcapOptions {
  readonly linkType?: number;
  /** Timestamps in nanoseconds instead of microseconds. */
  readonly nanoseconds?: boolean;
  readonly bigEndian?: boolean;
  /** Bytes kept of a packet. */
  readonly snap?: number;
}

const BILLION = 1_000_000_000n;

/** Numbers of 32 and 16 bits in a file's byte order. */
function writer(bigEndian: boolean) {
  const swap = (data: Uint8Array) => (bigEndian ? data : data.reverse());
  return {
    word: (value: number) => swap(bytes([4, value])),
    half: (value: number) => swap(bytes([2, value])),
  };
}

export function pcapHeader(options: PcapOptions = {}): Uint8Array {
  const { word, half } = writer(options.bigEndian === true);
  const magic = options.nanoseconds === true ? 0xa1b23c4d : 0xa1b2c3d4;
  const parts = [
    word(magic),
    half(2),
    half(4),
    word(0),
    word(0),
    word(options.snap ?? 65535),
    word(options.linkType ?? 1),
  ];
  return concat(...parts);
}

export function pcapRecord(packet: Packet, options: PcapOptions = {}): Uint8Array {
  const { word } = writer(options.bigEndian === true);
  const captured = packet.frame.subarray(0, options.snap ?? 65535);
  const fraction = Number(packet.time % BILLION);
  return concat(
    word(Number(packet.time / BILLION)),
    word(options.nanoseconds === true ? fraction : Math.floor(fraction / 1000)),
    word(captured.length),
    word(packet.wire ?? packet.frame.length),
    captured
  );
}

/** A pcap file. */
export function pcap(packets: readonly Packet[], options: PcapOptions = {}): Uint8Array {
  return concat(pcapHeader(options), ...packets.map((packet) => pcapRecord(packet, options)));
}

export interface Block {
  readonly type: number;
  readonly body: Uint8Array;
}

/** Blocks of a pcapng file in one byte order; `interfaceBlock` and `packetBlock` make the usual ones. */
export function pcapng(blocks: readonly Block[], bigEndian = false): Uint8Array {
  const { word } = writer(bigEndian);
  return concat(
    ...blocks.map(({ type, body }) => {
      const padding = new Uint8Array((4 - (body.length % 4)) % 4);
      const length = word(12 + body.length + padding.length);
      return concat(word(type), length, body, padding, word(12 + body.length + padding.length));
    })
  );
}

export function sectionBlock(bigEndian = false): Block {
  const { word, half } = writer(bigEndian);
  const unknown = word(0xffffffff);
  return { type: 0x0a0d0d0a, body: concat(word(0x1a2b3c4d), half(1), half(0), unknown, word(0xffffffff)) };
}

export interface InterfaceOptions {
  /** if_tsresol: 6 for microseconds (the default), 9 for nanoseconds, 0x80 + n for 2^-n seconds. */
  readonly resolution?: number;
  /** if_tsoffset: seconds to add to every timestamp. */
  readonly offset?: bigint;
  /** Bytes kept of a packet; 0 (the default) stands for all. */
  readonly snap?: number;
}

/** Options of a block: code and value, padded, with the end mark behind the last. */
export function blockOptions(options: ReadonlyArray<readonly [number, Uint8Array]>, bigEndian = false): Uint8Array {
  const { half } = writer(bigEndian);
  const parts = options.flatMap(([code, value]) => [
    half(code),
    half(value.length),
    value,
    new Uint8Array((4 - (value.length % 4)) % 4),
  ]);
  return options.length === 0 ? new Uint8Array(0) : concat(...parts, half(0), half(0));
}

function long(value: bigint, bigEndian: boolean): Uint8Array {
  const data = new Uint8Array(8);
  new DataView(data.buffer).setBigInt64(0, BigInt.asIntN(64, value), !bigEndian);
  return data;
}

export function interfaceBlock(linkType: number, options: InterfaceOptions = {}, bigEndian = false): Block {
  const { word, half } = writer(bigEndian);
  const written: Array<[number, Uint8Array]> = [];
  if (options.resolution !== undefined) {
    written.push([9, Uint8Array.of(options.resolution)]);
  }
  if (options.offset !== undefined) {
    written.push([14, long(options.offset, bigEndian)]);
  }
  const head = [half(linkType), half(0), word(options.snap ?? 0)];
  return { type: 1, body: concat(...head, blockOptions(written, bigEndian)) };
}

/** A simple packet block: no interface, no time. */
export function simplePacketBlock(frame: Uint8Array, wire = frame.length, bigEndian = false): Block {
  return { type: 3, body: concat(writer(bigEndian).word(wire), frame) };
}

/** Interface statistics: packets that the interface (5) and the operating system (7) dropped. */
export function statisticsBlock(interfaceId: number, drops: Readonly<Record<5 | 7, bigint>>, bigEndian = false): Block {
  const { word } = writer(bigEndian);
  const written = ([5, 7] as const).map((code) => [code, long(drops[code], bigEndian)] as const);
  return { type: 5, body: concat(word(interfaceId), word(0), word(0), blockOptions(written, bigEndian)) };
}

/** An enhanced packet block; `units` is its timestamp in units of the interface's resolution. */
export function packetBlock(interfaceId: number, units: bigint, packet: Packet, bigEndian = false): Block {
  const { word } = writer(bigEndian);
  return {
    type: 6,
    body: concat(
      word(interfaceId),
      word(Number(units >> 32n)),
      word(Number(units & 0xffffffffn)),
      word(packet.frame.length),
      word(packet.wire ?? packet.frame.length),
      packet.frame
    ),
  };
}
