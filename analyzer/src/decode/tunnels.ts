import { inflateRawSync } from 'node:zlib';
import type { Decoder } from './decoder.js';
import { ieee80211, mpls, nestedEthernet, ppp } from './link.js';
import { icmp, icmp6 } from './quotes.js';
import { ENCRYPTED, FRAGMENT, MALFORMED, NOT_TCP, TOO_DEEP, TRUNCATED } from './reasons.js';

/**
 * What lies behind an IP protocol number other than TCP. Tunnels over UDP are known by their registered port only: a
 * guess by content would count the data of other protocols as connections.
 */
export function decodeTransport(decoder: Decoder, protocol: number, at: number, end: number): number {
  switch (protocol) {
    case 17:
      return udp(decoder, at, end);
    case 1:
      return icmp(decoder, at);
    case 58:
      return icmp6(decoder, at);
    case 4: // IPv4 in IP (RFC 2003)
      return decoder.ipv4(at);
    case 41: // IPv6 in IP (RFC 4213)
      return decoder.ipv6(at);
    case 47:
      return gre(decoder, at, end);
    case 51:
      return authenticated(decoder, at, end);
    case 50: // ESP
      return ENCRYPTED;
    case 97: // Ethernet in IP (RFC 3378): two bytes of version
      return nestedEthernet(decoder, at + 2);
    case 108:
      return compressed(decoder, at, end);
    case 137: // MPLS in IP (RFC 4023)
      return mpls(decoder, at);
    default:
      return NOT_TCP;
  }
}

function udp(decoder: Decoder, at: number, end: number): number {
  if (at + 8 > decoder.capturedEnd) {
    return at + 4 > decoder.capturedEnd ? TRUNCATED : NOT_TCP;
  }
  if (decoder.tooDeep()) {
    return TOO_DEEP;
  }
  const { view } = decoder;
  let result = udpTunnel(decoder, view.getUint16(at + 2), at + 8, end);
  if (result === NOT_A_TUNNEL) {
    result = udpTunnel(decoder, view.getUint16(at), at + 8, end);
  }
  return result === NOT_A_TUNNEL ? NOT_TCP : result;
}

/** Outside the range of reasons; a port without a tunnel. */
const NOT_A_TUNNEL = 0x80;

function udpTunnel(decoder: Decoder, port: number, at: number, end: number): number {
  switch (port) {
    case 4789:
      return vxlan(decoder, at);
    case 4790:
      return vxlanGpe(decoder, at);
    case 6081:
      return geneve(decoder, at);
    case 2152:
      return gtp(decoder, at, end);
    case 1701:
      return l2tp(decoder, at);
    case 3544:
      return teredo(decoder, at);
    case 5072:
      return ayiya(decoder, at, end);
    case 4754: // GRE in UDP (RFC 8086)
      return gre(decoder, at, end);
    case 5247:
      return capwap(decoder, at);
    case 6635: // MPLS in UDP (RFC 7510)
      return mpls(decoder, at);
    default:
      return NOT_A_TUNNEL;
  }
}

/** VXLAN (RFC 7348): 8 bytes, then an Ethernet frame. Reserved bits are ignored, as the RFC asks of receivers. */
function vxlan(decoder: Decoder, at: number): number {
  return nestedEthernet(decoder, at + 8);
}

/** VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe): the last byte of the first word names what follows. */
function vxlanGpe(decoder: Decoder, at: number): number {
  if (at + 8 > decoder.capturedEnd) {
    return TRUNCATED;
  }
  switch (decoder.view.getUint8(at + 3)) {
    case 1:
      return decoder.ipv4(at + 8);
    case 2:
      return decoder.ipv6(at + 8);
    case 3:
      return nestedEthernet(decoder, at + 8);
    default:
      return NOT_TCP;
  }
}

/** GENEVE (RFC 8926): options in units of 4 bytes, then what the protocol type says. */
function geneve(decoder: Decoder, at: number): number {
  if (at + 8 > decoder.capturedEnd) {
    return TRUNCATED;
  }
  const first = decoder.view.getUint8(at);
  if (first >> 6 !== 0) {
    return NOT_TCP; // another version
  }
  return decoder.network(decoder.view.getUint16(at + 2), at + 8 + ((first & 0x3f) << 2));
}

/** GTP-U (3GPP TS 29.281): only G-PDU messages (255) carry packets. */
function gtp(decoder: Decoder, at: number, end: number): number {
  const { view, capturedEnd } = decoder;
  if (at + 8 > capturedEnd) {
    return TRUNCATED;
  }
  const flags = view.getUint8(at);
  if (flags >> 5 !== 1 || (flags & 0x10) === 0 || view.getUint8(at + 1) !== 255) {
    return NOT_TCP;
  }
  let payload = at + 8;
  if ((flags & 7) !== 0) {
    // Sequence number, N-PDU number and next extension type are present together.
    payload += 4;
    let next = payload <= capturedEnd ? view.getUint8(payload - 1) : 0;
    while (next !== 0) {
      if (payload >= capturedEnd) {
        return TRUNCATED;
      }
      const length = view.getUint8(payload) << 2;
      payload += length;
      if (length === 0 || payload > end) {
        return MALFORMED;
      }
      if (payload > capturedEnd) {
        return TRUNCATED;
      }
      next = view.getUint8(payload - 1);
    }
  }
  return payload >= end ? NOT_TCP : decoder.ip(payload);
}

/** L2TPv2 (RFC 2661): only data messages carry PPP. */
function l2tp(decoder: Decoder, at: number): number {
  const { view, capturedEnd } = decoder;
  if (at + 6 > capturedEnd) {
    return TRUNCATED;
  }
  const flags = view.getUint16(at);
  if ((flags & 0x8000) !== 0 || (flags & 0x000f) !== 2) {
    return NOT_TCP; // a control message, or L2TPv3
  }
  let payload = at + 6 + ((flags & 0x4000) !== 0 ? 2 : 0) + ((flags & 0x0800) !== 0 ? 4 : 0);
  if ((flags & 0x0200) !== 0) {
    if (payload + 2 > capturedEnd) {
      return TRUNCATED;
    }
    payload += 2 + view.getUint16(payload);
  }
  return ppp(decoder, payload);
}

/** Teredo (RFC 4380 5.1.1): authentication and origin indications may come before the IPv6 header. */
function teredo(decoder: Decoder, at: number): number {
  const { view, capturedEnd } = decoder;
  if (at + 4 > capturedEnd) {
    return TRUNCATED;
  }
  if (view.getUint16(at) === 1) {
    at += 4 + view.getUint8(at + 2) + view.getUint8(at + 3) + 9;
    if (at + 2 > capturedEnd) {
      return TRUNCATED;
    }
  }
  if (view.getUint16(at) === 0) {
    at += 8;
  }
  return at < capturedEnd && view.getUint8(at) >> 4 === 6 ? decoder.ipv6(at) : NOT_TCP;
}

/** Bits of a CAPWAP header's third word of eight bits, and its preamble's type of a DTLS record (RFC 5415 4.1, 4.3). */
const CAPWAP_DTLS = 1;
const CAPWAP_NATIVE = 1;
const CAPWAP_FRAGMENT = 0x80;
const CAPWAP_KEEPALIVE = 0x08;
/** The binding for 802.11. */
const CAPWAP_80211 = 1;

/**
 * CAPWAP data (RFC 5415 4.3), from an access point to its controller: an 802.3 frame, or an 802.11 frame as it was on the
 * air, unencrypted. Its pieces are not put together.
 */
function capwap(decoder: Decoder, at: number): number {
  const { view, capturedEnd } = decoder;
  if (at + 8 > capturedEnd) {
    return TRUNCATED;
  }
  const preamble = view.getUint8(at);
  if (preamble !== 0) {
    return preamble === CAPWAP_DTLS ? ENCRYPTED : NOT_TCP;
  }
  const binding = view.getUint8(at + 2);
  const flags = view.getUint8(at + 3);
  if ((flags & CAPWAP_KEEPALIVE) !== 0) {
    return NOT_TCP;
  }
  if ((flags & CAPWAP_FRAGMENT) !== 0) {
    return FRAGMENT;
  }
  const frame = at + ((view.getUint8(at + 1) >> 3) << 2);
  if ((binding & CAPWAP_NATIVE) === 0) {
    return nestedEthernet(decoder, frame);
  }
  if (((binding >> 1) & 31) !== CAPWAP_80211) {
    return NOT_TCP;
  }
  if (frame + 2 > capturedEnd) {
    return TRUNCATED;
  }
  // Cisco's access points swap the bytes of the frame control field. Type and subtype of a data frame end in 8, its flags,
  // which say where it goes, do not.
  const swapped = (view.getUint8(frame) & 15) !== 8 && (view.getUint8(frame + 1) & 15) === 8;
  return ieee80211(decoder, frame, swapped ? 1 : 0);
}

/** AYIYA (draft-massar-v6ops-ayiya-02): an identity and a signature of announced lengths; operation 1 forwards a packet. */
function ayiya(decoder: Decoder, at: number, end: number): number {
  const { view, capturedEnd } = decoder;
  if (at + 8 > capturedEnd) {
    return TRUNCATED;
  }
  const identity = 1 << (view.getUint8(at) >> 4);
  const signature = (view.getUint8(at + 1) >> 4) << 2;
  if ((view.getUint8(at + 2) & 15) !== 1) {
    return NOT_TCP;
  }
  const payload = at + 8 + identity + signature;
  return payload > end ? MALFORMED : decoder.transport(view.getUint8(at + 3), payload, end);
}

/** GRE (RFC 2784, 2890), its PPTP version 1 (RFC 2637), and ERSPAN types I to III (draft-foschiano-erspan-03) on it. */
function gre(decoder: Decoder, at: number, end: number): number {
  const { view, capturedEnd } = decoder;
  if (at + 4 > capturedEnd) {
    return TRUNCATED;
  }
  if (decoder.tooDeep()) {
    return TOO_DEEP;
  }
  const flags = view.getUint16(at);
  const protocol = view.getUint16(at + 2);
  const version = flags & 7;
  const sequenced = (flags & 0x1000) !== 0;
  let payload = at + 4;
  if (version === 0) {
    if ((flags & 0x4000) !== 0) {
      return NOT_TCP; // source routing (RFC 1701), obsolete
    }
    payload += ((flags & 0x8000) !== 0 ? 4 : 0) + ((flags & 0x2000) !== 0 ? 4 : 0) + (sequenced ? 4 : 0);
  } else if (version === 1) {
    payload += 4 + (sequenced ? 4 : 0) + ((flags & 0x0080) !== 0 ? 4 : 0);
  } else {
    return NOT_TCP;
  }
  if (payload >= end) {
    return NOT_TCP; // a keep-alive, or PPTP's bare acknowledgement
  }
  switch (protocol) {
    case 0x88be: // type I has no header of its own and no sequence number; type II has 8 bytes
      return nestedEthernet(decoder, payload + (sequenced ? 8 : 0));
    case 0x22eb: {
      if (payload + 12 > capturedEnd) {
        return TRUNCATED;
      }
      const optional = (view.getUint8(payload + 11) & 1) !== 0;
      return nestedEthernet(decoder, payload + (optional ? 20 : 12));
    }
    case 0x883e: // WCCP: a redirect header of 4 bytes in version 2, none in version 1
      return decoder.ip(payload < capturedEnd && view.getUint8(payload) >> 4 === 4 ? payload : payload + 4);
    default:
      // 802.11 frames from an access point to its controller (Aruba): the low bits number the link.
      return protocol >= 0x8200 && protocol < 0x8400 ? ieee80211(decoder, payload) : decoder.network(protocol, payload);
  }
}

/** Authentication header (RFC 4302): nothing is hidden behind it. */
function authenticated(decoder: Decoder, at: number, end: number): number {
  if (at + 8 > decoder.capturedEnd) {
    return TRUNCATED;
  }
  if (decoder.tooDeep()) {
    return TOO_DEEP;
  }
  const next = decoder.view.getUint8(at);
  const payload = at + ((decoder.view.getUint8(at + 1) + 2) << 2);
  return payload > end ? MALFORMED : decoder.transport(next, payload, end);
}

/** Largest datagram there is: bounds what a few compressed bytes may grow to. */
const MAX_INFLATED = 65535;

/** Bytes unpacked at once. Most packets are smaller, and a wrong stream holds this much until the event loop turns. */
const INFLATED_CHUNK = 2048;

/** IPComp parameter indexes up to here name an algorithm (2 is DEFLATE); above, the two ends have agreed on one. */
const LAST_WELL_KNOWN_CPI = 255;

/**
 * IP payload compression (RFC 3173) with DEFLATE: by its number, or tried where the ends agreed on what we cannot know.
 * The only place where decoding allocates: such links are slow and rare, and a wrong stream costs one exception that ends
 * here.
 */
function compressed(decoder: Decoder, at: number, end: number): number {
  const { bytes, view, capturedEnd, wireEnd } = decoder;
  if (at + 4 > capturedEnd || end > capturedEnd) {
    return TRUNCATED;
  }
  if (decoder.tooDeep()) {
    return TOO_DEEP;
  }
  const index = view.getUint16(at + 2);
  if (index !== 2 && index <= LAST_WELL_KNOWN_CPI) {
    return NOT_TCP;
  }
  const next = view.getUint8(at);
  let inflated: Uint8Array;
  try {
    inflated = inflateRawSync(bytes.subarray(at + 4, end), {
      maxOutputLength: MAX_INFLATED,
      chunkSize: INFLATED_CHUNK,
    });
  } catch {
    return index === 2 ? MALFORMED : NOT_TCP;
  }
  decoder.attach(inflated, new DataView(inflated.buffer, inflated.byteOffset, inflated.length));
  decoder.capturedEnd = inflated.length;
  decoder.wireEnd = inflated.length;
  const result = decoder.transport(next, 0, inflated.length);
  decoder.attach(bytes, view);
  decoder.capturedEnd = capturedEnd;
  decoder.wireEnd = wireEnd;
  decoder.tcpAt = -1;
  return result;
}
