import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StoreStats } from '../store/stats.js';
import { answerHealth } from './answers/health.js';
import type { CaptureStatus } from './capture-status.js';
import { healthNames } from './health-numbers.js';
import type { HealthQuestion } from './question.js';
import { limits } from './query-fixture.js';
import { readQuestion } from './read.js';

const now = 1_772_409_600_000;

const capture = (name: string, status: Partial<CaptureStatus> = {}): CaptureStatus => ({
  interface: name,
  state: 'running',
  packets: { read: 1000, tcp: 900, duplicate: 10, undecoded: { not_tcp: 80, truncated: 10 } },
  kernelDrops: null,
  interfaceDrops: 3,
  softnetDrops: 0,
  ringFill: 0.25,
  late: 2,
  evicted: 1,
  connections: 42,
  windowsClosed: 60,
  lastPacketAt: now - 1500,
  ...status,
});

const store: StoreStats = {
  written: { conv_10s: 100, connections: 5 },
  unwritten: {},
  spool: { bytes: 10, pendingBytes: 5 },
  engine: { state: 'ready', restarts: 0 },
} as unknown as StoreStats;

function healthOf(
  query: object,
  captures = [capture('eth0'), capture('eth1', { state: 'failed', lastPacketAt: null })]
) {
  const question = readQuestion({ refId: 'A', kind: 'health', from: 0, to: 1, ...query }, limits) as HealthQuestion;
  return answerHealth(question, captures, store, now).columns.map(
    ({ name, labels, values }) => [name, ...Object.values(labels ?? {}), values[0]] as const
  );
}

describe('capture health', () => {
  for (const metrics of [undefined, null, []]) {
    test(`is every number of every interface and of the store when the query names ${JSON.stringify(metrics)}`, () => {
      const columns = healthOf({ metrics });
      assert.deepEqual([...new Set(columns.map(([name]) => name))], healthNames);
      assert.equal(columns.length, 2 * (14 + 2) + 5);
    });
  }

  test('is the chosen numbers alone, each with its interface', () => {
    assert.deepEqual(healthOf({ metrics: ['capture.running', ' packet.age'] }), [
      ['capture.running', 'eth0', 1],
      ['packet.age', 'eth0', 1.5],
      ['capture.running', 'eth1', 0],
      ['packet.age', 'eth1', null],
    ]);
  });

  test('tells why packets were not decoded, reason by reason, and their sum', () => {
    assert.deepEqual(healthOf({ metrics: ['undecoded', 'packets.undecoded'] }, [capture('eth0')]), [
      ['packets.undecoded', 'eth0', 90],
      ['undecoded', 'eth0', 'not_tcp', 80],
      ['undecoded', 'eth0', 'truncated', 10],
    ]);
  });

  test('of a process that captures nothing has no numbers of captures', () => {
    assert.deepEqual(healthOf({ metrics: ['capture.running'] }, []), []);
  });

  test('refuses a number that does not exist and lists those that do', () => {
    assert.throws(() => healthOf({ metrics: ['capture.runing'] }), /"capture.runing".*capture\.running/);
  });
});
