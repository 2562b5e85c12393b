import { Pkt, type PacketBatch } from '../capture/packet-batch.js';
import { direction4, hashKey, writeKey } from './connection-key.js';
import type { Decoder } from './decoder.js';
import { Origin } from './duplicates.js';
import { LINK_ETHERNET } from './link.js';
import { DECODED } from './reasons.js';
import { Flag, Seg } from './segment.js';

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_VLAN = 0x8100;
const ETHERTYPE_QINQ = 0x88a8;
const ETHERTYPE_IPV6 = 0x86dd;
const PROTOCOL_TCP = 6;

/**
 * Decodes the packets of a batch into the segments from number `first` on; returns how many segments there were.
 *
 * Trade-off: TCP over IPv4 or IPv6, without IPv4 options or IPv6 extension headers, on Ethernet with at most two VLAN tags,
 * is nearly everything, and it is decoded right here: a dozen loads, no call for IPv4. It repeats what `Decoder.decode`
 * says more generally; a test compares both on the same packets.
 *
 * A closure, not a method: the compiler takes what a closure captures for constants, and writes the address and the length
 * of `segments` into the code (worth a sixth of the time of this function).
 */
export type BatchDecoder = (batch: PacketBatch, first: number) => number;

/**
 * @param seed mixed into the hash of connection keys
 * @param origins takes where each segment came from (`Origin`), for those who look for copies; null costs nothing
 */
export function batchDecoder(decoder: Decoder, seed: number, origins: Int32Array | null): BatchDecoder {
  const { segments, outcomes } = decoder;

  function decodeBatch(batch: PacketBatch, first: number): number {
    const { view, words, length } = batch;
    if (decoder.bytes !== batch.bytes) {
      decoder.attach(batch.bytes, view);
    }
    let to = (first * Seg.Words) | 0;
    let origin = 0;
    for (let packet = 0; packet < length * Pkt.Words; packet = (packet + Pkt.Words) | 0) {
      const at = words[packet + Pkt.At] as number;
      const captured = words[packet + Pkt.Captured] as number;
      let outcome = -1;
      if (words[packet + Pkt.LinkType] === LINK_ETHERNET && captured >= 54) {
        const capturedEnd = (at + captured) | 0;
        const wireEnd = (at + (words[packet + Pkt.Wire] as number)) | 0;
        let type = view.getUint16(at + 12);
        let ip = (at + 14) | 0;
        let vlan = words[packet + Pkt.Vlan] as number;
        let inner = 0;
        if (type === ETHERTYPE_VLAN && vlan === 0) {
          vlan = view.getUint16(at + 14) & 0x0fff;
          type = view.getUint16(at + 16);
          ip = (at + 18) | 0;
        } else if (type === ETHERTYPE_QINQ && vlan === 0 && view.getUint16(at + 16) === ETHERTYPE_VLAN) {
          // 802.1ad: a service tag and a customer tag; without an id in each it goes the general way.
          const outer = view.getUint16(at + 14) & 0x0fff;
          inner = view.getUint16(at + 18) & 0x0fff;
          if (outer !== 0 && inner !== 0) {
            vlan = outer;
            type = view.getUint16(at + 20);
            ip = (at + 22) | 0;
          }
        }
        if (type === ETHERTYPE_IPV4 && ((ip + 40) | 0) <= capturedEnd) {
          // Here and not in a function of its own: a call would cost as much as a third of what it does.
          const lengths = view.getInt32(ip);
          const total = lengths & 0xffff;
          const identity = view.getInt32(ip + 4);
          const protocol = view.getInt32(ip + 8);
          const rest = view.getInt32(ip + 32);
          // Version 4, a header of 20 bytes, no fragment, TCP, and a length that the packet has.
          if (
            lengths >>> 24 === 0x45 &&
            (identity & 0x3fff) === 0 &&
            ((protocol >>> 16) & 0xff) === PROTOCOL_TCP &&
            total >= 40 &&
            ((ip + total) | 0) <= wireEnd &&
            rest >>> 28 >= 5
          ) {
            const source = view.getInt32(ip + 12);
            const destination = view.getInt32(ip + 16);
            const ports = view.getInt32(ip + 20);
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
        } else if (type === ETHERTYPE_IPV6) {
          outcome = ipv6(view, to, ip, vlan, capturedEnd, wireEnd);
        }
        if (inner !== 0 && outcome === DECODED) {
          segments[to + Seg.VlanCount] = 2;
          segments[to + Seg.Vlan + 1] = inner;
        }
      }
      if (outcome !== DECODED) {
        outcome = decoder.decodeInto(
          to,
          at,
          captured,
          words[packet + Pkt.Wire] as number,
          words[packet + Pkt.LinkType] as number,
          words[packet + Pkt.Seconds] as number,
          words[packet + Pkt.Vlan] as number
        );
        outcomes[outcome] = (outcomes[outcome] as number) + 1;
        if (outcome !== DECODED) {
          continue;
        }
        outcomes[DECODED] = (outcomes[DECODED] as number) - 1;
        writeKey(segments, to, seed);
      }
      if (origins !== null) {
        origins[origin + Origin.Packet] = packet;
        origins[origin + Origin.Tcp] = decoder.tcpAt;
        origin += Origin.Words;
      }
      segments[to + Seg.Seconds] = words[packet + Pkt.Seconds] as number;
      segments[to + Seg.Nanos] = words[packet + Pkt.Nanos] as number;
      segments[to + Seg.Interface] = words[packet + Pkt.Interface] as number;
      to = (to + Seg.Words) | 0;
    }
    const decoded = to / Seg.Words - first;
    outcomes[DECODED] = (outcomes[DECODED] as number) + decoded;
    return decoded;
  }

  /** IPv6 with TCP right behind its header, and a length that the packet has; else -1. */
  function ipv6(view: DataView, to: number, ip: number, vlan: number, capturedEnd: number, wireEnd: number): number {
    if (((ip + 60) | 0) > capturedEnd) {
      return -1;
    }
    const next = view.getInt32(ip + 4);
    const length = next >>> 16;
    const rest = view.getInt32(ip + 52);
    if (
      view.getUint8(ip) >> 4 !== 6 ||
      ((next >>> 8) & 0xff) !== PROTOCOL_TCP ||
      length < 20 ||
      ((ip + 40 + length) | 0) > wireEnd ||
      rest >>> 28 < 5
    ) {
      return -1;
    }
    segments[to + Seg.Family] = 6;
    segments[to + Seg.Source] = view.getInt32(ip + 8);
    segments[to + Seg.Source + 1] = view.getInt32(ip + 12);
    segments[to + Seg.Source + 2] = view.getInt32(ip + 16);
    segments[to + Seg.Source + 3] = view.getInt32(ip + 20);
    segments[to + Seg.Destination] = view.getInt32(ip + 24);
    segments[to + Seg.Destination + 1] = view.getInt32(ip + 28);
    segments[to + Seg.Destination + 2] = view.getInt32(ip + 32);
    segments[to + Seg.Destination + 3] = view.getInt32(ip + 36);
    segments[to + Seg.Ports] = view.getInt32(ip + 40);
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
    segments[to + Seg.Sequence] = view.getInt32(at + 4);
    segments[to + Seg.Acknowledgement] = view.getInt32(at + 8);
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
    return DECODED;
  }

  return decodeBatch;
}
