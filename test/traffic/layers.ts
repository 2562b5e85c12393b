import { bytes, concat, ethernet, etherTypeOf, ip, type IpFields } from './frame.js';

/** Headers around a packet: one function a kind of encapsulation. `packet` is IPv4 or IPv6 where nothing else is said. */

const OUTER = { source: '192.0.2.1', destination: '192.0.2.2' };

/** An outer IPv4 (or, with its addresses, IPv6) header. */
export function around(protocol: number, payload: Uint8Array, fields: Partial<IpFields> = {}): Uint8Array {
  return ip({ ...OUTER, protocol, ...fields }, payload);
}

/** ICMP or ICMPv6 about a packet, of which it quotes `length` bytes: by default the IP header and 8 bytes, as RFC 792 asks. */
export function icmpError(type: number, code: number, packet: Uint8Array, length?: number): Uint8Array {
  const header = (packet[0] ?? 0) >> 4 === 6 ? 40 : ((packet[0] ?? 0) & 15) * 4;
  return concat(bytes([1, type], [1, code], [2, 0], [4, 0]), packet.subarray(0, length ?? header + 8));
}

export function udp(destinationPort: number, payload: Uint8Array, sourcePort = 50_000): Uint8Array {
  return concat(bytes([2, sourcePort], [2, destinationPort], [2, 8 + payload.length], [2, 0]), payload);
}

/** An Ethernet frame of an IP packet. */
export function framed(packet: Uint8Array, vlans: readonly number[] = []): Uint8Array {
  return ethernet(etherTypeOf(packet), packet, vlans);
}

/** MPLS labels, the last with the bottom-of-stack bit. */
export function mpls(packet: Uint8Array, labels: readonly number[] = [16]): Uint8Array {
  const words = labels.map((label, i) => bytes([4, (label << 12) | (i + 1 === labels.length ? 0x100 : 0) | 64]));
  return concat(...words, packet);
}

/** The control word of a pseudowire (RFC 4385). */
export const controlWord = new Uint8Array(4);

const pppProtocol = (packet: Uint8Array) => (etherTypeOf(packet) === 0x86dd ? 0x57 : 0x21);

/** PPP; `address` says whether the HDLC address and control bytes stand in front, `short` compresses the protocol. */
export function ppp(packet: Uint8Array, options: { address?: boolean; short?: boolean; protocol?: number } = {}) {
  const protocol = options.protocol ?? pppProtocol(packet);
  const field = options.short === true ? bytes([1, protocol]) : bytes([2, protocol]);
  return concat(options.address === true ? bytes([2, 0xff03]) : new Uint8Array(0), field, packet);
}

/** A PPPoE session's data. */
export function pppoe(payload: Uint8Array): Uint8Array {
  return concat(bytes([2, 0x1100], [2, 7], [2, payload.length]), payload);
}

/** Linux cooked capture, version 1. */
export function sll(protocol: number, payload: Uint8Array): Uint8Array {
  return concat(bytes([2, 0], [2, 1], [2, 6], [4, 0x02000000], [4, 0x00010000], [2, protocol]), payload);
}

/** Linux cooked capture, version 2. */
export function sll2(protocol: number, payload: Uint8Array): Uint8Array {
  return concat(
    bytes([2, protocol], [2, 0], [4, 3], [2, 1], [1, 0], [1, 6], [4, 0x02000000], [4, 0x00010000]),
    payload
  );
}

/** BSD loopback with the family in the byte order of the host. */
export function loopback(family: number, payload: Uint8Array, littleEndian: boolean): Uint8Array {
  const word = bytes([4, family]);
  return concat(littleEndian ? word.reverse() : word, payload);
}

export interface GreFields {
  readonly checksum?: boolean;
  readonly key?: number;
  readonly sequence?: number;
}

/** GRE version 0 (RFC 2784, 2890). */
export function gre(protocol: number, payload: Uint8Array, fields: GreFields = {}): Uint8Array {
  const { checksum, key, sequence } = fields;
  const flags =
    (checksum === true ? 0x8000 : 0) | (key === undefined ? 0 : 0x2000) | (sequence === undefined ? 0 : 0x1000);
  const optional = [checksum === true ? 0 : undefined, key, sequence].filter((value) => value !== undefined);
  return concat(bytes([2, flags], [2, protocol], ...optional.map((value) => [4, value] as const)), payload);
}

/** GRE version 1 of PPTP (RFC 2637). */
export function pptp(payload: Uint8Array, acknowledged = false): Uint8Array {
  const flags = 0x3001 | (acknowledged ? 0x80 : 0);
  const head = bytes([2, flags], [2, 0x880b], [2, payload.length], [2, 1], [4, 5]);
  return concat(head, acknowledged ? bytes([4, 4]) : new Uint8Array(0), payload);
}

/** ERSPAN type I, II or III behind an outer IPv4 header; `frame` is an Ethernet frame. */
export function erspan(type: 1 | 2 | 3, frame: Uint8Array, platform = false): Uint8Array {
  if (type === 1) {
    return around(47, gre(0x88be, frame));
  }
  if (type === 2) {
    return around(47, gre(0x88be, concat(bytes([2, 0x1000], [2, 0], [4, 0]), frame), { sequence: 1 }));
  }
  const header = bytes([2, 0x2000], [2, 0], [4, 0], [2, 0], [1, 0], [1, platform ? 1 : 0]);
  return around(47, gre(0x22eb, concat(header, new Uint8Array(platform ? 8 : 0), frame), { sequence: 1 }));
}

export function vxlan(frame: Uint8Array, port = 4789): Uint8Array {
  return around(17, udp(port, concat(bytes([1, 0x08], [1, 0], [2, 0], [4, 42 << 8]), frame)));
}

/** VXLAN-GPE: `next` is 1 for IPv4, 2 for IPv6, 3 for Ethernet. */
export function vxlanGpe(next: number, payload: Uint8Array): Uint8Array {
  return around(17, udp(4790, concat(bytes([1, 0x0c], [2, 0], [1, next], [4, 42 << 8]), payload)));
}

/** @param options words of 4 bytes of options */
export function geneve(protocol: number, payload: Uint8Array, options = 0): Uint8Array {
  const head = bytes([1, options], [1, 0], [2, protocol], [4, 42 << 8]);
  return around(17, udp(6081, concat(head, new Uint8Array(options * 4), payload)));
}

/** @param extensions lengths, in words of 4 bytes, of extension headers; null leaves out the optional fields too */
export function gtp(packet: Uint8Array, extensions: readonly number[] | null = null): Uint8Array {
  const optional =
    extensions === null
      ? new Uint8Array(0)
      : concat(
          bytes([2, 1], [1, 0], [1, extensions.length > 0 ? 0x85 : 0]),
          ...extensions.map((words, i) => {
            const extension = new Uint8Array(words * 4);
            extension[0] = words;
            extension[extension.length - 1] = i + 1 < extensions.length ? 0x85 : 0;
            return extension;
          })
        );
  const flags = 0x30 | (extensions === null ? 0 : extensions.length > 0 ? 0x04 : 0x02);
  const head = bytes([1, flags], [1, 255], [2, optional.length + packet.length], [4, 99]);
  return around(17, udp(2152, concat(head, optional, packet)));
}

/** L2TPv2 data (RFC 2661), with the optional fields that are named. */
export function l2tp(payload: Uint8Array, fields: { length?: boolean; sequence?: boolean; offset?: number } = {}) {
  const flags =
    2 |
    (fields.length === true ? 0x4000 : 0) |
    (fields.sequence === true ? 0x0800 : 0) |
    (fields.offset === undefined ? 0 : 0x0200);
  const parts = [
    bytes([2, flags]),
    fields.length === true ? bytes([2, 0]) : new Uint8Array(0),
    bytes([2, 1], [2, 2]),
    fields.sequence === true ? bytes([2, 3], [2, 4]) : new Uint8Array(0),
    fields.offset === undefined ? new Uint8Array(0) : concat(bytes([2, fields.offset]), new Uint8Array(fields.offset)),
  ];
  return around(17, udp(1701, concat(...parts, payload)));
}

/** An authentication header (RFC 4302) with a check value of 12 bytes. */
export function authenticated(next: number, payload: Uint8Array): Uint8Array {
  return concat(bytes([1, next], [1, 4], [2, 0], [4, 1], [4, 1], [4, 0], [4, 0], [4, 0]), payload);
}

/** An IPv6 extension header of 8 × (1 + `more`) bytes. */
export function extension(next: number, payload: Uint8Array, more = 0): Uint8Array {
  return concat(bytes([1, next], [1, more]), new Uint8Array(6 + 8 * more), payload);
}

/** An IPv6 fragment header; `offset` in bytes. */
export function fragmentHeader(next: number, offset: number, more: boolean, id = 77): Uint8Array {
  return bytes([1, next], [1, 0], [2, offset | (more ? 1 : 0)], [4, id]);
}

/** LLC and SNAP in front of an EtherType. */
export function snap(etherType: number, payload: Uint8Array): Uint8Array {
  return concat(bytes([4, 0xaaaa0300], [2, 0], [2, etherType]), payload);
}

export interface WifiFields {
  readonly qos?: boolean;
  /** To and from the distribution system: four addresses. */
  readonly relay?: boolean;
  readonly encrypted?: boolean;
  readonly aggregate?: boolean;
}

/** An 802.11 data frame with LLC inside. */
export function wifi(payload: Uint8Array, fields: WifiFields = {}): Uint8Array {
  const control = (fields.qos === true ? 0x80 : 0) | 0x08;
  const flags = (fields.relay === true ? 3 : 1) | (fields.encrypted === true ? 0x40 : 0);
  const qos = fields.qos === true ? bytes([1, fields.aggregate === true ? 0x80 : 0], [1, 0]) : new Uint8Array(0);
  const subframe = fields.aggregate === true ? new Uint8Array(14) : new Uint8Array(0);
  const addresses = new Uint8Array(22 + (fields.relay === true ? 6 : 0));
  return concat(bytes([1, control], [1, flags]), addresses, qos, subframe, payload);
}

/** CAPWAP data (RFC 5415): `native` says that `frame` is an 802.11 frame. */
export function capwap(
  frame: Uint8Array,
  fields: { native?: boolean; fragment?: boolean; keepAlive?: boolean; dtls?: boolean } = {}
): Uint8Array {
  const flags = (fields.fragment === true ? 0x80 : 0) | (fields.keepAlive === true ? 0x08 : 0);
  // A header of three words: the last is optional wireless information.
  const head = bytes(
    [1, fields.dtls === true ? 1 : 0],
    [1, 3 << 3],
    [1, (1 << 1) | (fields.native === true ? 1 : 0)],
    [1, flags],
    [4, 0],
    [4, 0x03010203]
  );
  return around(17, udp(5247, concat(head, frame)));
}

/** An attribute of netfilter's log. */
function attribute(type: number, value: Uint8Array, littleEndian: boolean): Uint8Array {
  const head = bytes([2, 4 + value.length], [2, type]);
  const turned = littleEndian ? Uint8Array.of(head[1] ?? 0, head[0] ?? 0, head[3] ?? 0, head[2] ?? 0) : head;
  return concat(turned, value, new Uint8Array(-value.length & 3));
}

/** A packet that Linux's firewall logged: its header, a hook and an interface, a prefix of three bytes, the packet. */
export function nflog(family: number, packet: Uint8Array, littleEndian: boolean): Uint8Array {
  const attributes: ReadonlyArray<readonly [number, Uint8Array]> = [
    [1, new Uint8Array(4)],
    [10, new Uint8Array(3)],
    [9, packet],
  ];
  return concat(
    bytes([1, family], [1, 0], [2, 40]),
    ...attributes.map(([type, value]) => attribute(type, value, littleEndian))
  );
}

/** The radiotap header, little endian, of `length` bytes. */
export function radiotap(payload: Uint8Array, length = 18): Uint8Array {
  const header = new Uint8Array(length);
  header[2] = length;
  return concat(header, payload);
}
