import { Pkt, type PacketBatch } from './packet-batch.js';
import { Fill, LARGEST_PACKET, PacketReader } from './packet-reader.js';

const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const INTERFACE = 1;
const OLD_PACKET = 2;
const SIMPLE_PACKET = 3;
const INTERFACE_STATISTICS = 5;
const ENHANCED_PACKET = 6;
/** Largest block that is believed; options and secrets may be large, but not this large. */
const LARGEST_BLOCK = 16 * 1024 * 1024;

interface Interface {
  readonly linkType: number;
  readonly snapLength: number;
  /** Timestamp units in a second. */
  readonly perSecond: number;
  /** Seconds to add (if_tsoffset). */
  readonly offset: number;
}

/** The first four bytes of a pcapng file, the same in either byte order. */
export function isPcapng(magic: number): boolean {
  return magic >>> 0 === SECTION_HEADER;
}

/** Reads pcapng (draft-ietf-opsawg-pcapng): several sections and interfaces, either byte order, any time resolution. */
export class PcapngReader extends PacketReader {
  private littleEndian = true;
  private interfaces: Interface[] = [];
  /** Interfaces of the sections before: numbers are unique over the whole input. */
  private earlierInterfaces = 0;
  /** Where packets go. */
  private target: PacketBatch | null = null;
  /** Time of the packet at hand. */
  private seconds = 0;
  private nanos = 0;
  /** Upper half of the last timestamp with its interface, and the whole seconds and units it stands for. */
  private high = -1;
  private highInterface = -1;
  private highSeconds = 0;
  private highUnits = 0;
  /** Drops by interface and counter; a later block of the same interface replaces the former. */
  private readonly drops = new Map<string, number>();

  fill(batch: PacketBatch): Fill {
    batch.bytes = this.bytes;
    batch.view = this.view;
    this.target = batch;
    while (!batch.full) {
      const result = this.next();
      if (result !== Fill.Full) {
        return result;
      }
    }
    return Fill.Full;
  }

  /** Reads one block. Full stands for "go on". */
  private next(): Fill {
    const { view, position } = this;
    if (position + 12 > this.end) {
      return Fill.More;
    }
    const type = view.getUint32(position, this.littleEndian);
    if (type === SECTION_HEADER) {
      return this.section();
    }
    const length = view.getUint32(position + 4, this.littleEndian);
    if (length < 12 || length % 4 !== 0 || length > LARGEST_BLOCK) {
      this.damage = `a block of type ${type} with length ${length}`;
      return Fill.Damaged;
    }
    if (position + length > this.end) {
      return Fill.More;
    }
    const again = view.getUint32(position + length - 4, this.littleEndian);
    if (again !== length) {
      this.damage = `a block of type ${type} that begins with length ${length} and ends with length ${again}`;
      return Fill.Damaged;
    }
    const result = this.block(type, position + 8, position + length - 4);
    if (result === Fill.Full) {
      // Not before: damage must be found again when it is asked for again.
      this.position = position + length;
    }
    return result;
  }

  /** The bytes that the block being read needs in all, for the buffer behind `bytes`; 0 when its length is not known yet. */
  get wanted(): number {
    const known = this.position + 8 <= this.end;
    return known ? Math.min(LARGEST_BLOCK, this.view.getUint32(this.position + 4, this.littleEndian)) : 0;
  }

  private section(): Fill {
    const { view, position } = this;
    if (position + 28 > this.end) {
      return Fill.More;
    }
    const little = view.getUint32(position + 8, true) === BYTE_ORDER_MAGIC;
    if (!little && view.getUint32(position + 8) !== BYTE_ORDER_MAGIC) {
      this.damage = 'a section without its byte-order magic';
      return Fill.Damaged;
    }
    const length = view.getUint32(position + 4, little);
    const major = view.getUint16(position + 12, little);
    const minor = view.getUint16(position + 14, little);
    // Version 1.0; a few programs wrote 1.2 and meant the same (draft-ietf-opsawg-pcapng 4.1).
    const known = major === 1 && (minor === 0 || minor === 2);
    if (length < 28 || length % 4 !== 0 || length > LARGEST_BLOCK || !known) {
      this.damage = `a section header of version ${major}.${minor} with length ${length}`;
      return Fill.Damaged;
    }
    this.littleEndian = little;
    if (position + length > this.end) {
      return Fill.More;
    }
    const again = view.getUint32(position + length - 4, little);
    if (again !== length) {
      this.damage = `a section header that begins with length ${length} and ends with length ${again}`;
      return Fill.Damaged;
    }
    this.position = position + length;
    this.earlierInterfaces += this.interfaces.length;
    this.interfaces = [];
    this.highInterface = -1;
    return Fill.Full;
  }

  /** A whole block whose body lies in [at, end). */
  private block(type: number, at: number, end: number): Fill {
    switch (type) {
      case ENHANCED_PACKET:
        return this.packet(at, end, 20, this.word(at), 4);
      case OLD_PACKET:
        return this.packet(at, end, 20, end - at >= 20 ? this.view.getUint16(at, this.littleEndian) : 0, 4);
      case SIMPLE_PACKET:
        return this.simplePacket(at, end);
      case INTERFACE:
        return this.interfaceDescription(at, end);
      case INTERFACE_STATISTICS:
        this.statistics(at, end);
        return Fill.Full;
      default:
        return Fill.Full;
    }
  }

  private word(at: number): number {
    return at + 4 <= this.end ? this.view.getUint32(at, this.littleEndian) : 0;
  }

  private packet(at: number, end: number, header: number, number: number, timeAt: number): Fill {
    const described = this.interfaces[number];
    if (end - at < header || described === undefined) {
      this.damage =
        described === undefined ? `a packet of interface ${number}, which is not described` : 'a short packet block';
      return Fill.Damaged;
    }
    const captured = this.word(at + 12);
    if (captured > end - at - header || captured > LARGEST_PACKET) {
      this.damage = `a packet of ${captured} bytes in a block of ${end - at}`;
      return Fill.Damaged;
    }
    this.time(described, number, this.word(at + timeAt), this.word(at + timeAt + 4));
    this.take(described, number, at + header, captured, this.word(at + 16));
    return Fill.Full;
  }

  /** A packet without a time: it is taken to have come with the one before. */
  private simplePacket(at: number, end: number): Fill {
    const described = this.interfaces[0];
    if (end - at < 4 || described === undefined) {
      this.damage = 'a simple packet without an interface';
      return Fill.Damaged;
    }
    const wire = this.word(at);
    const snapped = described.snapLength === 0 ? wire : Math.min(wire, described.snapLength);
    this.take(described, 0, at + 4, Math.min(snapped, end - at - 4, LARGEST_PACKET), wire);
    return Fill.Full;
  }

  private take(described: Interface, number: number, at: number, captured: number, wire: number): void {
    const batch = this.target as PacketBatch;
    const packet = batch.length++ * Pkt.Words;
    batch.words[packet + Pkt.At] = at;
    batch.words[packet + Pkt.Captured] = captured;
    batch.words[packet + Pkt.Wire] = wire;
    batch.words[packet + Pkt.Seconds] = this.seconds;
    batch.words[packet + Pkt.Nanos] = this.nanos;
    batch.words[packet + Pkt.LinkType] = described.linkType;
    batch.words[packet + Pkt.Interface] = this.earlierInterfaces + number;
    batch.words[packet + Pkt.Vlan] = 0;
  }

  /**
   * Splits a 64-bit timestamp without 64-bit arithmetic: what its upper half stands for changes every few seconds at most
   * and is kept; the lower half is added to the rest of it.
   */
  private time(described: Interface, number: number, high: number, low: number): void {
    if (high !== this.high || number !== this.highInterface) {
      const units = BigInt(high) << 32n;
      const perSecond = BigInt(described.perSecond);
      this.high = high;
      this.highInterface = number;
      this.highSeconds = Number(units / perSecond) + described.offset;
      this.highUnits = Number(units % perSecond);
    }
    const units = this.highUnits + low;
    const seconds = Math.floor(units / described.perSecond);
    this.seconds = this.highSeconds + seconds;
    this.nanos = Math.floor((units - seconds * described.perSecond) * (1e9 / described.perSecond));
    if (this.seconds < 0 || this.seconds > 0xffffffff) {
      this.seconds = 0;
    }
  }

  private interfaceDescription(at: number, end: number): Fill {
    if (end - at < 8) {
      this.damage = 'a short interface description';
      return Fill.Damaged;
    }
    let perSecond = 1e6;
    let offset = 0;
    this.options(at + 8, end, (code, from, length) => {
      if (code === 9 && length >= 1) {
        const resolution = this.view.getUint8(from);
        perSecond = (resolution & 0x80) !== 0 ? 2 ** (resolution & 0x7f) : 10 ** resolution;
      } else if (code === 14 && length >= 8) {
        offset = Number(this.view.getBigInt64(from, this.littleEndian));
      }
    });
    // Finer than a double can count exactly: such files do not exist, and their fractions would be noise.
    if (!(perSecond <= 2 ** 52)) {
      this.damage = 'an interface with an impossible time resolution';
      return Fill.Damaged;
    }
    const linkType = this.view.getUint16(at, this.littleEndian);
    this.interfaces.push({ linkType, snapLength: this.word(at + 4), perSecond, offset });
    return Fill.Full;
  }

  /** Interface statistics: what the interface (5) and the operating system (7) dropped. */
  private statistics(at: number, end: number): void {
    const interfaceId = this.earlierInterfaces + this.word(at);
    this.options(at + 12, end, (code, from, length) => {
      if ((code === 5 || code === 7) && length === 8) {
        this.drops.set(`${interfaceId} ${code}`, Number(this.view.getBigUint64(from, this.littleEndian)));
        this.reportedDrops = [...this.drops.values()].reduce((sum, drops) => sum + drops, 0);
      }
    });
  }

  private options(at: number, end: number, visit: (code: number, from: number, length: number) => void): void {
    while (at + 4 <= end) {
      const code = this.view.getUint16(at, this.littleEndian);
      const length = this.view.getUint16(at + 2, this.littleEndian);
      if (code === 0 || at + 4 + length > end) {
        return;
      }
      visit(code, at + 4, length);
      at += 4 + ((length + 3) & ~3);
    }
  }
}
