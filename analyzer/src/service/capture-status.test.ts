import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FlowCounts, LiveStatus, PacketCounts, StreamStatus } from '../pipeline/index.js';
import { addCounts, continued, liveCounts, noCounts, streamCounts, type CaptureCounts } from './capture-status.js';

const flow: FlowCounts = {
  live: 3,
  begun: 10,
  evicted: 1,
  late: 2,
  clockSteps: 0,
  clockOutliers: 0,
  windowsClosed: 5,
  windowsSplit: 0,
  gapsForgotten: 0,
};

function packets(read: number, undecoded: Record<string, number> = {}): PacketCounts {
  return { read, tcp: read - 1, duplicate: 0, undecoded: undecoded as PacketCounts['undecoded'] };
}

function worker(changes: Partial<LiveStatus> = {}): LiveStatus {
  return {
    interfaceName: 'eth0',
    worker: 0,
    state: 'capturing',
    packets: packets(100, { not_tcp: 1 }),
    flow,
    ring: { received: 100, dropped: 4, freezes: 0, highestFill: 16, blocks: 64 },
    interfaceDrops: 7,
    softnetDrops: 9,
    lastPacket: 1000.5,
    collections: 0,
    ...changes,
  };
}

describe('counts of an interface', () => {
  test('are the sums of its workers; what the card and the kernel dropped is the same for all and counted once', () => {
    const counts = liveCounts([
      worker(),
      worker({
        worker: 1,
        packets: packets(50, { not_tcp: 2, fragment: 3 }),
        flow: { ...flow, windowsClosed: 6 },
        ring: { received: 50, dropped: 1, freezes: 0, highestFill: 32, blocks: 64 },
        lastPacket: 999,
      }),
    ]);
    assert.deepEqual(counts, {
      packets: { read: 150, tcp: 148, duplicate: 0, undecoded: { not_tcp: 3, fragment: 3 } },
      kernelDrops: 5,
      interfaceDrops: 7,
      softnetDrops: 9,
      ringFill: 0.5,
      late: 4,
      evicted: 2,
      connections: 6,
      windowsClosed: 6,
      lastPacketAt: 1_000_500,
    } satisfies CaptureCounts);
  });

  test('that nobody knows stay unknown', () => {
    const counts = liveCounts([worker({ interfaceDrops: null, softnetDrops: null, lastPacket: null })]);
    assert.deepEqual([counts.interfaceDrops, counts.softnetDrops, counts.lastPacketAt], [null, null, null]);
    assert.equal(counts.kernelDrops, 4);
  });

  test('are unknown before the first report, never 0 drops', () => {
    const { kernelDrops, interfaceDrops, softnetDrops, ringFill, lastPacketAt } = liveCounts([]);
    assert.deepEqual(
      [kernelDrops, interfaceDrops, softnetDrops, ringFill, lastPacketAt],
      [null, null, null, null, null]
    );
  });

  test('have no fill of a ring that has no blocks', () => {
    const ring = { received: 0, dropped: 0, freezes: 0, highestFill: 0, blocks: 0 };
    assert.equal(liveCounts([worker({ ring })]).ringFill, null);
  });
});

describe('counts of a stream', () => {
  const status: StreamStatus = { packets: packets(20), flow, reportedDrops: null, lastPacket: 5 };

  test('know drops only when the capturing program tells them', () => {
    assert.equal(streamCounts(status).kernelDrops, null);
    assert.equal(streamCounts({ ...status, reportedDrops: 0 }).kernelDrops, 0);
    assert.equal(streamCounts({ ...status, reportedDrops: 12 }).kernelDrops, 12);
  });

  test('know nothing of cards and rings', () => {
    const { interfaceDrops, softnetDrops, ringFill, lastPacketAt } = streamCounts(status);
    assert.deepEqual([interfaceDrops, softnetDrops, ringFill, lastPacketAt], [null, null, null, 5000]);
  });
});

describe('sums of counts', () => {
  const known = liveCounts([worker()]);

  test('of what is known and what is not are what is known', () => {
    const sum = addCounts(noCounts, known);
    assert.deepEqual(sum, known);
    assert.deepEqual(addCounts(known, noCounts), known);
  });

  test('of what is unknown are unknown', () => {
    assert.deepEqual(addCounts(noCounts, noCounts), noCounts);
  });

  test('of captures one after the other have the windows of both; workers side by side close the same', () => {
    assert.equal(continued(known, known).windowsClosed, 10);
    assert.deepEqual({ ...continued(known, known), windowsClosed: 5 }, addCounts(known, known));
  });

  test('take the latest packet and the fullest ring', () => {
    const other = liveCounts([worker({ lastPacket: 2000, ring: { ...worker().ring, highestFill: 64 } })]);
    const sum = addCounts(known, other);
    assert.deepEqual([sum.lastPacketAt, sum.ringFill, sum.kernelDrops], [2_000_000, 1, 8]);
  });
});
