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
    const { view, littleEndian, recordHeader, unit, end, linkType } = this;
    const { words, limit } = batch;
    batch.bytes = this.bytes;
    batch.view = view;
    let position = this.position;
    let length = batch.length;
    let result = Fill.Full;
    while (length < limit) {
      const at = position + recordHeader;
      if (at > end) {
        result = Fill.More;
        break;
      }
      const captured = view.getUint32(position + 8, littleEndian);
      if (captured > LARGEST_PACKET) {
        this.damage = `a packet of ${captured} bytes, more than ${LARGEST_PACKET}`;
        result = Fill.Damaged;
        break;
      }
      if (at + captured > end) {
        result = Fill.More;
        break;
      }
      let seconds = view.getUint32(position, littleEndian);
      let nanos = view.getUint32(position + 4, littleEndian) * unit;
      if (nanos >= 1e9) {
        // A fraction of more than a second is carried over; one that is wild says nothing.
        seconds += nanos < WILD ? Math.floor(nanos / 1e9) : 0;
        nanos = nanos < WILD ? nanos % 1e9 : 0;
      }
      const packet = length * Pkt.Words;
      words[packet + Pkt.At] = at;
      words[packet + Pkt.Captured] = captured;
      words[packet + Pkt.Wire] = view.getInt32(position + 12, littleEndian);
      words[packet + Pkt.Seconds] = seconds;
      words[packet + Pkt.Nanos] = nanos;
      words[packet + Pkt.LinkType] = linkType;
      words[packet + Pkt.Interface] = 0;
      words[packet + Pkt.Vlan] = 0;
      length++;
      position = at + captured;
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
