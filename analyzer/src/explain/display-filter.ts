import type { Moment } from './span.js';
import type { Tuple } from './tuple.js';
import { addressText } from '../report/index.js';

/**
 * A Wireshark display filter for the packets of a connection (wireshark-filter(4)): Wireshark's own words for a
 * conversation, and the time when the same ports are used by other connections too.
 * @param vlans tags of its packets where other connections differ by them; null where tags tell nothing apart
 * @param messages show ICMP errors that quote it, too
 * @param six whether its packets are IPv6, which may carry IPv4 addresses
 */
export function displayFilter(
  tuple: Tuple,
  vlans: readonly number[] | null,
  span: { readonly first: Moment; readonly last: Moment } | null,
  messages: boolean,
  six: boolean
): string {
  const addresses = [addressText(tuple.clientIp, 0), addressText(tuple.serverIp, 0)];
  const parts = conversation(addresses, [tuple.clientPort, tuple.serverPort], messages, six);
  if (vlans !== null) {
    parts.push(...(vlans.length === 0 ? ['!vlan'] : vlans.map((id) => `vlan.id == ${id}`)));
  }
  if (span !== null) {
    parts.push(`frame.time_epoch >= ${momentText(span.first)}`, `frame.time_epoch <= ${momentText(span.last)}`);
  }
  return parts.join(' && ');
}

/** The same for a connection of the store, whose ports others may have used before and after. */
export function displayFilterOf(facts: Readonly<Record<string, unknown>>): string {
  const addresses = [String(facts['client.ip']), String(facts['server.ip'])];
  const parts = conversation(
    addresses,
    [Number(facts['client.port']), Number(facts['server.port'])],
    false,
    addresses.some(isSix)
  );
  const epoch = (time: unknown) => {
    const [whole = '', fraction = ''] = String(time).replace('Z', '').split('.');
    return `${Date.parse(`${whole}Z`) / 1000}.${fraction.padEnd(9, '0')}`;
  };
  parts.push(`frame.time_epoch >= ${epoch(facts['start'])}`, `frame.time_epoch <= ${epoch(facts['end'])}`);
  return parts.join(' && ');
}

const isSix = (address: string) => address.includes(':');

/**
 * Wireshark finds addresses and ports in what ICMP errors quote, too. IPv4 addresses in IPv6 packets, which are written as
 * IPv4 elsewhere, are IPv6 addresses for it.
 */
function conversation(
  addresses: readonly string[],
  ports: readonly number[],
  messages: boolean,
  six: boolean
): string[] {
  return [
    ...addresses.map((address) =>
      six ? `ipv6.addr == ${isSix(address) ? address : `::ffff:${address}`}` : `ip.addr == ${address}`
    ),
    ...ports.map((port) => `tcp.port == ${port}`),
    ...(messages ? [] : [six ? '!icmpv6' : '!icmp']),
  ];
}

/** Seconds since 1970 with nanoseconds. */
function momentText({ seconds, nanos }: Moment): string {
  return `${seconds}.${String(nanos).padStart(9, '0')}`;
}
