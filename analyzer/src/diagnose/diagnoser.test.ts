import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pcap } from '../../../test/traffic/capture-file.js';
import { talk, together } from '../../../test/traffic/talk.js';
import { lastEpoch, type ConnectionBatch } from '../flow/index.js';
import { Pipeline } from '../pipeline/pipeline.js';
import { diagnoseAll } from './diagnose-all.js';
import { Diagnoser, type DiagnoserOptions } from './diagnoser.js';
import { diagnosisOf, surroundingsOf, type DiagnosedBatch } from './verdicts.js';
import { feedPcap } from '../../../test/traffic/feed.js';

const start = 1_700_000_000;

/**
 * A service that ends everything by RST, of which a second client gets to know after a minute, and a refusal from another
 * distance than the host's: verdicts that depend on what other connections have told.
 */
const file = (() => {
  const talks = Array.from({ length: 40 }, (_, i) =>
    talk({ client: `10.0.0.${1 + (i % 7)}:${40_000 + i}`, server: '10.0.9.1:443', start: start + i * 3 })
      .open()
      .exchange()
      .rst('server')
  );
  const refused = Array.from({ length: 6 }, (_, i) =>
    talk({ client: `10.0.0.${1 + i}:${50_000 + i}`, server: '10.0.9.1:81', start: start + 7 + i * 17, serverTtl: 250 })
      .syn()
      .refuse()
  );
  return pcap(together(...talks, ...refused), { nanoseconds: true });
})();

/** What `of` workers give for the file, each in its order. */
function shares(of: number): ConnectionBatch[][] {
  return Array.from({ length: of }, (_, index) => {
    const batches: ConnectionBatch[] = [];
    const pipeline = new Pipeline((batch) => batch.kind === 'connections' && batches.push(batch), {
      maxConnections: 4096,
      windowConnections: 4096,
      part: { index, of },
    });
    feedPcap(file, pipeline);
    pipeline.finish();
    return batches;
  });
}

/** Verdicts by tuple, with what was known around. */
function verdicts(batches: readonly DiagnosedBatch[]): Map<string, unknown> {
  const rows = batches.flatMap((batch) =>
    Array.from({ length: batch.rows }, (_, row): [string, unknown] => [
      `${batch.clientPort[row]} ${batch.serverPort[row]}`,
      [diagnosisOf(batch, row), surroundingsOf(batch, row)],
    ])
  );
  return new Map(rows.sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function throughDiagnoser(
  all: readonly ConnectionBatch[][],
  order: readonly number[],
  options: Partial<DiagnoserOptions> = {}
): Promise<DiagnosedBatch[]> {
  const given: DiagnosedBatch[] = [];
  const diagnoser = new Diagnoser({
    workers: all.length,
    patience: Infinity,
    emit: (batch) => void given.push(batch),
    ...options,
  });
  const waiting = all.map((batches) => [...batches]);
  for (let i = 0; waiting.some((batches) => batches.length > 0); i++) {
    const worker = (order[i % order.length] ?? 0) % all.length;
    const next = waiting[worker]!.shift() ?? waiting.find((batches) => batches.length > 0)!.shift()!;
    const from = all.findIndex((batches) => batches.includes(next));
    await diagnoser.accept(next, from);
  }
  await diagnoser.finish();
  return given;
}

const expected = verdicts(diagnoseAll(shares(1)[0]!));

test('what the others of a service do is known from the same and earlier epochs only', () => {
  const known = [...expected].map(([tuple, value]) => {
    const [, around] = value as [unknown, { completed: number; serverTtls: number[] }];
    return [Number(tuple.split(' ')[0]) - 40_000, around] as const;
  });
  const completed = known.filter(([i]) => i < 10_000).sort(([a], [b]) => a - b);
  assert.equal(expected.size, 46);
  // A connection is closed 5 s after its last packet, so the first ones are judged together with few others.
  const [[, first] = [], ...rest] = completed;
  assert.ok(first!.completed < 5, String(first!.completed));
  assert.equal(rest.at(-1)?.[1].completed, 39);
  rest.reduce((before, [, { completed: now }]) => {
    assert.ok(now >= before);
    return now;
  }, 0);
});

test('property: verdicts are the same for any number of workers, however their batches come', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 12 }),
      async (workers, order) => {
        assert.deepEqual(verdicts(await throughDiagnoser(shares(workers), order)), expected);
      }
    ),
    { numRuns: 60 }
  );
});

test('a worker without a clock is waited for as long as is said, and no longer', async () => {
  const [batches] = shares(1) as [ConnectionBatch[]];
  const given: number[] = [];
  const diagnoser = new Diagnoser({
    workers: 2,
    patience: 3,
    emit: ({ epoch }) => void given.push(epoch),
  });
  const first = batches[0]!.epoch;
  const running = batches.filter(({ until }) => until !== lastEpoch);
  for (const batch of running) {
    await diagnoser.accept(batch, 0);
    await new Promise((resolve) => setTimeout(resolve));
  }
  const now = running.at(-1)!.until;
  assert.ok(now - first > 5);
  assert.ok(given.includes(first));
  assert.ok(given.every((epoch) => epoch < now - 3));
  await diagnoser.finish();
  assert.ok(given.includes(running.at(-1)!.epoch));
});

test('what cannot be stored is said when reading ends, not lost', async () => {
  const [batches] = shares(1) as [ConnectionBatch[]];
  const failing = throughDiagnoser([batches], [0], {
    emit: () => Promise.reject(new Error('the store is full')),
  });
  await assert.rejects(failing, /the store is full/);
});

test('live, what finds no space yet keeps nothing behind it from being judged', async () => {
  const [batches] = shares(1) as [ConnectionBatch[]];
  const space: Array<() => void> = [];
  const given: number[] = [];
  let feeds = 0;
  const diagnoser = new Diagnoser({
    workers: 1,
    patience: 3,
    ahead: true,
    emit: ({ epoch }) => {
      given.push(epoch);
      return new Promise((resolve) => space.push(resolve));
    },
    emitFeed: () => {
      feeds++;
      return new Promise((resolve) => space.push(resolve));
    },
  });
  let taken = 0;
  const taking = batches.map((batch) => diagnoser.take(batch, 0).then(() => (taken += Math.sign(batch.rows))));
  const finished = diagnoser.finish();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const filled = batches.filter(({ rows }) => rows > 0);
  assert.deepEqual(
    given,
    filled.map(({ epoch }) => epoch)
  );
  assert.ok(feeds > 1, String(feeds));
  assert.equal(taken, 0, 'the memory of a batch is not free before it is taken');
  space.forEach((resolve) => resolve());
  await Promise.all([finished, ...taking]);
  assert.equal(taken, filled.length);
});

test('batches without rows are given back at once', async () => {
  const diagnoser = new Diagnoser({ workers: 2, patience: Infinity, emit: () => assert.fail('nothing to give') });
  const [batch] = shares(1)[0] as [ConnectionBatch];
  await diagnoser.take({ ...batch, rows: 0 }, 0);
});
