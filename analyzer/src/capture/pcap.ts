import { Pkt, type PacketBatch } from './packet-batch.js';
import { Fill, LARGEST_PACKET, PacketReader } from './packet-reader.js';

/** Bytes of the file header. */
export const PCAP_HEADER = 24;

interface PcapVariant {
  readonly littleEndian: boolean;
  /** Nanoseconds in one unit of the fraction: 1000 or 1. */
  readonly unit: number;
  /** Bytes of a record header: 16, or 24 in the variant of old Linux kernels ("Kuznetzov"). */
  readonly recordHeader: number;
}

/** The variant that the first four bytes (read big endian) announce, or null when they do not announce pcap. */
export function pcapVariant(magic: number): PcapVariant | null {
  switch (magic >>> 0) {
    case 0xa1b2c3d4:
      return { littleEndian: false, unit: 1000, recordHeader: 16 };
    case 0xd4c3b2a1:
      return { littleEndian: true, unit: 1000, recordHeader: 16 };
    case 0xa1b23c4d:
      return { littleEndian: false, unit: 1, recordHeader: 16 };
    case 0x4d3cb2a1:
      return { littleEndian: true, unit: 1, recordHeader: 16 };
    case 0xa1b2cd34:
      return { littleEndian: false, unit: 1000, recordHeader: 24 };
    case 0x34cdb2a1:
      return { littleEndian: true, unit: 1000, recordHeader: 24 };
    default:
      return null;
  }
}

/** Versions are 2.0 to 2.4, the last of 1998. libpcap refuses others, too: nobody knows what a packet's header is there. */
const NEWEST_MINOR = 4;

/** Nanoseconds from which on a fraction of a second is no sloppiness of a capture program but a wrong number. */
const WILD = 60e9;

/** A fraction of more than a second is carried over to the seconds; one that is wild says nothing. */
function carryOver(words: Int32Array, packet: number, nanos: number): void {
  if (nanos < WILD) {
    words[packet + Pkt.Seconds]! += Math.floor(nanos / 1e9);
  }
  words[packet + Pkt.Nanos] = nanos < WILD ? nanos % 1e9 : 0;
}

/** Reads pcap files (draft-ietf-opsawg-pcap): either byte order, microseconds or nanoseconds. */
export class PcapReader extends PacketReader {
  private readonly littleEndian: boolean;
  private readonly unit: number;
  private readonly recordHeader: number;
  private inHeader = true;
  private linkType = 0;

  constructor(variant: PcapVariant) {
    super();
    this.littleEndian = variant.littleEndian;
    this.unit = variant.unit;
    this.recordHeader = variant.recordHeader;
  }

  fill(batch: PacketBatch): Fill {
    if (this.inHeader) {
      const header = this.header();
      if (header !== Fill.Full) {
        return header;
      }
    }
    const { view, recordHeader, unit, end, linkType } = this;
    const { words, limit } = batch;
    // What `!!` gives is true or false, also to the compiler; and after `| 0` it need not look for overflows.
    const littleEndian = !!this.littleEndian;
    const unitsPerSecond = 1e9 / unit;
    batch.bytes = this.bytes;
    batch.view = view;
    let position = this.position;
    let length = batch.length;
    let result = Fill.Full;
    while (length < limit) {
      const at = (position + recordHeader) | 0;
      if (at > end) {
        result = Fill.More;
        break;
      }
      const captured = view.getInt32((position + 8) | 0, littleEndian);
      if (captured >>> 0 > LARGEST_PACKET) {
        this.damage = `a packet of ${captured >>> 0} bytes, more than ${LARGEST_PACKET}`;
        result = Fill.Damaged;
        break;
      }
      const next = (at + captured) | 0;
      if (next > end) {
        result = Fill.More;
        break;
      }
      const seconds = view.getInt32(position, littleEndian);
      const fraction = view.getInt32((position + 4) | 0, littleEndian);
      const packet = (length * Pkt.Words) | 0;
      words[(packet + Pkt.At) | 0] = at;
      words[(packet + Pkt.Captured) | 0] = captured;
      words[(packet + Pkt.Wire) | 0] = view.getInt32((position + 12) | 0, littleEndian);
      words[(packet + Pkt.Seconds) | 0] = seconds;
      words[(packet + Pkt.Nanos) | 0] = Math.imul(fraction, unit);
      words[(packet + Pkt.LinkType) | 0] = linkType;
      words[(packet + Pkt.Interface) | 0] = 0;
      words[(packet + Pkt.Vlan) | 0] = 0;
      if (fraction >>> 0 >= unitsPerSecond) {
        carryOver(words, packet, (fraction >>> 0) * unit);
      }
      length++;
      position = next;
    }
    this.position = position;
    batch.length = length;
    return result;
  }

  private header(): Fill {
    if (this.position + PCAP_HEADER > this.end) {
      return Fill.More;
    }
    const major = this.view.getUint16(this.position + 4, this.littleEndian);
    const minor = this.view.getUint16(this.position + 6, this.littleEndian);
    if (major !== 2 || minor > NEWEST_MINOR) {
      this.damage = `a pcap header of version ${major}.${minor}, not 2.0 to 2.${NEWEST_MINOR}`;
      return Fill.Damaged;
    }
    // The upper bits say whether frames end in a checksum (FCS), which the IP length excludes anyway.
    this.linkType = this.view.getUint32(this.position + 20, this.littleEndian) & 0xffff;
    this.position += PCAP_HEADER;
    this.inHeader = false;
    return Fill.Full;
  }
}
