import { batchDecoder, type BatchDecoder } from './batch-decoder.js';
import { FragmentTable } from './fragments.js';
import { decodeEtherType, decodeLink, LINK_ETHERNET } from './link.js';
import { DECODED, FRAGMENT, MALFORMED, TOO_DEEP, TRUNCATED, undecodedReasons } from './reasons.js';
import { Flag, MAX_VLANS, Seg } from './segment.js';
import { decodeTransport } from './tunnels.js';

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const PROTOCOL_TCP = 6;
/** Headers of any kind followed in one packet; the deepest seen in the wild (4 VLANs, ERSPAN, VXLAN) has 11. */
const MAX_LAYERS = 24;

/**
 * Walks from the link layer to the first TCP header, through every encapsulation it knows, into words of `segments`.
 *
 * Rules: no byte is read beyond what was captured; no byte is trusted after the first bad one; lengths come from the IP
 * header, not from the capture; checksums are not looked at (captures on a sending host have wrong ones everywhere).
 * Bad bytes give a reason, never an exception, and nothing is allocated per packet.
 */
export class Decoder {
  /** Segments, `Seg.Words` words each. */
  readonly segments: Int32Array;
  /** First word of the segment being filled. */
  segment = 0;
  /** Packets by outcome: the decoded ones, then those of each reason. */
  readonly outcomes = new Float64Array(undecodedReasons.length + 1);
  /** Bytes being decoded; offsets below are into them. */
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  /** End of the captured bytes of this packet. */
  capturedEnd = 0;
  /** End of the packet as it was on the wire, narrowed by the length of each enclosing header. */
  wireEnd = 0;
  /** Where the TCP header was found; -1 when it lies in bytes of our own making. */
  tcpAt = -1;
  /** ICMP messages about segments (`Flag.Quote`) among what the last batch gave. */
  quotes = 0;
  /** Time of the packet, seconds since 1970; for the reassembly's timeouts only. */
  seconds = 0;
  private layers = 0;
  private readonly fragments: FragmentTable;

  /** Decodes a batch: what is common by a short way, the rest through `decode`. */
  readonly decodeBatch: BatchDecoder;

  /**
   * @param segments room for at least as many segments as a batch has packets
   * @param seed mixed into the hash of connection keys
   * @param origins takes where the segments of a batch came from (`Origin`)
   */
  constructor(segments: Int32Array, seed = 0, fragments = new FragmentTable(), origins: Int32Array | null = null) {
    this.segments = segments;
    this.fragments = fragments;
    this.decodeBatch = batchDecoder(this, seed, origins);
  }

  /** The buffer that the next packets lie in. */
  attach(bytes: Uint8Array, view: DataView): void {
    this.bytes = bytes;
    this.view = view;
  }

  /** `decode` into the segment whose first word is `to`. */
  decodeInto(
    to: number,
    at: number,
    captured: number,
    wire: number,
    linkType: number,
    seconds: number,
    vlan: number
  ): number {
    this.segment = to;
    return this.decode(at, captured, wire, linkType, seconds, vlan);
  }

  /**
   * Decodes one packet at offset `at` of the attached buffer, into the words from `segment` on.
   * @param captured bytes captured
   * @param wire bytes on the wire; more than `captured` when the capture snapped the packet
   * @param linkType as in pcap files (LINKTYPE_*)
   * @param seconds time of the packet, whole seconds since 1970
   * @param vlan tag the card stripped from the frame (its id), or 0
   * @returns DECODED with the segment filled, QUOTE with what an ICMP message says of one, or a reason (`reasons.ts`)
   */
  decode(at: number, captured: number, wire: number, linkType: number, seconds: number, vlan: number): number {
    this.capturedEnd = at + captured;
    this.wireEnd = at + (wire > captured ? wire : captured);
    this.seconds = seconds >>> 0;
    this.layers = 0;
    this.segments[this.segment + Seg.VlanCount] = 0;
    if (vlan !== 0) {
      this.addVlan(vlan);
    }
    return linkType === LINK_ETHERNET ? this.ethernet(at) : decodeLink(this, at, linkType);
  }

  /** Bounds recursion through nested headers; called once for each. */
  tooDeep(): boolean {
    return ++this.layers > MAX_LAYERS;
  }

  /** A header says that what it encloses ends at `end`, padding behind: an IP header inside that claims more is not believed. */
  endAt(end: number): void {
    if (end < this.wireEnd) {
      this.wireEnd = end;
    }
  }

  /** Remembers a VLAN tag; id 0 only carries a priority (802.1Q) and names no VLAN. */
  addVlan(id: number): void {
    const { segments, segment } = this;
    const count = segments[segment + Seg.VlanCount] as number;
    if (count < MAX_VLANS) {
      segments[segment + Seg.Vlan + count] = id;
    }
    segments[segment + Seg.VlanCount] = count + 1;
  }

  ethernet(at: number): number {
    if (at + 14 > this.capturedEnd) {
      return TRUNCATED;
    }
    return this.network(this.view.getUint16(at + 12), at + 14);
  }

  /** What an EtherType announces; the rare ones are in link.ts. */
  network(etherType: number, at: number): number {
    if (etherType === ETHERTYPE_IPV4) {
      return this.ipv4(at);
    }
    if (etherType === ETHERTYPE_IPV6) {
      return this.ipv6(at);
    }
    return decodeEtherType(this, etherType, at);
  }

  /** IPv4 or IPv6 by the version nibble, for links and tunnels that do not say. */
  ip(at: number): number {
    if (at >= this.capturedEnd) {
      return TRUNCATED;
    }
    const version = (this.bytes[at] ?? 0) >> 4;
    return version === 4 ? this.ipv4(at) : version === 6 ? this.ipv6(at) : MALFORMED;
  }

  ipv4(at: number): number {
    if (at + 20 > this.capturedEnd) {
      return TRUNCATED;
    }
    if (this.tooDeep()) {
      return TOO_DEEP;
    }
    const view = this.view;
    const first = view.getUint8(at);
    const headerLength = (first & 15) << 2;
    if (first >> 4 !== 4 || headerLength < 20) {
      return MALFORMED;
    }
    // A total length of 0 comes from segmentation offload (TSO): the frame's own length holds.
    const totalLength = view.getUint16(at + 2);
    let end = at + totalLength;
    if (totalLength === 0 || end > this.wireEnd) {
      end = this.wireEnd;
    }
    const payload = at + headerLength;
    if (end < payload) {
      return MALFORMED;
    }
    this.wireEnd = end;
    const { segments, segment } = this;
    segments[segment + Seg.Family] = 4;
    segments[segment + Seg.Source] = view.getInt32(at + 12);
    segments[segment + Seg.Destination] = view.getInt32(at + 16);
    segments[segment + Seg.Ttl] = view.getUint8(at + 8);
    const id = view.getUint16(at + 4);
    segments[segment + Seg.IpId] = id;
    const protocol = view.getUint8(at + 9);
    const fragment = view.getUint16(at + 6);
    if ((fragment & 0x3fff) !== 0) {
      return this.fragment(payload, end, protocol, id, (fragment & 0x1fff) << 3, (fragment & 0x2000) !== 0);
    }
    return protocol === PROTOCOL_TCP ? this.tcp(payload, end) : this.transport(protocol, payload, end);
  }

  ipv6(at: number): number {
    if (at + 40 > this.capturedEnd) {
      return TRUNCATED;
    }
    if (this.tooDeep()) {
      return TOO_DEEP;
    }
    const view = this.view;
    if (view.getUint8(at) >> 4 !== 6) {
      return MALFORMED;
    }
    // A payload length of 0 is a jumbogram (RFC 2675) or segmentation offload: the frame's own length holds.
    const payloadLength = view.getUint16(at + 4);
    let end = at + 40 + payloadLength;
    if (payloadLength === 0 || end > this.wireEnd) {
      end = this.wireEnd;
    }
    this.wireEnd = end;
    const { segments, segment } = this;
    segments[segment + Seg.Family] = 6;
    for (let word = 0; word < 8; word++) {
      segments[segment + Seg.Source + word] = view.getInt32(at + 8 + word * 4);
    }
    segments[segment + Seg.Ttl] = view.getUint8(at + 7);
    segments[segment + Seg.IpId] = -1;
    const next = view.getUint8(at + 6);
    return next === PROTOCOL_TCP ? this.tcp(at + 40, end) : this.extension(next, at + 40, end);
  }

  /** IPv6 extension headers (RFC 8200 section 4) up to what they lead to. */
  private extension(next: number, at: number, end: number): number {
    const view = this.view;
    for (;;) {
      if (next === PROTOCOL_TCP) {
        return this.tcp(at, end);
      }
      switch (next) {
        case 0: // hop-by-hop options
        case 43: // routing
        case 60: // destination options
        case 135: // mobility
        case 139: // host identity
        case 140: // shim6
        case 44: // fragment
          break;
        default:
          return this.transport(next, at, end);
      }
      if (at + 8 > this.capturedEnd) {
        return TRUNCATED;
      }
      if (this.tooDeep()) {
        return TOO_DEEP;
      }
      const here = next;
      next = view.getUint8(at);
      if (here === 44) {
        const offset = view.getUint16(at + 2);
        // Offset 0 and no more fragments: an atomic fragment (RFC 6946), whole as it is.
        if ((offset & 0xfff9) !== 0) {
          return this.fragment(at + 8, end, next, view.getInt32(at + 4), offset & 0xfff8, (offset & 1) !== 0);
        }
        at += 8;
      } else {
        at += (view.getUint8(at + 1) + 1) << 3;
      }
      if (at > end) {
        return MALFORMED;
      }
    }
  }

  /** Everything that is not TCP by its protocol number: tunnels are followed, the rest is not TCP. */
  transport(protocol: number, at: number, end: number): number {
    return protocol === PROTOCOL_TCP ? this.tcp(at, end) : decodeTransport(this, protocol, at, end);
  }

  tcp(at: number, end: number): number {
    if (at + 14 > this.capturedEnd || at + 14 > end) {
      return at + 14 > end ? MALFORMED : TRUNCATED;
    }
    const view = this.view;
    const headerLength = (view.getUint8(at + 12) >> 4) << 2;
    if (headerLength < 20) {
      return MALFORMED;
    }
    this.tcpAt = at;
    const { segments, segment } = this;
    const flags = view.getUint8(at + 13);
    segments[segment + Seg.Ports] = view.getInt32(at);
    segments[segment + Seg.Flags] = flags;
    segments[segment + Seg.Sequence] = view.getInt32(at + 4);
    segments[segment + Seg.Acknowledgement] = view.getInt32(at + 8);
    segments[segment + Seg.Window] = at + 16 <= this.capturedEnd ? view.getUint16(at + 14) : -1;
    // The header may claim more than the datagram holds: then there is no payload.
    const payload = end - at - headerLength;
    segments[segment + Seg.Payload] = payload > 0 ? payload : 0;
    segments[segment + Seg.WindowScale] = (flags & Flag.Syn) !== 0 ? this.windowScale(at + 20, at + headerLength) : -1;
    return DECODED;
  }

  /** Shift count of the window scale option, at most 14 (RFC 7323 2.3), or -1. */
  windowScale(at: number, end: number): number {
    const view = this.view;
    const limit = end < this.capturedEnd ? end : this.capturedEnd;
    while (at < limit) {
      const kind = view.getUint8(at);
      if (kind === 0) {
        return -1;
      }
      if (kind === 1) {
        at++;
        continue;
      }
      if (at + 2 > limit) {
        return -1;
      }
      const length = view.getUint8(at + 1);
      if (kind === 3 && length === 3 && at + 3 <= limit) {
        const shift = view.getUint8(at + 2);
        return shift > 14 ? 14 : shift;
      }
      if (length < 2) {
        return -1;
      }
      at += length;
    }
    return -1;
  }

  /** One fragment; the one that completes its datagram yields the datagram's segment. */
  private fragment(at: number, end: number, protocol: number, id: number, offset: number, more: boolean): number {
    const whole = this.fragments.add(this, at, end, protocol, id, offset, more);
    if (whole < 0) {
      return FRAGMENT;
    }
    // Decode the rest from the reassembled bytes, then come back to the packet's own buffer.
    const { bytes, view, capturedEnd, wireEnd } = this;
    this.attach(this.fragments.bytes, this.fragments.view);
    this.capturedEnd = this.fragments.captured;
    this.wireEnd = whole;
    const result = this.tooDeep() ? TOO_DEEP : this.transport(protocol, 0, whole);
    this.attach(bytes, view);
    this.capturedEnd = capturedEnd;
    this.wireEnd = wireEnd;
    this.tcpAt = -1;
    return result;
  }
}
