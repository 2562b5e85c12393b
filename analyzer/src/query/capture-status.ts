/** What a running capture says of itself. Counters are since its start. */
export interface CaptureStatus {
  /** Network interface, or the file that is read. */
  readonly interface: string;
  readonly state: 'starting' | 'running' | 'stopped' | 'failed';
  /** Why it is in this state, where that needs saying. */
  readonly reason?: string;
  readonly packets: {
    readonly read: number;
    readonly tcp: number;
    readonly duplicate: number;
    /** Packets that gave no TCP segment, by reason. */
    readonly undecoded: Readonly<Record<string, number>>;
  };
  /** Packets the kernel could not hand over; null when it does not say. */
  readonly kernelDrops: number | null;
  /** Packets lost by the network card or its driver; null when they do not say. */
  readonly interfaceDrops: number | null;
  /** Packets the kernel dropped before any capture saw them, on all interfaces together; null when it does not say. */
  readonly softnetDrops: number | null;
  /** Highest share of the ring that was ever waiting to be read, 0 to 1: near 1, drops follow. Null without a ring. */
  readonly ringFill: number | null;
  /** Packets that came after their window was closed. */
  readonly late: number;
  /** Connections given up because the flow table was full. */
  readonly evicted: number;
  /** Connections that are followed now. */
  readonly connections: number;
  readonly windowsClosed: number;
  /** Milliseconds since 1970; null before the first packet. */
  readonly lastPacketAt: number | null;
}

/** Where the state of the captures of this process comes from; none in a process that only answers. */
export interface Captures {
  snapshot(): readonly CaptureStatus[];
}
