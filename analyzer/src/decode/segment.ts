/**
 * TCP flags (RFC 9293 3.1), the low byte of the flags field. A `const` enum, so that the bundler writes the numbers into the
 * packet path: a constant imported from another module would be a memory load at each use.
 */
export const enum Flag {
  Fin = 0x01,
  Syn = 0x02,
  Rst = 0x04,
  Psh = 0x08,
  Ack = 0x10,
  Urg = 0x20,
  /** No segment, but an ICMP message about one: see `Quote`. Above the flags of the header. */
  Quote = 0x100,
}

/**
 * Words of a segment. Segments lie in one Int32Array that is used over and over: the decoder fills in the first part for
 * every packet, the flow room the second. Addresses and sequence numbers are the 32 bits of the packet, signed.
 */
export const enum Seg {
  /** 4 or 6: version of the innermost IP header. */
  Family = 0,
  /** Source address: IPv4 in the first word alone, IPv6 in four, in network order. */
  Source = 1,
  Destination = 5,
  /** Source port << 16 | destination port. */
  Ports = 9,
  /** FIN, SYN, RST, PSH, ACK, URG, ECE, CWR. */
  Flags = 10,
  /** Compare by `(a - b) | 0`. */
  Sequence = 11,
  /** Meaningless without ACK. */
  Acknowledgement = 12,
  /** Window field, unscaled; -1 when the capture cut it off. */
  Window = 13,
  /** TCP payload in bytes by the IP length, at most what the wire length leaves. */
  Payload = 14,
  /** IPv4 time to live or IPv6 hop limit. */
  Ttl = 15,
  /** IPv4 identification; -1 for IPv6. */
  IpId = 16,
  /** Window scale of a SYN's options (RFC 7323), -1 when absent; 0 to 14. */
  WindowScale = 17,
  /** VLAN tags met (priority tags with id 0 apart), and the outermost four. */
  VlanCount = 18,
  Vlan = 19,
  /** Capture time since 1970: whole seconds (as 32 unsigned bits), and nanoseconds. */
  Seconds = 23,
  Nanos = 24,
  /** Number of the interface within the input. */
  Interface = 25,

  /** 0 when the lower end of the connection (connection-key.ts) sent it, else 1; the connection's key, and its hash. */
  Direction = 26,
  Key0 = 27,
  Key1 = 28,
  KeyPorts = 29,
  Hash = 30,
  /** For the flow room: the row that the index pointed at. */
  Hint = 31,

  Words = 32,
}

/**
 * Words of an ICMP message that says that a segment could not be delivered (`Flag.Quote`, quotes.ts), where they mean
 * something else than in a segment. Addresses, ports, key, direction and sequence number are those of the segment it quotes.
 */
export const enum Quote {
  /** Who says so: its IPv4 address; 0 for IPv6. */
  Reporter = Seg.Acknowledgement,
  /** Code of the message (RFC 792, RFC 4443). */
  Code = Seg.Window,
  /** 1 when the quoted segment's addressee says so itself, else 0. */
  FromAddressee = Seg.Payload,
}

/** VLAN tags kept of a packet, outermost first; deeper ones are counted only. */
export const MAX_VLANS = 4;
