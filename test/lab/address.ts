/**
 * Addresses of the laboratory. The second byte says what happens on the way, the last two which instance of a scenario it
 * is, so that one packet tells to which instance it belongs and the firewalls' rules are written once.
 */
export type Family = 4 | 6;

/** What a client or server block stands for: second byte of its IPv4 addresses, and last of its IPv6 prefix. */
export const blocks = {
  /** Clients; and clients whose host never sees an answer. */
  client: 71,
  mute: 72,
  /** Servers that are reached without hindrance. */
  server: 80,
  /** Ports from 20000 are rejected with a RST: by the near router, by the far one, by the server's own host. */
  rejectNear: 81,
  rejectFar: 82,
  rejectHost: 83,
  /** Ports from 20000 are dropped: by the far router, by the host. */
  dropFar: 84,
  dropHost: 85,
  /** SYN+ACKs of ports from 20000 are dropped by the near router: all, or the first ones. */
  dropReplies: 86,
  dropFirstReplies: 87,
  /** Behind a firewall that forgets idle connections: the near router rejects what it forgot, the far one drops it. */
  forgetReject: 88,
  forgetDrop: 89,
  /** Ports from 20000 are rejected with an ICMP message: of the near router, of the far one, of the server's own host. */
  tellNear: 91,
  tellFar: 92,
  tellHost: 93,
  /** No host: the far router says that there is no way to it. */
  nowhere: 95,
  /** A network of many servers. */
  sweep: 90,
  /** Servers with a namespace of their own, which can go away. */
  mortal: 94,
} as const;

export type Block = keyof typeof blocks;

/** @param instance number of the instance, or within a block of its own */
export function addressIn(family: Family, block: Block, instance: number): string {
  return family === 4
    ? `10.${blocks[block]}.${instance >>> 8}.${instance & 0xff}`
    : `fd${blocks[block].toString(16)}::${instance.toString(16)}`;
}

/** Network prefix of a block, for routes and rules. */
export function networkOf(family: Family, block: Block): string {
  return family === 4 ? `10.${blocks[block]}.0.0/16` : `fd${blocks[block].toString(16)}::/64`;
}
