import type { SequencePacket } from './packet.js';
import { isMapped, type Tuple } from './tuple.js';
import { addressText } from '../report/index.js';

/** A moment as display filters take it: seconds since 1970 with nanoseconds. */
export type Moment = Pick<SequencePacket, 'seconds' | 'nanos'>;

/**
 * A Wireshark display filter for the packets of a connection (wireshark-filter(4)): Wireshark's own words for a
 * conversation, without what ICMP errors quote of it, and the time when the same ports are used by other connections too.
 */
export function displayFilter(tuple: Tuple, span: { readonly first: Moment; readonly last: Moment } | null): string {
  const ip = isMapped(tuple.clientIp) && isMapped(tuple.serverIp) ? 'ip' : 'ipv6';
  const parts = [
    ...[tuple.clientIp, tuple.serverIp].map((address) => `${ip}.addr == ${addressText(address, 0)}`),
    ...[tuple.clientPort, tuple.serverPort].map((port) => `tcp.port == ${port}`),
    ip === 'ip' ? '!icmp' : '!icmpv6',
  ];
  if (span !== null) {
    parts.push(`frame.time_epoch >= ${momentText(span.first)}`, `frame.time_epoch <= ${momentText(span.last)}`);
  }
  return parts.join(' && ');
}

function momentText({ seconds, nanos }: Moment): string {
  return `${seconds}.${String(nanos).padStart(9, '0')}`;
}
