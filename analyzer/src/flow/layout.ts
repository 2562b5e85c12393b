/**
 * Where everything lies in the flow table's memory. A connection is a row of 48 32-bit words (192 bytes, three cache
 * lines); its counts of the current window are a row of 16 words (one cache line) in that window's own memory.
 *
 * The two ends of a connection are called by the order of their addresses, not by client and server, because who is who
 * may be learned late: direction 0 is from the lower (address, port) to the higher one, direction 1 the other way.
 *
 * The enums are `const` so that the bundler writes their numbers into the packet path: a constant imported from another
 * module would be a memory load at each use.
 */

/** Words of a connection row. */
export const enum Row {
  /** Lower address (IPv4), or the first half of the pair's fingerprint (IPv6). */
  Key0 = 0,
  Key1 = 1,
  /** Port of the lower end << 16 | port of the higher end. */
  Ports = 2,
  /** Bits of `State`. */
  State = 3,
  /** IPv6: row of the address pool; IPv4: 0. */
  Wide = 4,
  /** First and last packet: seconds and nanoseconds of the monotonic event clock. */
  StartSeconds = 5,
  StartNanos = 6,
  LastSeconds = 7,
  LastNanos = 8,
  /** Second at which the row's entry in the timer wheel is due; 0 when it has none. */
  Timer = 9,
  /** Rows in the memory of the window with an even and an odd number; 0 when none. */
  Window0 = 10,
  Window1 = 11,
  /** Row of an unanswered new attempt on the same tuple; on such an attempt, the row of the connection it waits for. */
  Rival = 12,
  /** Tags 0 and 1, 12 bits each, and how many there are << 24. */
  Vlans0 = 13,
  /** Tags 2 and 3, 12 bits each. */
  Vlans1 = 14,
  /** Bits of `Facts`. */
  Facts = 15,
  /** Handshake time in microseconds, a 32-bit float; until it is known (`Facts.Timed`), the first SYN's offset instead. */
  HandshakeTime = 16,
  /** Last SYN before the handshake, microseconds after the first packet. */
  LastSyn = 17,
  /** As `Win.Opening`, of the windows already closed. */
  Opening = 18,
  /** Packets with flags that contradict each other. */
  Malformed = 19,
  /** Zeek's history, six letters of five bits a word, the first letter in the lowest bits. */
  History0 = 20,
  /** The directions' words begin here. */
  Direction0 = 24,
  Direction1 = 36,
  Words = 48,
}

/** Words of one direction within a connection row. */
export const enum Dir {
  /** One past the highest sequence number sent. */
  Next = 0,
  /** Highest acknowledgement sent. */
  Acked = 1,
  /** Initial sequence number when a SYN was seen, else the lowest one. */
  First = 2,
  /** One past the FIN. */
  FinEnd = 3,
  /** Packets and retransmissions of the windows already closed. */
  Packets = 4,
  Retrans = 5,
  /** Payload bytes of the windows already closed, a 64-bit float (words 6 and 7). */
  Bytes = 6,
  /** RST packets << 12 | FIN packets. */
  Resets = 8,
  /** Bits and fields of `Traits`. */
  Traits = 9,
  /** First hole below `Next` in the hole pool << 16 | last window advertised. */
  Holes = 10,
  /** Sequence number of the last RST. */
  LastReset = 11,
  Words = 12,
}

/** Fields of `Dir.Traits`. */
export const enum Traits {
  /** Zeek's letters that this direction already has in the history (`Letter`), 8 bits. */
  Letters = 0xff,
  /** Time to live of the direction's first packet, 8 bits. */
  Ttl = 8,
  /** Window scale of its SYN plus 1, 0 without; 4 bits. */
  WindowScale = 16,
  /** Retransmissions and zero windows so far, as far as Zeek's history needs them: 7 and 5 bits, then they stay. */
  Retransmissions = 20,
  ZeroWindows = 27,
}

/** Bits of `Row.State`. Bits that exist for each direction are shifted left by the direction. */
export const enum State {
  Ipv6 = 1 << 0,
  /** The client is the higher end: packets of direction 1 come from the client. */
  ClientHigh = 1 << 1,
  RoleCertain = 1 << 2,
  /** Packets were seen that no SYN had announced. */
  Midstream = 1 << 3,
  Syn = 1 << 4,
  SynAck = 1 << 6,
  Data = 1 << 8,
  Fin = 1 << 10,
  Rst = 1 << 12,
  /** The FIN of this direction was acknowledged. */
  FinAcked = 1 << 14,
  /** `Dir.Next` and `Dir.First` hold something. */
  Sequence = 1 << 16,
  /** `Dir.Acked` holds something. */
  Ack = 1 << 18,
  /** Both SYNs were seen and acknowledged. */
  Handshake = 1 << 20,
  /** Ended; lingers for stragglers. */
  Closed = 1 << 21,
  /** A RST that its receiver would ignore (RFC 5961), unless nothing follows it. */
  Suspect = 1 << 22,
  /** Both FINs were acknowledged before the first RST. */
  FinsFirst = 1 << 23,
  /** Direction of the first packet. */
  FirstSender = 1 << 24,
  /** A side has closed, and which direction it was. */
  CloserKnown = 1 << 25,
  Closer = 1 << 26,
  /** Direction of the first RST (any direction's `Rst` bit says that there was one). */
  Aborter = 1 << 27,
  /** A RST that acknowledges the SYN, without SYN+ACK. */
  Refused = 1 << 28,
  /** An attempt that waits whether it replaces the connection `Row.Rival`. */
  Candidate = 1 << 29,
  /** A plain data segment or acknowledgement needs no look at the rest: see `FlowTracker.packet`. */
  Plain = 1 << 30,
  /** The row is in use. */
  Used = 1 << 31,
}

/** Both directions of a per-direction bit of `State`. */
export const enum Both {
  Syn = (1 << 4) | (1 << 5),
  SynAck = (1 << 6) | (1 << 7),
  Data = (1 << 8) | (1 << 9),
  Fin = (1 << 10) | (1 << 11),
  Rst = (1 << 12) | (1 << 13),
  FinAcked = (1 << 14) | (1 << 15),
}

/** Bits and fields of `Row.Facts`. */
export const enum Facts {
  /** Zeek's endpoint states, 3 bits for each direction, then the states before them. */
  ZeekState = 0,
  ZeekBefore = 6,
  /** 1 + index into `resetStages`; 0 without a RST. 3 bits. */
  Stage = 12,
  /** Interface of the first packet, 8 bits. */
  Interface = 15,
  /** The last packet came after a long idle time, or was a keep-alive. */
  AfterIdle = 1 << 23,
  /** The RSTs seen so far did not end the connection: it went on. */
  ResetVoid = 1 << 24,
  /** `Row.HandshakeTime` is set. */
  Timed = 1 << 25,
  /** Both ends sent a SYN without ACK. */
  Simultaneous = 1 << 26,
  /** Booked as midstream and as a guessed role; taken back when a late SYN tells better. */
  MidstreamBooked = 1 << 27,
  GuessBooked = 1 << 28,
  /** Packets came from one direction only, and they answer packets that were not captured. */
  OneWay = 1 << 29,
  /** A total outgrew its field: the rest is in `FlowTable.extra`. */
  Extra = 1 << 30,
}

/** Words of a window row. */
export const enum Win {
  /** Connection row; 0 never. */
  Connection = 0,
  /** As in the connection row; IPv6: place in the window's own address memory. */
  Key0 = 1,
  Key1 = 2,
  Ports = 3,
  /** Outermost VLAN (12 bits) and the bits of `WinMeta`. */
  Meta = 4,
  /** First event node; 0 when there is none. */
  Events = 5,
  Packets0 = 6,
  Packets1 = 7,
  /** Payload of each direction, 64-bit floats. */
  Bytes0 = 8,
  Bytes1 = 10,
  /** Direction 0 in the low half, direction 1 in the high half. */
  Retrans = 12,
  /** SYN (12 bits), SYN+ACK (12), attempts (4), handshakes (4). */
  Opening = 13,
  Fins = 14,
  Resets = 15,
  Words = 16,
}

export const enum WinMeta {
  Vlan = 0xfff,
  Ipv6 = 1 << 12,
  ClientHigh = 1 << 13,
}
