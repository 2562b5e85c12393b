/**
 * Where everything lies in the flow table's memory. A connection is a row of 48 32-bit words: three cache lines of 64
 * bytes. The first line holds all that a plain segment (data or an acknowledgement on a connection that stands) reads or
 * writes, so that such a segment costs one line of the index and one line of a row. The second line is for opening and
 * closing, the third for the totals that are written out at the end.
 *
 * The two ends of a connection are called by the order of their addresses, not by client and server, because who is who
 * may be learned late: direction 0 is from the lower (address, port) to the higher one, direction 1 the other way. Words
 * that exist for each direction lie side by side: add the direction to the first one's place.
 *
 * The enums are `const` so that the bundler writes their numbers into the packet path: a constant imported from another
 * module would be a memory load at each use.
 */
export const enum Row {
  /** Lower address (IPv4), or the first half of the pair's fingerprint (IPv6). */
  Key0 = 0,
  Key1 = 1,
  /** Port of the lower end << 16 | port of the higher end. */
  Ports = 2,
  /** Bits of `State`. */
  State = 3,
  /** Last packet, event time; the nanoseconds with bits of `Nanos`. */
  LastSeconds = 4,
  LastNanos = 5,
  /** One past the highest sequence number sent, for each direction. */
  Next = 6,
  /** Highest acknowledgement sent, for each direction. */
  Acked = 8,
  /** Packets and payload bytes of the present window, for each direction; bytes stay below 2^31. */
  Packets = 10,
  Bytes = 12,
  /** Number of the window that the present counts belong to; `noWindow` when there are none. */
  Window = 14,
  /** Window fields of each direction's last segment, RSTs apart, 16 bits each and unscaled: see `FlowTable.announced`. */
  Announced = 15,

  /** Counts of the present window: fields of `Opening`, `Ends`, `Half`, bits of `Verdict`, first event node. */
  Opening = 16,
  Ends = 17,
  Retrans = 18,
  Verdicts = 19,
  Events = 20,
  /** Handshake time in microseconds, a 32-bit float; until it is known (`State.Timed`), the first SYN's offset. */
  HandshakeTime = 21,
  /** Zeek's endpoint states, and which letters its history has: fields of `Zeek`. */
  Zeek = 22,
  /** Second at which the row's entry in the timer wheel is due; 0 when it has none. */
  Timer = 23,
  /** Zeek's history, six letters of five bits a word, the first letter in the lowest bits. */
  History = 24,
  /** Initial sequence number when a SYN was seen, else the lowest one, for each direction. */
  First = 27,
  /** Bits of `Facts`. */
  Facts = 29,
  /** Row of an unanswered new attempt on the same tuple; on such an attempt, the row of the connection it waits for. */
  Rival = 30,
  /** Row of the pool of what FINs tell (`Fins`), which also knows where rarer facts are; 0 when it has none. */
  Fins = 31,

  /** Totals of the windows before the present one, for each direction. */
  TotalPackets = 32,
  /** Two 64-bit floats. */
  TotalBytes = 34,
  TotalRetrans = 38,
  /** RSTs of both directions: fields of `Half`. */
  TotalResets = 40,
  /**
   * Last SYN before the handshake, microseconds after the first packet. From the handshake on (`State.Timed`) as
   * round-trip.ts says.
   */
  LastSyn = 41,
  /** FINs of both directions: fields of `Half`. */
  TotalFins = 42,
  /** As `Opening`. */
  TotalOpening = 43,
  /** First packet, event time. */
  StartSeconds = 44,
  StartNanos = 45,
  /** Row of the pool of IPv6 addresses; IPv4: the first IP id other than 0 of each direction, fields of `Half`. */
  Wide = 46,
  /** Time to live of each direction's first packet, and window scales: fields of `Traits`. */
  Traits = 47,

  Words = 48,
}

export const enum Table {
  /**
   * Words in front of row 0. Large arrays begin 16 bytes behind a page (the allocator's header): with these, rows begin
   * on cache lines. A wrong guess costs speed, nothing else.
   */
  Offset = 12,
}

/** A row of the pool of IPv6 addresses: the lower address, then the higher. */
export const enum Pair {
  Words = 8,
}

/** `Row.Window` of a row that has counted nothing since its last window was written; windows are numbered from 1. */
export const noWindow = 0;

/**
 * Words of what acknowledgements say about the capture: those of something new after a handshake that was seen, and of
 * these the ones that acknowledge more than was ever seen of the other side. A receiver acknowledges only what reached
 * it (RFC 9293 3.4), so that what such a one stands for was sent and not captured.
 */
export const enum Acks {
  Heard = 0,
  Gap = 1,
  Words = 2,
}

/**
 * What most connections need in the end, in one cache line of a pool: the first FIN of each direction (the words of `Fact`
 * by the same names, which are not kept among the facts), and where rarer things lie.
 */
export const enum Fins {
  /** One past the FIN. */
  End = 0,
  Head = 2,
  Unacked = 4,
  PeerUnacked = 6,
  Gap = 8,
  Seconds = 10,
  Nanos = 12,
  /** Rows of the pools of rarer facts (`Cold`) and of what a diagnosis needs (`Fact`); 0 when it has none. */
  Cold = 14,
  Facts = 15,
  Words = 16,
}

/** Facts that few connections have; a row of 22 words in a pool of its own. Words for each direction lie side by side. */
export const enum Cold {
  /** Sequence number of the last RST. */
  LastReset = 0,
  /** VLAN tags 0 and 1, 12 bits each, and how many there are << 24; tags 2 and 3. */
  Vlans = 2,
  /** First hole below `Row.Next` in the hole pool: fields of `Half`. */
  Holes = 4,
  /** Packets with flags that contradict each other. */
  Malformed = 5,
  /** Retransmissions and zero windows so far, as far as Zeek's history needs them: fields of `Half`. */
  ZeekRepeats = 6,
  ZeekZeroWindows = 7,
  /** SYN and SYN+ACK, and FINs beyond what the row's packed fields hold, for each direction where it matters. */
  ExtraSyns = 8,
  ExtraSynAcks = 9,
  ExtraFins = 10,
  /** One past the first number of the last segment that lay where its side cannot have sent anything; 0 without one. */
  Stray = 12,
  /** Announcements of a window of 0, and duplicate acknowledgements (signals.ts), for each direction. */
  ZeroWindows = 14,
  DupAcks = 16,
  /** RSTs beyond what `Row.TotalResets` holds, for each direction. */
  ExtraResets = 18,
  /** Copies of segments that were left out, for each direction. */
  Copies = 20,
  Words = 22,
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
  /** `Row.Next` and `Row.First` hold something. */
  Sequence = 1 << 16,
  /** `Row.Acked` holds something. */
  Ack = 1 << 18,
  /** Both SYNs were seen and acknowledged. */
  Handshake = 1 << 20,
  /** `Row.HandshakeTime` holds the handshake's time. */
  Timed = 1 << 21,
  /** Ended; lingers for stragglers. */
  Closed = 1 << 22,
  /** A RST that its receiver would ignore (RFC 5961), unless nothing follows it. */
  Suspect = 1 << 23,
  /** A RST that acknowledges the SYN, without SYN+ACK. */
  Refused = 1 << 24,
  /** An attempt that waits whether it replaces the connection `Row.Rival`. */
  Candidate = 1 << 25,
  /**
   * Plain segments of a kind need no second look: acknowledgement or data, of direction 0 or 1 (shift left by 1 for data
   * and by 2 for direction 1). Set when the connection stands and Zeek's history has the letter.
   */
  Plain = 1 << 26,
  /** It has had its first packet. */
  Begun = 1 << 30,
  /** The row is in use. */
  Used = 1 << 31,
}

/** Both directions of a per-direction bit of `State`, and all four of `State.Plain`. */
export const enum Both {
  Syn = 3 << 4,
  SynAck = 3 << 6,
  Data = 3 << 8,
  Fin = 3 << 10,
  Rst = 3 << 12,
  FinAcked = 3 << 14,
  Plain = 15 << 26,
}

/** Bits and fields of `Row.Facts`. */
export const enum Facts {
  /** 1 + index into `resetStages`; 0 without a RST. 3 bits. */
  Stage = 0,
  /** Interface of the first packet, 8 bits. */
  Interface = 3,
  /** Direction of the first packet. */
  FirstSender = 1 << 11,
  /** A side has closed, and which direction it was. */
  CloserKnown = 1 << 12,
  Closer = 1 << 13,
  /** Direction of the first RST (any direction's `State.Rst` says that there was one). */
  Aborter = 1 << 14,
  /** Both FINs were acknowledged before the first RST. */
  FinsFirst = 1 << 15,
  /** A side has sent a keep-alive, or data after a long idle time, and the other has sent nothing but RSTs since. */
  AfterIdle = 1 << 16,
  /** The RSTs seen so far did not end the connection: it went on. */
  ResetVoid = 1 << 17,
  /** Booked as a guessed role; taken back when a late SYN tells better. */
  GuessBooked = 1 << 18,
  /** Packets came from one direction only, and they answer packets that were not captured. */
  OneWay = 1 << 19,
  /** Share of the handshake's time that lay between the SYN+ACK and the client's answer, in fifteenths; 4 bits. */
  Share = 20,
  /** Packets had VLAN tags (`Cold.Vlans`). */
  Tagged = 1 << 24,
  /** Direction of what `AfterIdle` speaks of. */
  IdleSender = 1 << 25,
  /** The SYN was answered by an acknowledgement of a connection from before; its number is in `Row.Acked`. */
  AckOfAnother = 1 << 26,
  /** The client reset that connection, and goes on with this one. */
  ResetOfAnother = 1 << 27,
}

/** Fields of `Row.Zeek`: endpoint states (3 bits for each direction), the states before, letters noted, letters in all. */
export const enum Zeek {
  States = 0,
  Before = 6,
  /** 7 bits for each direction. */
  Letters = 12,
  LetterBits = 7,
  /** Letters in the history so far, 5 bits. */
  Length = 26,
}

/** `Row.LastNanos`: nanoseconds (30 bits), and the direction of the last segment that carried data. */
export const enum Nanos {
  Most = 0x3fffffff,
  LastData = 1 << 31,
}

/** Fields of `Row.Opening`: SYNs (12 bits), SYN+ACKs (12), attempts (4), handshakes (4). */
export const enum Opening {
  Syn = 0,
  SynAck = 12,
  Attempt = 24,
  Handshake = 28,
  /** Most that the first two hold. */
  Most = 0xfff,
}

/** Fields of `Row.Ends`, 8 bits each: FINs of direction 0 and 1, RSTs of direction 0 and 1. */
export const enum Ends {
  Fin = 0,
  Rst = 16,
  Bits = 8,
  Most = 0xff,
}

/** Two 16-bit fields in a word, direction 0 in the lower half. */
export const enum Half {
  Bits = 16,
  Most = 0xffff,
}

/** Fields of `Row.Traits`: times to live (8 bits for each direction; 0 when it sent nothing), window scale + 1 (4 bits). */
export const enum Traits {
  Ttl = 0,
  TtlBits = 8,
  WindowScale = 16,
  ScaleBits = 4,
}

/** Words of a record in a window's memory: what one connection counted in it. */
export const enum Rec {
  /** As in the connection's row; IPv6: place in the window's own address memory, as 32-bit words. */
  Key0 = 0,
  Key1 = 1,
  Ports = 2,
  /** Outermost VLAN (12 bits), the bits of `RecMeta`, and 1 + bucket of the duration (10 bits) if it closed. */
  Meta = 3,
  Packets = 4,
  Bytes = 6,
  Opening = 8,
  Ends = 9,
  Retrans = 10,
  Verdicts = 11,
  Events = 12,
  /** Handshake in this window (see `Verdict.Timed`): microseconds from the first SYN, and the row's `Row.LastSyn`. */
  HandshakeTime = 13,
  LastSyn = 14,
  /** Number of the conversation, worked out when the window is written. */
  Conversation = 15,
  Words = 16,
}

export const enum RecMeta {
  Vlan = 0xfff,
  Ipv6 = 1 << 12,
  ClientHigh = 1 << 13,
  /** Place of the duration's field, the highest. */
  Duration = 14,
}

/** Words of the time of the segment at hand. */
export const enum Now {
  Event = 0,
  Nanos = 1,
}
