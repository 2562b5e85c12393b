import type { Decoder } from './decoder.js';
import { NOT_TCP, QUOTE } from './reasons.js';
import { Flag, Quote, Seg } from './segment.js';

const UNREACHABLE = 3;
const UNREACHABLE_6 = 1;
/** The packet was too large (path MTU discovery, RFC 1191): it says nothing of who can be reached. */
const TOO_LARGE = 4;
const PROTOCOL_TCP = 6;
/** Bytes of the quoted TCP header that every host quotes (RFC 792): ports and sequence number. */
const QUOTED = 8;
/** Bytes of the ICMP header in front of the quoted packet. */
const HEADER = 8;

/**
 * ICMP "destination unreachable" (RFC 792, RFC 1812 5.2.7.1) about a TCP segment: the answer of hosts, routers and
 * firewalls that say no without a RST. The segment is quoted, and so it is not counted; what is said of its connection is
 * handed on (`Quote`).
 * @returns QUOTE with the message filled in, or NOT_TCP
 */
export function icmp(decoder: Decoder, at: number): number {
  const { view, segments, segment } = decoder;
  const ip = at + HEADER;
  if (ip + 20 + QUOTED > decoder.capturedEnd || view.getUint8(at) !== UNREACHABLE) {
    return NOT_TCP;
  }
  const first = view.getUint8(ip);
  const tcp = ip + ((first & 15) << 2);
  const code = view.getUint8(at + 1);
  if (
    first >> 4 !== 4 ||
    tcp < ip + 20 ||
    tcp + QUOTED > decoder.capturedEnd ||
    view.getUint8(ip + 9) !== PROTOCOL_TCP ||
    (view.getUint16(ip + 6) & 0x1fff) !== 0 ||
    code === TOO_LARGE
  ) {
    return NOT_TCP;
  }
  const reporter = segments[segment + Seg.Source] as number;
  segments[segment + Seg.Source] = view.getInt32(ip + 12);
  segments[segment + Seg.Destination] = view.getInt32(ip + 16);
  return quoted(decoder, tcp, code, reporter, reporter === view.getInt32(ip + 16));
}

/** The same of IPv6 (RFC 4443 3.1), whose quoted packet has no extension headers. */
export function icmp6(decoder: Decoder, at: number): number {
  const { view, segments, segment } = decoder;
  const ip = at + HEADER;
  const tcp = ip + 40;
  if (
    tcp + QUOTED > decoder.capturedEnd ||
    view.getUint8(at) !== UNREACHABLE_6 ||
    view.getUint8(ip) >> 4 !== 6 ||
    view.getUint8(ip + 6) !== PROTOCOL_TCP
  ) {
    return NOT_TCP;
  }
  let fromAddressee = true;
  for (let word = 0; word < 4; word++) {
    fromAddressee &&= segments[segment + Seg.Source + word] === view.getInt32(ip + 24 + word * 4);
  }
  for (let word = 0; word < 8; word++) {
    segments[segment + Seg.Source + word] = view.getInt32(ip + 8 + word * 4);
  }
  return quoted(decoder, tcp, view.getUint8(at + 1), 0, fromAddressee);
}

function quoted(decoder: Decoder, tcp: number, code: number, reporter: number, fromAddressee: boolean): number {
  const { view, segments, segment } = decoder;
  segments[segment + Seg.Ports] = view.getInt32(tcp);
  segments[segment + Seg.Sequence] = view.getInt32(tcp + 4);
  segments[segment + Seg.Flags] = Flag.Quote;
  segments[segment + Quote.Reporter] = reporter;
  segments[segment + Quote.Code] = code;
  segments[segment + Quote.FromAddressee] = Number(fromAddressee);
  segments[segment + Seg.WindowScale] = -1;
  decoder.tcpAt = -1;
  return QUOTE;
}
