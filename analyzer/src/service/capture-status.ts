import type { FlowCounts, LiveStatus, PacketCounts, StreamStatus } from '../pipeline/index.js';
import type { CaptureStatus } from '../query/index.js';

/** What a status counts, without how the capture fares. */
export type CaptureCounts = Omit<CaptureStatus, 'interface' | 'state' | 'reason'>;

/** Before the first packet. */
export const noCounts: CaptureCounts = {
  packets: { read: 0, tcp: 0, duplicate: 0, undecoded: {} },
  kernelDrops: null,
  interfaceDrops: null,
  softnetDrops: null,
  ringFill: null,
  late: 0,
  evicted: 0,
  connections: 0,
  windowsClosed: 0,
  lastPacketAt: null,
};

/** Counts of the workers of one interface. What the card and the kernel dropped is the same for all, and counted once. */
export function liveCounts(workers: readonly LiveStatus[]): CaptureCounts {
  return workers
    .map((status, at): CaptureCounts => ({
      ...common(status.packets, [status.flow]),
      kernelDrops: status.ring.dropped,
      interfaceDrops: at === 0 ? status.interfaceDrops : null,
      softnetDrops: at === 0 ? status.softnetDrops : null,
      ringFill: status.ring.blocks === 0 ? null : status.ring.highestFill / status.ring.blocks,
      lastPacketAt: milliseconds(status.lastPacket),
    }))
    .reduce(addCounts, noCounts);
}

/** Counts of a stream; its own program says what it lost, if anybody does. */
export function streamCounts(status: StreamStatus): CaptureCounts {
  return {
    ...common(status.packets, [status.flow]),
    kernelDrops: status.reportedDrops,
    interfaceDrops: null,
    softnetDrops: null,
    ringFill: null,
    lastPacketAt: milliseconds(status.lastPacket),
  };
}

/** Counts of a capture and of those that it follows after failures. */
export function continued(former: CaptureCounts, present: CaptureCounts): CaptureCounts {
  // Workers side by side close the same windows, one capture after another closes others.
  return { ...addCounts(former, present), windowsClosed: former.windowsClosed + present.windowsClosed };
}

/** Counts of two captures side by side. */
export function addCounts(a: CaptureCounts, b: CaptureCounts): CaptureCounts {
  const undecoded: Record<string, number> = { ...a.packets.undecoded };
  for (const [reason, packets] of Object.entries(b.packets.undecoded)) {
    undecoded[reason] = (undecoded[reason] ?? 0) + packets;
  }
  return {
    packets: {
      read: a.packets.read + b.packets.read,
      tcp: a.packets.tcp + b.packets.tcp,
      duplicate: a.packets.duplicate + b.packets.duplicate,
      undecoded,
    },
    kernelDrops: addKnown(a.kernelDrops, b.kernelDrops),
    interfaceDrops: addKnown(a.interfaceDrops, b.interfaceDrops),
    softnetDrops: addKnown(a.softnetDrops, b.softnetDrops),
    ringFill: greatest(a.ringFill, b.ringFill),
    late: a.late + b.late,
    evicted: a.evicted + b.evicted,
    connections: a.connections + b.connections,
    windowsClosed: Math.max(a.windowsClosed, b.windowsClosed),
    lastPacketAt: greatest(a.lastPacketAt, b.lastPacketAt),
  };
}

function common(
  packets: PacketCounts,
  flow: readonly FlowCounts[]
): Pick<CaptureCounts, 'packets' | 'late' | 'evicted' | 'connections' | 'windowsClosed'> {
  const sum = (of: (counts: FlowCounts) => number) => flow.reduce((total, counts) => total + of(counts), 0);
  return {
    packets,
    late: sum(({ late }) => late),
    evicted: sum(({ evicted }) => evicted),
    connections: sum(({ live }) => live),
    windowsClosed: Math.max(0, ...flow.map(({ windowsClosed }) => windowsClosed)),
  };
}

const milliseconds = (seconds: number | null) => (seconds === null ? null : Math.round(seconds * 1000));

/** The sum of what is known; null when neither is. */
function addKnown(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : a + b;
}

function greatest(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}
