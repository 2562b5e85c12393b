import type { Decoder } from './decoder.js';
import { ENCRYPTED, LINK_TYPE, MALFORMED, NOT_TCP, TOO_DEEP, TRUNCATED } from './reasons.js';

/** Link types of capture files (tcpdump.org/linktypes.html) that are decoded. */
export const LINK_NULL = 0;
export const LINK_ETHERNET = 1;
const LINK_PPP = 9;
const LINK_PPP_HDLC = 50;
const LINK_PPP_ETHER = 51;
const LINK_FDDI = 10;
const LINK_RAW_BSD = 12;
const LINK_RAW_OPENBSD = 14;
export const LINK_RAW = 101;
const LINK_C_HDLC = 104;
const LINK_IEEE802_11 = 105;
const LINK_LOOP = 108;
export const LINK_SLL = 113;
const LINK_PRISM = 119;
const LINK_RADIOTAP = 127;
const LINK_AVS = 163;
const LINK_PPI = 192;
const LINK_IPV4 = 228;
const LINK_IPV6 = 229;
const LINK_NFLOG = 239;
const LINK_IPOIB = 242;
export const LINK_SLL2 = 276;

/** The first header of a packet of any link type but Ethernet. */
export function decodeLink(decoder: Decoder, at: number, linkType: number): number {
  switch (linkType) {
    case LINK_RAW:
    case LINK_RAW_BSD:
    case LINK_RAW_OPENBSD:
      return decoder.ip(at);
    case LINK_IPV4:
      return decoder.ipv4(at);
    case LINK_IPV6:
      return decoder.ipv6(at);
    case LINK_NULL:
    case LINK_LOOP:
      return loopback(decoder, at);
    case LINK_SLL:
      return at + 16 > decoder.capturedEnd ? TRUNCATED : decoder.network(decoder.view.getUint16(at + 14), at + 16);
    case LINK_SLL2:
      return at + 20 > decoder.capturedEnd ? TRUNCATED : decoder.network(decoder.view.getUint16(at), at + 20);
    case LINK_PPP:
    case LINK_PPP_HDLC:
      return serial(decoder, at);
    case LINK_PPP_ETHER:
      return pppoe(decoder, at);
    case LINK_C_HDLC:
      return at + 4 > decoder.capturedEnd ? TRUNCATED : decoder.network(decoder.view.getUint16(at + 2), at + 4);
    case LINK_IEEE802_11:
      return ieee80211(decoder, at);
    case LINK_RADIOTAP:
      return at + 4 > decoder.capturedEnd ? TRUNCATED : ieee80211(decoder, at + decoder.view.getUint16(at + 2, true));
    case LINK_PRISM:
    case LINK_AVS:
      return prism(decoder, at);
    case LINK_PPI:
      return ppi(decoder, at);
    case LINK_NFLOG:
      return nflog(decoder, at);
    case LINK_FDDI:
      return fddi(decoder, at);
    case LINK_IPOIB: // IP over InfiniBand (RFC 4391 6): behind the 40-byte global route header a type and two bytes unused
      return at + 44 > decoder.capturedEnd ? TRUNCATED : decoder.network(decoder.view.getUint16(at + 40), at + 44);
    default:
      return LINK_TYPE;
  }
}

/** BSD loopback: a 4-byte address family in the byte order of the host that captured. */
function loopback(decoder: Decoder, at: number): number {
  if (at + 4 > decoder.capturedEnd) {
    return TRUNCATED;
  }
  const big = decoder.view.getUint32(at);
  const family = big > 0xffff ? decoder.view.getUint32(at, true) : big;
  switch (family) {
    case 2: // AF_INET everywhere
      return decoder.ipv4(at + 4);
    case 10: // AF_INET6 on Linux
    case 24: // … on NetBSD, OpenBSD
    case 28: // … on FreeBSD
    case 30: // … on Darwin
      return decoder.ipv6(at + 4);
    default:
      return NOT_TCP;
  }
}

/** EtherTypes that are neither IPv4 nor IPv6. `at` is the first byte behind the type. */
export function decodeEtherType(decoder: Decoder, etherType: number, at: number): number {
  const { view, capturedEnd } = decoder;
  for (;;) {
    switch (etherType) {
      case 0x0800:
        return decoder.ipv4(at);
      case 0x86dd:
        return decoder.ipv6(at);
      case 0x8100: // 802.1Q
      case 0x88a8: // 802.1ad (QinQ)
      case 0x9100: // QinQ before the standard
      case 0x9200: {
        if (at + 4 > capturedEnd) {
          return TRUNCATED;
        }
        const id = view.getUint16(at) & 0x0fff;
        if (id !== 0) {
          decoder.addVlan(id);
        }
        etherType = view.getUint16(at + 2);
        at += 4;
        break;
      }
      case 0x8926: // VN-Tag
        if (at + 6 > capturedEnd) {
          return TRUNCATED;
        }
        etherType = view.getUint16(at + 4);
        at += 6;
        break;
      case 0x893f: // E-TAG (IEEE 802.1BR-2012 7.5): priority and extended channel ids, no VLAN
        if (at + 8 > capturedEnd) {
          return TRUNCATED;
        }
        etherType = view.getUint16(at + 6);
        at += 8;
        break;
      case 0x8847: // MPLS unicast
      case 0x8848: // MPLS multicast, or upstream-assigned labels
        return mpls(decoder, at);
      case 0x8864: // PPPoE session
        return pppoe(decoder, at);
      case 0x880b: // PPP (in GRE)
        return ppp(decoder, at);
      case 0x6558: // transparent Ethernet bridging (in GRE, GENEVE)
        return nestedEthernet(decoder, at);
      case 0x8903: // Cisco FabricPath: a 2-byte tag behind the outer addresses, then the frame
        return nestedEthernet(decoder, at + 2);
      case 0x88e7: // provider backbone bridge, 802.1ah: a 4-byte I-TAG, then a customer frame
        return nestedEthernet(decoder, at + 4);
      case 0x88e5: // MACsec
        return ENCRYPTED;
      default:
        if (etherType > 1500) {
          return NOT_TCP;
        }
        decoder.endAt(at + etherType); // 802.3: a length
        return llc(decoder, at);
    }
    if (decoder.tooDeep()) {
      return TOO_DEEP;
    }
  }
}

/** An Ethernet frame inside another frame. */
export function nestedEthernet(decoder: Decoder, at: number): number {
  return decoder.tooDeep() ? TOO_DEEP : decoder.ethernet(at);
}

/** 802.2 LLC with a SNAP header; anything else is not IP. */
export function llc(decoder: Decoder, at: number): number {
  const { view, capturedEnd } = decoder;
  if (at + 8 > capturedEnd) {
    return at + 3 > capturedEnd ? TRUNCATED : NOT_TCP;
  }
  const snap = view.getUint16(at) === 0xaaaa && view.getUint8(at + 2) === 3;
  // Organisation codes 00-00-00 (RFC 1042) and 00-00-f8 (802.1H) are followed by an EtherType.
  const organisation = view.getUint16(at + 3) === 0 ? view.getUint8(at + 5) : -1;
  if (!snap || (organisation !== 0 && organisation !== 0xf8)) {
    return NOT_TCP;
  }
  return decoder.tooDeep() ? TOO_DEEP : decoder.network(view.getUint16(at + 6), at + 8);
}

/** MPLS labels (RFC 3032). The stack does not say what follows: the first nibble does (RFC 4928). */
export function mpls(decoder: Decoder, at: number): number {
  const { view, capturedEnd } = decoder;
  let bottom = false;
  while (!bottom) {
    if (at + 4 > capturedEnd) {
      return TRUNCATED;
    }
    if (decoder.tooDeep()) {
      return TOO_DEEP;
    }
    bottom = (view.getUint8(at + 2) & 1) === 1;
    at += 4;
  }
  if (at >= capturedEnd) {
    return TRUNCATED;
  }
  switch (view.getUint8(at) >> 4) {
    case 4:
      return decoder.ipv4(at);
    case 6:
      return decoder.ipv6(at);
    case 0: // a pseudowire's control word (RFC 4385), then an Ethernet frame
      return nestedEthernet(decoder, at + 4);
    default:
      return NOT_TCP;
  }
}

export function pppoe(decoder: Decoder, at: number): number {
  if (at + 8 > decoder.capturedEnd) {
    return TRUNCATED;
  }
  // Version 1, type 1, code 0: a session's data (RFC 2516).
  if (decoder.view.getUint16(at) !== 0x1100) {
    return NOT_TCP;
  }
  decoder.endAt(at + 6 + decoder.view.getUint16(at + 4));
  return ppp(decoder, at + 6);
}

/** PPP (RFC 1661), with or without the HDLC address and control bytes, protocol field compressed or not. */
export function ppp(decoder: Decoder, at: number): number {
  const { view, capturedEnd } = decoder;
  if (at + 2 > capturedEnd) {
    return TRUNCATED;
  }
  if (view.getUint16(at) === 0xff03) {
    at += 2;
  }
  if (at + 2 > capturedEnd) {
    return TRUNCATED;
  }
  if (decoder.tooDeep()) {
    return TOO_DEEP;
  }
  const compressed = (view.getUint8(at) & 1) === 1;
  const protocol = compressed ? view.getUint8(at) : view.getUint16(at);
  at += compressed ? 1 : 2;
  switch (protocol) {
    case 0x0021:
      return decoder.ipv4(at);
    case 0x0057:
      return decoder.ipv6(at);
    case 0x0281:
    case 0x0283:
      return mpls(decoder, at);
    case 0x0053: // ECP, encrypted
      return ENCRYPTED;
    default:
      return NOT_TCP;
  }
}

/** A serial line's frames: PPP, or Cisco HDLC (RFC 1547 4.3.1), whose address is 0x0f or, to all, 0x8f, with a control of 0. */
function serial(decoder: Decoder, at: number): number {
  if (at + 4 > decoder.capturedEnd) {
    return TRUNCATED;
  }
  const cisco = (decoder.view.getUint16(at) & 0x7fff) === 0x0f00;
  return cisco ? decoder.network(decoder.view.getUint16(at + 2), at + 4) : ppp(decoder, at);
}

/** Netfilter's log (linux/netfilter/nfnetlink_log.h): attributes of a length and a type, one of which is the packet. */
const NFLOG_PAYLOAD = 9;
const AF_INET = 2;
const AF_INET6 = 10;

/**
 * Packets that Linux's firewall logged: address family, version 0 and a resource id, then attributes, each padded to four
 * bytes. Their lengths and types are in the byte order of the host, which the first type tells: all are small.
 */
function nflog(decoder: Decoder, at: number): number {
  const { view, capturedEnd } = decoder;
  if (at + 8 > capturedEnd) {
    return TRUNCATED;
  }
  const family = view.getUint8(at);
  const little = view.getUint16(at + 6, true) < 256;
  let place = at + 4;
  while (place + 4 <= capturedEnd) {
    const length = view.getUint16(place, little);
    if (length < 4) {
      return MALFORMED;
    }
    if (view.getUint16(place + 2, little) === NFLOG_PAYLOAD) {
      decoder.endAt(place + length);
      return family === AF_INET ? decoder.ipv4(place + 4) : family === AF_INET6 ? decoder.ipv6(place + 4) : NOT_TCP;
    }
    place += (length + 3) & ~3;
  }
  return place + 4 > decoder.wireEnd ? NOT_TCP : TRUNCATED;
}

/** FDDI (ISO 9314-2): frame control, two addresses, LLC; frames that are not asynchronous data manage the ring. */
function fddi(decoder: Decoder, at: number): number {
  if (at + 13 > decoder.capturedEnd) {
    return TRUNCATED;
  }
  return (decoder.view.getUint8(at) & 0xf8) === 0x50 ? llc(decoder, at + 13) : NOT_TCP;
}

/** Prism and AVS headers before 802.11: AVS is recognised by its magic, Prism's length is little or big endian. */
function prism(decoder: Decoder, at: number): number {
  if (at + 8 > decoder.capturedEnd) {
    return TRUNCATED;
  }
  const avs = decoder.view.getUint32(at) >>> 12 === 0x80211;
  const length = decoder.view.getUint32(at + 4, !avs && decoder.view.getUint8(at + 4) !== 0);
  return length > 1024 ? MALFORMED : ieee80211(decoder, at + length);
}

/** Per-packet information: a header with a length and the link type of what follows, both little endian. */
function ppi(decoder: Decoder, at: number): number {
  if (at + 8 > decoder.capturedEnd) {
    return TRUNCATED;
  }
  const length = decoder.view.getUint16(at + 2, true);
  const linkType = decoder.view.getUint32(at + 4, true);
  if (length < 8 || linkType === LINK_PPI) {
    return MALFORMED;
  }
  return linkType === LINK_ETHERNET ? decoder.ethernet(at + length) : decodeLink(decoder, at + length, linkType);
}

/**
 * 802.11 data frames (IEEE 802.11-2020 9.2, 9.3.2) that carry LLC; of an A-MSDU only its first frame is followed.
 * @param swapped 1 when the two bytes of the frame control field have changed places
 */
export function ieee80211(decoder: Decoder, at: number, swapped = 0): number {
  const { view, capturedEnd } = decoder;
  if (at + 24 > capturedEnd) {
    return at + swapped < capturedEnd && (view.getUint8(at + swapped) & 0x0c) !== 0x08 ? NOT_TCP : TRUNCATED;
  }
  const control = view.getUint8(at + swapped);
  const flags = view.getUint8(at + 1 - swapped);
  const subtype = control >> 4;
  if ((control & 0x0c) !== 0x08 || (subtype & 4) !== 0) {
    return NOT_TCP; // management, control, or data without data
  }
  if ((flags & 0x40) !== 0) {
    return ENCRYPTED;
  }
  const qos = (subtype & 8) !== 0;
  let header = (flags & 3) === 3 ? 30 : 24;
  let aggregate = false;
  if (qos) {
    if (at + header + 2 > capturedEnd) {
      return TRUNCATED;
    }
    aggregate = (view.getUint8(at + header) & 0x80) !== 0;
    header += (flags & 0x80) !== 0 ? 6 : 2; // QoS control, and HT control when the order bit says so
  }
  return llc(decoder, at + header + (aggregate ? 14 : 0));
}
