import type { Side } from '../diagnose/index.js';
import type { Mark, MarkKind, Weight } from './mark.js';
import type { SequencePacket } from './packet.js';

/** A packet in its place in the sequence. */
export interface Step {
  /** From 0, among the packets of the connection. */
  readonly index: number;
  readonly packet: SequencePacket;
  /** Numbers counted from each side's SYN, as Wireshark shows them; no acknowledgement without ACK. */
  readonly sequence: number;
  readonly acknowledgement: number | null;
  /** Nanoseconds since the connection's first packet and since the one before. */
  readonly offset: number;
  readonly delta: number;
  /** Bytes that the sender has sent by now and the peer has not acknowledged. */
  readonly inFlight: number;
  readonly marks: readonly Mark[];
  readonly weight: Weight;
}

/** What packets add up to. Counts are differences of two of these: what lies between two packets. */
export interface Counts {
  readonly packets: Readonly<Record<Side, number>>;
  /** Payload bytes. */
  readonly bytes: Readonly<Record<Side, number>>;
  readonly marks: Readonly<Record<Side, MarkCounts>>;
}

export type MarkCounts = Readonly<Partial<Record<MarkKind, number>>>;

export class Sums implements Counts {
  readonly packets = { client: 0, server: 0 };
  readonly bytes = { client: 0, server: 0 };
  readonly marks: Record<Side, Partial<Record<MarkKind, number>>> = { client: {}, server: {} };
  /** The last packet with new data. */
  lastData: SequencePacket | null = null;

  add({ from, payload }: SequencePacket, marks: readonly Mark[]): void {
    this.packets[from]++;
    this.bytes[from] += payload;
    const counts = this.marks[from];
    for (const { kind } of marks) {
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
  }

  copy(): Counts {
    const { packets, bytes, marks } = this;
    return {
      packets: { ...packets },
      bytes: { ...bytes },
      marks: { client: { ...marks.client }, server: { ...marks.server } },
    };
  }
}

/** What came after `before`, up to and with `after`. */
export function between(before: Counts | null, after: Counts): Counts {
  const less = (from: Counts | null, side: Side) => ({
    packets: after.packets[side] - (from?.packets[side] ?? 0),
    bytes: after.bytes[side] - (from?.bytes[side] ?? 0),
    marks: fewer(from?.marks[side] ?? {}, after.marks[side]),
  });
  const client = less(before, 'client');
  const server = less(before, 'server');
  return {
    packets: { client: client.packets, server: server.packets },
    bytes: { client: client.bytes, server: server.bytes },
    marks: { client: client.marks, server: server.marks },
  };
}

function fewer(before: MarkCounts, after: MarkCounts): MarkCounts {
  const kinds = Object.keys(after) as MarkKind[];
  const more = kinds.map((kind) => [kind, (after[kind] ?? 0) - (before[kind] ?? 0)] as const);
  return Object.fromEntries(more.filter(([, count]) => count > 0));
}
