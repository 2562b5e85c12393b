/**
 * What a diagnosis needs to know of how a connection ended, beyond its row: the shape of each side's first RST, what was
 * in flight and how long it had been quiet when a side closed, what came afterwards, and attempts to be heard that nobody
 * answered.
 *
 * Trade-off: these are noted on the segments that leave the short path anyway (FIN, RST, what follows them, data after a
 * pause, retransmissions), in a row of a pool that only such connections have. A plain segment pays one bit: who sent
 * data last.
 *
 * The words of a fact row, as in the pool and in a connection batch. Words for each side lie side by side, in the pool by
 * direction, in a batch client first. Times are microseconds as 32-bit floats, all else whole numbers.
 */
export const enum Fact {
  /** The side's first RST: fields and bits of `ResetHead`. */
  ResetHead = 0,
  /** IPv4: its IP id, and << 16 the first id other than 0 that the side had sent; 0 when unknown. */
  ResetIds = 2,
  /** Its sequence number from the highest the side had sent, and from the highest the peer had acknowledged. */
  ResetAhead = 4,
  ResetUnacked = 6,
  /** What it acknowledges from the highest the peer had sent (with ACK only). */
  ResetAckAhead = 8,
  /** Bytes that the peer had sent and this side had not acknowledged. */
  ResetPeerUnacked = 10,
  /** Since the connection's last packet, and since its first one. */
  ResetGap = 12,
  ResetTime = 14,
  /** The side's first FIN: bits of `FinHead`. */
  FinHead = 16,
  /** Bytes before it that the peer had not acknowledged, and the peer's that it does not acknowledge. */
  FinUnacked = 18,
  FinPeerUnacked = 20,
  FinGap = 22,
  /** When it came: second and nanosecond, event time (in a batch: since the first packet, and 0). */
  FinSeconds = 24,
  FinNanos = 26,
  /** New data of this side that came after the peer's FIN: bytes, and how long after it. */
  LateBytes = 28,
  LateDelay = 30,
  /** Segments other than RSTs that the side sent after its own first RST, and which went on from where it stood. */
  AfterReset = 32,
  /** Retransmissions since the peer last acknowledged something new, what it had acknowledged, and since when (second). */
  Retries = 34,
  RetryAcked = 36,
  RetrySeconds = 38,
  /** Bytes of new data that the side sent after the peer's first RST. */
  AfterPeerReset = 40,
  /** RSTs of the side whose sequence number lay above that of the one before, and above all that the side had sent. */
  ResetRises = 42,
  /** Segments of the side that announced a window of `tinyWindow` or less. */
  TinyWindows = 44,
  /** The last pause that new data ended: its length, bits of `PauseHead`, and what both sides had sent with these data. */
  Pause = 46,
  PauseHead = 47,
  PauseNext = 48,
  PauseOther = 49,
  /** The first ICMP message that a segment could not be delivered: fields and bits of `Unreachable`, and who said so (IPv4). */
  Unreachable = 50,
  Reporter = 51,
  /** Words of the pool end here; what follows is filled in when the connection is written. */
  PoolWords = 52,
  /** Bits of `End`. */
  End = 52,
  /** Time to live of each side's first packet, 8 bits each, client first; 0 when it sent nothing. */
  Ttl = 53,
  /** Bytes sent and never acknowledged, for each side. */
  Unacked = 54,
  Words = 56,
}

/** Fields and bits of `Fact.ResetHead`. */
export const enum ResetHead {
  /** Announced window, 16 bits, unscaled; and time to live, 8 bits. */
  Window = 0,
  Ttl = 16,
  Present = 1 << 24,
  Ack = 1 << 25,
  ZeroSequence = 1 << 26,
  /** A FIN of this side, or of the peer, had come before. */
  AfterOwnFin = 1 << 27,
  AfterPeerFin = 1 << 28,
  /** The last data before it were this side's. */
  OwnDataLast = 1 << 29,
  /** Somebody had sent data. */
  AfterData = 1 << 30,
}

/** Bits of `Fact.FinHead`. */
export const enum FinHead {
  Present = 1,
  OwnDataLast = 2,
  AfterData = 4,
  AfterPeerFin = 8,
  /** The first data of this side after the peer's FIN acknowledged that FIN. */
  LateKnew = 16,
  /** The FIN carried data. */
  WithData = 32,
}

/** Bits of `Fact.PauseHead`. */
export const enum PauseHead {
  Present = 1,
  /** The server (in the pool: direction 1) spoke first after it. */
  Server = 2,
  /** In a batch: the peer neither acknowledged these data nor sent any of its own. */
  Fresh = 4,
}

/** Fields and bits of `Fact.Unreachable`. */
export const enum Unreachable {
  /** Code of the message, 8 bits; how many such messages came, 16 bits, more are `Most`. */
  Code = 0,
  Count = 16,
  Most = 0xffff,
  Present = 1 << 8,
  /** The addressee said so itself. */
  FromAddressee = 1 << 9,
  /** The segment was the server's (in the pool: of direction 1). */
  Server = 1 << 10,
  /** The addressee of the segment had sent something before. */
  Answered = 1 << 11,
}

/** Bits and fields of `Fact.End`. */
export const enum EndFact {
  ClientData = 1,
  ServerData = 2,
  ServerDataLast = 4,
  ClientFinAcked = 8,
  ServerFinAcked = 16,
  /** The RSTs seen did not end the connection. */
  ResetVoid = 32,
  /** Both FINs were acknowledged before the first RST. */
  FinsFirst = 64,
  HandshakeDone = 128,
  /** Why the record ends (`Ending`), 2 bits. */
  Ending = 8,
  /** Share of the handshake's time that lay between the SYN+ACK and the client's answer, in fifteenths; 4 bits. */
  Share = 12,
  /** Whole seconds that were surely watched after its last packet without another one, 16 bits; more are `MostWatched`. */
  Watched = 16,
  MostWatched = 0xffff,
}

/**
 * A window field of this or less means that its sender has stopped reading: unscaled it is next to nothing, and scaled by
 * what hosts use today (7 to 14 bits) still less than a large segment or two.
 */
export const tinyWindow = 2;

/** A gap of at least this many seconds before new data is noted as a pause. */
export const pauseSeconds = 2;

/** Words of a fact row, for rooms that store them. */
export const factWords: number = Fact.Words;

/**
 * Number of the layout above, kept with stored facts. Raise it when a word or a bit changes its place or its meaning:
 * evidence of connections stored before is then no longer told, while their cause and confidence stay.
 */
export const factsVersion = 2;
