import type { Side } from '../diagnose/index.js';

/** A segment of the connection that is explained, as its sender put it on the wire. */
export interface SequencePacket {
  /** Number of the packet in the input, from 1 as Wireshark counts; null when it does not come from a file. */
  readonly number: number | null;
  /** Capture time: whole seconds since 1970, and nanoseconds. */
  readonly seconds: number;
  readonly nanos: number;
  readonly from: Side;
  /** FIN, SYN, RST, PSH, ACK, URG, ECE, CWR (RFC 9293 3.1), 8 bits. */
  readonly flags: number;
  /** As on the wire, 0 to 2^32 - 1. The acknowledgement means nothing without ACK. */
  readonly sequence: number;
  readonly acknowledgement: number;
  /** Window field, unscaled; null when the capture cut it off. */
  readonly window: number | null;
  /** Shift count that a SYN announces (RFC 7323); null without one. */
  readonly windowScale: number | null;
  /** Payload bytes by the IP length. */
  readonly payload: number;
  /** Time to live or hop limit; IPv4 identification, null for IPv6. */
  readonly ttl: number;
  readonly ipId: number | null;
}

/** Nanoseconds from one packet to another, below 0 when it was captured out of order. Exact up to 104 days. */
export function nanosBetween(
  from: Pick<SequencePacket, 'seconds' | 'nanos'>,
  to: Pick<SequencePacket, 'seconds' | 'nanos'>
): number {
  return (to.seconds - from.seconds) * 1e9 + (to.nanos - from.nanos);
}
