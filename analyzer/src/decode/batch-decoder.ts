import { Pkt, type PacketBatch } from '../capture/packet-batch.js';
import { direction4, hashKey, writeKey } from './connection-key.js';
import type { Decoder } from './decoder.js';
import { Origin } from './duplicates.js';
import { LINK_ETHERNET } from './link.js';
import { DECODED, NOT_TCP, QUOTE } from './reasons.js';
import { Flag, Seg } from './segment.js';

/** A `const` enum, so that the bundler writes the numbers into the code. */
const enum EtherType {
  Ipv4 = 0x0800,
  Vlan = 0x8100,
  Qinq = 0x88a8,
  Ipv6 = 0x86dd,
}

/**
 * Decodes the packets of a batch into the segments from number `first` on; returns how many segments there were, with the
 * ICMP messages among them (`Decoder.quotes`).
 *
 * Trade-off: TCP over IPv4 or IPv6, without IPv4 options or IPv6 extension headers, on Ethernet with at most two VLAN tags,
 * is nearly everything, and it is decoded right here: a dozen loads, no call for IPv4. It repeats what `Decoder.decode`
 * says more generally; a test compares both on the same packets.
 *
 * A closure, not a method: the compiler takes what a closure captures for constants, and writes the address and the length
 * of `segments` into the code (worth a sixth of the time of this function). `| 0` behind a sum says that it cannot
 * overflow, or the code would look.
 */
export type BatchDecoder = (batch: PacketBatch, first: number) => number;

/**
 * @param seed mixed into the hash of connection keys
 * @param origins takes where each segment came from (`Origin`), for those who look for copies; null costs nothing
 */
export function batchDecoder(decoder: Decoder, seed: number, origins: Int32Array | null): BatchDecoder {
  const { segments, outcomes } = decoder;
  // Captured, and so constants to the compiler, which what a module declares is not.
  const ethernet = LINK_ETHERNET;
  const tcpProtocol = 6;
  const done = DECODED;
  const quote = QUOTE;

  function decodeBatch(batch: PacketBatch, first: number): number {
    const { view, words, length } = batch;
    if (decoder.bytes !== batch.bytes) {
      decoder.attach(batch.bytes, view);
    }
    let to = (first * Seg.Words) | 0;
    let origin = 0;
    let quotes = 0;
    for (let packet = 0; packet < length * Pkt.Words; packet = (packet + Pkt.Words) | 0) {
      const at = words[(packet + Pkt.At) | 0] as number;
      const captured = words[(packet + Pkt.Captured) | 0] as number;
      let outcome = -1;
      if (words[(packet + Pkt.LinkType) | 0] === ethernet && captured >= 54) {
        const capturedEnd = (at + captured) | 0;
        const wireEnd = (at + (words[(packet + Pkt.Wire) | 0] as number)) | 0;
        let type = view.getUint16((at + 12) | 0);
        let ip = (at + 14) | 0;
        let vlan = words[(packet + Pkt.Vlan) | 0] as number;
        let inner = 0;
        if (type === EtherType.Vlan && vlan === 0) {
          vlan = view.getUint16((at + 14) | 0) & 0x0fff;
          type = view.getUint16((at + 16) | 0);
          ip = (at + 18) | 0;
        } else if (type === EtherType.Qinq && vlan === 0 && view.getUint16((at + 16) | 0) === EtherType.Vlan) {
          // 802.1ad: a service tag and a customer tag; without an id in each it goes the general way.
          const outer = view.getUint16((at + 14) | 0) & 0x0fff;
          inner = view.getUint16((at + 18) | 0) & 0x0fff;
          if (outer !== 0 && inner !== 0) {
            vlan = outer;
            type = view.getUint16((at + 20) | 0);
            ip = (at + 22) | 0;
          }
        }
        if (type === EtherType.Ipv4 && ((ip + 40) | 0) <= capturedEnd) {
          // Here and not in a function of its own: a call would cost as much as a third of what it does.
          const lengths = view.getInt32(ip);
          const total = lengths & 0xffff;
          const identity = view.getInt32((ip + 4) | 0);
          const protocol = view.getInt32((ip + 8) | 0);
          const rest = view.getInt32((ip + 32) | 0);
          // Version 4, a header of 20 bytes, no fragment, TCP, and a length that the packet has.
          if (
            lengths >>> 24 === 0x45 &&
            (identity & 0x3fff) === 0 &&
            ((protocol >>> 16) & 0xff) === tcpProtocol &&
            total >= 40 &&
            ((ip + total) | 0) <= wireEnd &&
            rest >>> 28 >= 5
          ) {
            const source = view.getInt32((ip + 12) | 0);
            const destination = view.getInt32((ip + 16) | 0);
            const ports = view.getInt32((ip + 20) | 0);
            const direction = direction4(source, destination, ports);
            const swap = -direction;
            const exchange = (source ^ destination) & swap;
            const key0 = source ^ exchange;
            const key1 = destination ^ exchange;
            const keyPorts = ports ^ ((((ports << 16) | (ports >>> 16)) ^ ports) & swap);
            segments[to + Seg.Family] = 4;
            segments[to + Seg.Source] = source;
            segments[to + Seg.Destination] = destination;
            segments[to + Seg.Ports] = ports;
            segments[to + Seg.Ttl] = protocol >>> 24;
            segments[to + Seg.IpId] = identity >>> 16;
            segments[to + Seg.Direction] = direction;
            segments[to + Seg.Key0] = key0;
            segments[to + Seg.Key1] = key1;
            segments[to + Seg.KeyPorts] = keyPorts;
            segments[to + Seg.Hash] = hashKey(key0, key1, keyPorts, seed);
            outcome = tcp(view, to, (ip + 20) | 0, rest, (total - 20) | 0, vlan, capturedEnd);
          }
        } else if (type === EtherType.Ipv6) {
          outcome = ipv6(view, to, ip, vlan, capturedEnd, wireEnd);
        }
        if (inner !== 0 && outcome === done) {
          segments[to + Seg.VlanCount] = 2;
          segments[to + Seg.Vlan + 1] = inner;
        }
      }
      if (outcome !== done) {
        outcome = decoder.decodeInto(
          to,
          at,
          captured,
          words[(packet + Pkt.Wire) | 0] as number,
          words[(packet + Pkt.LinkType) | 0] as number,
          words[(packet + Pkt.Seconds) | 0] as number,
          words[(packet + Pkt.Vlan) | 0] as number
        );
        if (outcome === quote) {
          outcomes[NOT_TCP] = (outcomes[NOT_TCP] as number) + 1;
          quotes++;
        } else if (outcome !== done) {
          outcomes[outcome] = (outcomes[outcome] as number) + 1;
          continue;
        }
        writeKey(segments, to, seed);
      }
      if (origins !== null) {
        origins[origin + Origin.Packet] = packet;
        origins[origin + Origin.Tcp] = decoder.tcpAt;
        origin += Origin.Words;
      }
      segments[to + Seg.Seconds] = words[(packet + Pkt.Seconds) | 0] as number;
      segments[to + Seg.Nanos] = words[(packet + Pkt.Nanos) | 0] as number;
      segments[to + Seg.Interface] = words[(packet + Pkt.Interface) | 0] as number;
      to = (to + Seg.Words) | 0;
    }
    const decoded = to / Seg.Words - first;
    outcomes[done] = (outcomes[done] as number) + decoded - quotes;
    decoder.quotes = quotes;
    return decoded;
  }

  /** IPv6 with TCP right behind its header, and a length that the packet has; else -1. */
  function ipv6(view: DataView, to: number, ip: number, vlan: number, capturedEnd: number, wireEnd: number): number {
    if (((ip + 60) | 0) > capturedEnd) {
      return -1;
    }
    const next = view.getInt32((ip + 4) | 0);
    const length = next >>> 16;
    const rest = view.getInt32((ip + 52) | 0);
    if (
      view.getUint8(ip) >> 4 !== 6 ||
      ((next >>> 8) & 0xff) !== tcpProtocol ||
      length < 20 ||
      ((ip + 40 + length) | 0) > wireEnd ||
      rest >>> 28 < 5
    ) {
      return -1;
    }
    segments[to + Seg.Family] = 6;
    segments[to + Seg.Source] = view.getInt32((ip + 8) | 0);
    segments[to + Seg.Source + 1] = view.getInt32((ip + 12) | 0);
    segments[to + Seg.Source + 2] = view.getInt32((ip + 16) | 0);
    segments[to + Seg.Source + 3] = view.getInt32((ip + 20) | 0);
    segments[to + Seg.Destination] = view.getInt32((ip + 24) | 0);
    segments[to + Seg.Destination + 1] = view.getInt32((ip + 28) | 0);
    segments[to + Seg.Destination + 2] = view.getInt32((ip + 32) | 0);
    segments[to + Seg.Destination + 3] = view.getInt32((ip + 36) | 0);
    segments[to + Seg.Ports] = view.getInt32((ip + 40) | 0);
    segments[to + Seg.Ttl] = next & 0xff;
    segments[to + Seg.IpId] = -1;
    writeKey(segments, to, seed);
    return tcp(view, to, (ip + 40) | 0, rest, length, vlan, capturedEnd);
  }

  /**
   * The TCP header of a packet whose first 20 bytes of it were captured.
   * @param rest its fourth word: header length, flags, window
   * @param length bytes from its beginning to the end of the packet
   */
  function tcp(
    view: DataView,
    to: number,
    at: number,
    rest: number,
    length: number,
    vlan: number,
    capturedEnd: number
  ): number {
    const header = (rest >>> 28) << 2;
    const payload = (length - header) | 0;
    const flags = (rest >>> 16) & 0xff;
    segments[to + Seg.Flags] = flags;
    segments[to + Seg.Sequence] = view.getInt32((at + 4) | 0);
    segments[to + Seg.Acknowledgement] = view.getInt32((at + 8) | 0);
    segments[to + Seg.Window] = rest & 0xffff;
    segments[to + Seg.Payload] = payload > 0 ? payload : 0;
    segments[to + Seg.VlanCount] = vlan === 0 ? 0 : 1;
    segments[to + Seg.Vlan] = vlan;
    if (origins !== null) {
      decoder.tcpAt = at;
    }
    if ((flags & Flag.Syn) !== 0) {
      decoder.capturedEnd = capturedEnd;
      segments[to + Seg.WindowScale] = decoder.windowScale((at + 20) | 0, (at + header) | 0);
    }
    return done;
  }

  return decodeBatch;
}
