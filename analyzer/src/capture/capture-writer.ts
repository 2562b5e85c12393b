/**
 * Bytes of capture files. Packets of one link type make a pcap file, which every program reads; several link types need
 * pcapng, which names the interface of each packet. Timestamps keep their nanoseconds.
 */

/** A packet to be written: captured bytes, and the length on the wire. */
export interface PacketRecord {
  /** Seconds since 1970 (32 bits) and nanoseconds. */
  readonly seconds: number;
  readonly nanos: number;
  readonly bytes: Uint8Array;
  readonly wire: number;
}

/** What libpcap takes for a limit that is none (MAXIMUM_SNAPLEN). */
const SNAP_LENGTH = 262144;

/** Header of a pcap file (draft-ietf-opsawg-pcap). `nanoseconds` chooses the magic number that says so. */
export function pcapFileHeader(linkType: number, nanoseconds: boolean): Uint8Array {
  const { bytes, view } = block(24);
  view.setUint32(0, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, SNAP_LENGTH, true);
  view.setUint32(20, linkType, true);
  return bytes;
}

export function pcapPacket(packet: PacketRecord, nanoseconds: boolean): Uint8Array {
  const { bytes, view } = block(16 + packet.bytes.length);
  view.setUint32(0, packet.seconds, true);
  view.setUint32(4, nanoseconds ? packet.nanos : Math.floor(packet.nanos / 1000), true);
  view.setUint32(8, packet.bytes.length, true);
  view.setUint32(12, packet.wire, true);
  bytes.set(packet.bytes, 16);
  return bytes;
}

/** Section header and interface descriptions of a pcapng file (draft-ietf-opsawg-pcapng); times in nanoseconds. */
export function pcapngFileHeader(linkTypes: readonly number[]): Uint8Array {
  const section = ngBlock(0x0a0d0d0a, 16, (view, at) => {
    view.setUint32(at, 0x1a2b3c4d, true);
    view.setUint16(at + 4, 1, true);
    // The length of the section is not known: -1.
    view.setBigInt64(at + 8, -1n, true);
  });
  const interfaces = linkTypes.map((linkType) =>
    ngBlock(1, 20, (view, at) => {
      view.setUint16(at, linkType, true);
      view.setUint32(at + 4, SNAP_LENGTH, true);
      // if_tsresol (9), one byte: 10^-9 s; end of options.
      view.setUint16(at + 8, 9, true);
      view.setUint16(at + 10, 1, true);
      view.setUint8(at + 12, 9);
    })
  );
  return Buffer.concat([section, ...interfaces]);
}

/** An enhanced packet block. `interfaceNumber` counts the link types of the header. */
export function pcapngPacket(packet: PacketRecord, interfaceNumber: number): Uint8Array {
  const padded = (packet.bytes.length + 3) & ~3;
  const units = BigInt(packet.seconds) * 1_000_000_000n + BigInt(packet.nanos);
  const bytes = ngBlock(6, 20 + padded, (view, at) => {
    view.setUint32(at, interfaceNumber, true);
    view.setUint32(at + 4, Number(units >> 32n), true);
    view.setUint32(at + 8, Number(units & 0xffff_ffffn), true);
    view.setUint32(at + 12, packet.bytes.length, true);
    view.setUint32(at + 16, packet.wire, true);
  });
  bytes.set(packet.bytes, 28);
  return bytes;
}

function block(length: number): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(length);
  return { bytes, view: new DataView(bytes.buffer) };
}

/** A block whose body is `length` bytes, a multiple of 4; `fill` writes it from `at` on. */
function ngBlock(type: number, length: number, fill: (view: DataView, at: number) => void): Uint8Array {
  const { bytes, view } = block(length + 12);
  view.setUint32(0, type, true);
  view.setUint32(4, length + 12, true);
  view.setUint32(length + 8, length + 12, true);
  fill(view, 8);
  return bytes;
}
