/** TCP flags (RFC 9293 3.1), the low byte of the flags field. */
export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
export const URG = 0x20;

/** VLAN tags kept of a packet, outermost first; deeper ones are counted only. */
export const MAX_VLANS = 4;

/**
 * One TCP segment. One object serves every packet: each call of `Decoder.decode` overwrites all fields. Everything is a
 * 32-bit integer, so that V8 keeps the fields unboxed and nothing is allocated per packet.
 */
export class Segment {
  /** 4 or 6: version of the innermost IP header. */
  family = 4;
  /** Source address; IPv4 in `source0` alone, IPv6 in four words of network order (signed 32 bit). */
  source0 = 0;
  source1 = 0;
  source2 = 0;
  source3 = 0;
  destination0 = 0;
  destination1 = 0;
  destination2 = 0;
  destination3 = 0;
  sourcePort = 0;
  destinationPort = 0;
  /** FIN, SYN, RST, PSH, ACK, URG, ECE, CWR. */
  flags = 0;
  /** Sequence number as signed 32 bit: compare by `(a - b) | 0`. */
  sequence = 0;
  /** Acknowledgement number as signed 32 bit; meaningless without ACK. */
  acknowledgement = 0;
  /** Window field, unscaled; -1 when the capture cut it off. */
  window = 0;
  /** TCP payload in bytes by the IP length, at most what the wire length leaves. */
  payload = 0;
  /** IPv4 time to live or IPv6 hop limit. */
  ttl = 0;
  /** IPv4 identification; -1 for IPv6. */
  ipId = -1;
  /** Window scale of a SYN's options (RFC 7323), -1 when absent. */
  windowScale = -1;
  /** VLAN tags met (priority tags with id 0 apart), and the outermost four. */
  vlanCount = 0;
  vlan0 = 0;
  vlan1 = 0;
  vlan2 = 0;
  vlan3 = 0;
}
