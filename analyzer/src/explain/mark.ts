/** What can be remarkable about a packet. */
export const markKinds = {
  /** A SYN once more. */
  'syn-again': 'SYN again',
  /** The acknowledgement that completes the handshake. */
  handshake: 'handshake',
  /** The first data of a side. */
  'first-data': 'first data',
  retransmission: 'retransmission',
  'out-of-order': 'out of order',
  /** Something in between was not captured, or comes later. */
  gap: 'gap',
  /** Probes whether the peer still lives, and the answer to it. */
  'keep-alive': 'keep-alive',
  'keep-alive-answer': 'keep-alive answer',
  'duplicate-ack': 'duplicate ACK',
  /** The receiver has no room, or next to none, and has room again. */
  'zero-window': 'zero window',
  'window-open': 'window open',
  /** Nothing came for a while before it. */
  silence: 'silence',
  /** Captured before the packet in front of it. */
  'clock-back': 'clock back',
  fin: 'FIN',
  /** A RST. */
  reset: 'RST',
  /** New data for a side that had closed or reset. */
  'late-data': 'late data',
  /** The packet after which there is nothing more to say to each other. */
  closed: 'closed',
  /** Flags that contradict each other. */
  malformed: 'malformed',
} as const;

export type MarkKind = keyof typeof markKinds;

export interface Mark {
  readonly kind: MarkKind;
  /** In words and numbers, without the packet's own flags. */
  readonly text: string;
}

/** How much a packet tells of the connection's course: 0 nothing of its own, 1 something, 2 a turn, 3 the beginning or the end. */
export type Weight = 0 | 1 | 2 | 3;

/** Of kinds that repeat by the hundred, some examples are enough (1); turns of the connection (2) and its ends (3) are few. */
export const markWeights: Readonly<Record<MarkKind, Weight>> = {
  'syn-again': 2,
  handshake: 3,
  'first-data': 2,
  retransmission: 1,
  'out-of-order': 1,
  gap: 1,
  'keep-alive': 1,
  'keep-alive-answer': 1,
  'duplicate-ack': 1,
  'zero-window': 2,
  'window-open': 2,
  silence: 2,
  'clock-back': 1,
  fin: 3,
  reset: 3,
  'late-data': 2,
  closed: 3,
  malformed: 2,
};
