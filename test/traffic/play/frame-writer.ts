import { ACK, RST, SYN } from '../frame.js';
import type { Host } from './host.js';
import { synOptions, timestampAt } from './stack.js';

/** Byte that payload consists of: equal bytes make the checksum of any length a multiplication. */
const PAYLOAD = 0x61;
const PAYLOAD_WORD = PAYLOAD * 257;
const RECORD = 16;
/** More than a record can take: jumbo frames are not sent. */
const LARGEST = 4096;

export interface WriterOptions {
  /** Bytes kept of a packet. */
  readonly snap: number;
  readonly nanoseconds: boolean;
  /** Time 0, seconds since 1970. */
  readonly epoch: number;
}

/** One direction of a connection on the wire: the part of its headers that stays the same. */
export class Direction {
  /** Ethernet, IP and TCP headers without options. */
  readonly head: Uint8Array;
  /** Where the IP and TCP headers begin. */
  readonly ip: number;
  readonly tcp: number;
  readonly ipv6: boolean;
  /** Sums for the checksums over what stays the same, not folded. */
  readonly ipSum: number;
  readonly tcpSum: number;
  readonly synOptions: Uint8Array;
  readonly stampAt: number;
  readonly stamps: boolean;
  id: number;

  /** @param answers the options answer the peer's, as a server's do */
  constructor(
    readonly from: Host,
    readonly to: Host,
    fromPort: number,
    toPort: number,
    vlan: number,
    answers: boolean
  ) {
    this.ipv6 = from.bytes.length === 16;
    this.ip = vlan === 0 ? 14 : 18;
    this.tcp = this.ip + (this.ipv6 ? 40 : 20);
    this.head = new Uint8Array(this.tcp + 20);
    const view = new DataView(this.head.buffer);
    this.head.set(to.mac, 0);
    this.head.set(from.mac, 6);
    if (vlan !== 0) {
      view.setUint16(12, 0x8100);
      view.setUint16(14, vlan);
    }
    view.setUint16(this.ip - 2, this.ipv6 ? 0x86dd : 0x0800);
    let addresses: number;
    if (this.ipv6) {
      view.setUint32(this.ip, 0x60000000 | (((fromPort << 4) ^ toPort ^ from.clock) & 0xfffff));
      this.head[this.ip + 6] = 6;
      addresses = this.ip + 8;
    } else {
      view.setUint16(this.ip, 0x4500);
      view.setUint16(this.ip + 6, 0x4000);
      this.head[this.ip + 9] = 6;
      addresses = this.ip + 12;
    }
    this.head.set(from.bytes, addresses);
    this.head.set(to.bytes, addresses + from.bytes.length);
    view.setUint16(this.tcp, fromPort);
    view.setUint16(this.tcp + 2, toPort);
    let sum = 0;
    for (let at = addresses; at < addresses + 2 * from.bytes.length; at += 2) {
      sum += view.getUint16(at);
    }
    this.ipSum = sum + 0x4500 + 0x4000 + 6;
    this.tcpSum = sum + 6 + fromPort + toPort;
    const mss = Math.min(from.site.mss, to.site.mss) - (this.ipv6 ? 20 : 0);
    this.synOptions = synOptions(from.stack, answers ? mss : from.site.mss, answers ? to.stack : null);
    this.stampAt = timestampAt(this.synOptions);
    this.stamps = from.stack.timestamps && to.stack.timestamps;
    this.id = (from.clock ^ (fromPort * 31)) & 0xffff;
  }
}

/** Writes packets as records of a pcap file into a buffer, header fields and checksums included. */
export class FrameWriter {
  readonly bytes: Uint8Array;
  /** Bytes written. */
  length = 0;
  private readonly view: DataView;
  private readonly fraction: number;

  constructor(
    size: number,
    private readonly options: WriterOptions
  ) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
    this.fraction = options.nanoseconds ? 1 : 1000;
  }

  get full(): boolean {
    return this.length + LARGEST > this.bytes.length;
  }

  /** The header of the file (libpcap's own format, little endian). */
  header(): void {
    const { view } = this;
    view.setUint32(0, this.options.nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, true);
    view.setUint16(4, 2, true);
    view.setUint16(6, 4, true);
    view.setUint32(8, 0, true);
    view.setUint32(12, 0, true);
    view.setUint32(16, this.options.snap, true);
    view.setUint32(20, 1, true);
    this.length = 24;
  }

  /**
   * @param time nanoseconds since time 0
   * @param length bytes of payload
   * @param ttl time to live; 0 for the sender's own
   * @param bare without options and identification, as a host answers what it has no connection for
   */
  packet(
    time: number,
    direction: Direction,
    flags: number,
    sequence: number,
    acknowledgement: number,
    length: number,
    window: number,
    ttl: number,
    bare: boolean
  ): void {
    const { bytes, view } = this;
    const record = this.length;
    const frame = record + RECORD;
    bytes.set(direction.head, frame);
    const tcp = frame + direction.tcp;
    const options = this.writeOptions(tcp + 20, time, direction, flags, bare);
    const header = 20 + options;

    // TCP
    const offsetAndFlags = (header << 10) | flags;
    view.setUint32(tcp + 4, sequence);
    view.setUint32(tcp + 8, acknowledgement);
    view.setUint16(tcp + 12, offsetAndFlags);
    view.setUint16(tcp + 14, window);
    let sum = direction.tcpSum + header + length + offsetAndFlags + window;
    sum += (sequence >>> 16) + (sequence & 0xffff) + (acknowledgement >>> 16) + (acknowledgement & 0xffff);
    for (let at = tcp + 20; at < tcp + header; at += 2) {
      sum += view.getUint16(at);
    }
    sum += PAYLOAD_WORD * (length >> 1) + ((length & 1) !== 0 ? PAYLOAD << 8 : 0);
    view.setUint16(tcp + 16, checksum(sum));

    // IP
    const ip = frame + direction.ip;
    const hops = ttl !== 0 ? ttl : direction.from.ttl;
    if (direction.ipv6) {
      view.setUint16(ip + 4, header + length);
      bytes[ip + 7] = hops;
    } else {
      const total = 20 + header + length;
      const id = bare ? 0 : nextId(direction, flags);
      view.setUint16(ip + 2, total);
      view.setUint16(ip + 4, id);
      bytes[ip + 8] = hops;
      view.setUint16(ip + 10, checksum(direction.ipSum + total + id + (hops << 8)));
    }

    const wire = direction.tcp + header + length;
    const captured = Math.min(wire, this.options.snap);
    if (captured > direction.tcp + header) {
      bytes.fill(PAYLOAD, tcp + header, frame + captured);
    }
    const seconds = Math.floor(time / 1e9);
    view.setUint32(record, this.options.epoch + seconds, true);
    view.setUint32(record + 4, Math.floor((time - seconds * 1e9) / this.fraction), true);
    view.setUint32(record + 8, captured, true);
    view.setUint32(record + 12, wire, true);
    this.length = frame + captured;
  }

  /** Returns the bytes written. */
  private writeOptions(at: number, time: number, direction: Direction, flags: number, bare: boolean): number {
    const { view } = this;
    const { from, to } = direction;
    if ((flags & SYN) !== 0) {
      const { synOptions: options, stampAt } = direction;
      this.bytes.set(options, at);
      if (stampAt >= 0) {
        view.setUint32(at + stampAt, from.clock + Math.floor(time / 1e6));
        view.setUint32(at + stampAt + 4, (flags & ACK) === 0 ? 0 : to.clock + Math.floor((time - from.rtt) / 1e6));
      }
      return options.length;
    }
    if (!direction.stamps || bare || (flags & RST) !== 0) {
      return 0;
    }
    view.setUint32(at, 0x0101080a);
    view.setUint32(at + 4, from.clock + Math.floor(time / 1e6));
    // What the peer's clock said when the packet that is answered passed here.
    view.setUint32(at + 8, to.clock + Math.floor((time - from.rtt) / 1e6));
    return 12;
  }
}

function nextId(direction: Direction, flags: number): number {
  const { from } = direction;
  switch (from.stack.ids) {
    case 'host':
      return (from.nextId = (from.nextId + 1) & 0xffff);
    case 'connection':
      // Linux answers a SYN before there is a socket to count for.
      return (flags & (SYN | ACK)) === (SYN | ACK) ? 0 : (direction.id = (direction.id + 1) & 0xffff);
    default:
      return 0;
  }
}

/** The Internet checksum of a sum of 16-bit words (RFC 1071). */
function checksum(sum: number): number {
  sum = (sum >>> 16) + (sum & 0xffff);
  sum += sum >>> 16;
  return ~sum & 0xffff;
}
