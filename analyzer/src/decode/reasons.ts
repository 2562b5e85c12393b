/**
 * Why a packet gave no TCP segment. Every packet read is either decoded or counted under exactly one of these, so that
 * `read = tcp + duplicate + sum(undecoded)` always holds.
 */
export const undecodedReasons = [
  /** Another protocol, or nothing that carries TCP: UDP, ICMP (with the TCP header it quotes), ARP, routing, … */
  'not_tcp',
  /** A fragment of a datagram that is still incomplete, or never was completed. */
  'fragment',
  /** The capture cut the packet before the TCP flags (snap length). */
  'truncated',
  /** A header that contradicts itself: wrong version, impossible length. */
  'malformed',
  /** The link type of the capture is not one we know. */
  'link_type',
  /** Encrypted on the way: ESP, protected 802.11, MACsec. */
  'encrypted',
  /** More layers than we follow (24): a loop or an attack. */
  'too_deep',
] as const;

export type UndecodedReason = (typeof undecodedReasons)[number];

/** What `Decoder.decode` returns: a segment, or the reason why there is none (1 + index into `undecodedReasons`). */
export const DECODED = 0;
export const NOT_TCP = 1;
export const FRAGMENT = 2;
export const TRUNCATED = 3;
export const MALFORMED = 4;
export const LINK_TYPE = 5;
export const ENCRYPTED = 6;
export const TOO_DEEP = 7;
/** Counted as `not_tcp`, but what it says of a TCP connection is handed on (quotes.ts). */
export const QUOTE = 8;
