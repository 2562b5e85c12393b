import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { syntheticConnections, syntheticWindow } from '../flow/batch-fixture.js';
import { GatheringImport } from './import.js';
import { RowWriter } from './row-writer.js';
import { schemaOf } from './schema/tables.js';
import { SpoolFolder, type Outcome } from './spool/folder.js';
import { Losses } from './spool/losses.js';
import { parseName } from './spool/name.js';
import { SpoolWriter } from './spool/writer.js';
import { enrichment, memoryLog, temporaryFolder } from './store-fixture.js';

/** An import into a spool that nobody empties; `fate` decides what its owner would have said. */
async function importing(fate: (table: string, at: number) => Outcome, used = 0) {
  const folder = new SpoolFolder(temporaryFolder());
  await folder.create();
  const spool = new SpoolWriter({
    folder,
    limit: 1e9,
    pendingLimit: 1e9,
    fsync: false,
    losses: new Losses(Date.now),
    log: memoryLog(),
    now: Date.now,
    used: () => Promise.resolve(used),
    onWritten: () => undefined,
  });
  let settled = 0;
  const source = { probe: 'p', hash: 'h', layout: 'l' };
  const writer = new RowWriter(spool, schemaOf(), enrichment, Date.now);
  const subject = new GatheringImport({
    source,
    writer,
    settled: (name) => Promise.resolve(fate(parseName(name)!.table, settled++)),
  });
  const blocks = () =>
    readdirSync(folder.path)
      .sort()
      .map((name) => parseName(name)!)
      .map(({ token, rows }) => [token.replace('import.p.h.l.', ''), rows]);
  return { subject, spool, blocks };
}

test('small batches are gathered, by worker and table, and the end is marked', async () => {
  const { subject, blocks } = await importing(() => 'stored');
  for (let i = 0; i < 3; i++) {
    await subject.write(syntheticWindow(10 * i, 10));
    await subject.write(syntheticWindow(10 * i, 20), 1);
    await subject.write(syntheticConnections(10 * i, 5));
  }
  assert.deepEqual(await subject.complete(), { stored: 105, duplicate: 0 });
  assert.deepEqual(blocks(), [
    ['0.w0', 30],
    ['1.w0', 60],
    ['0.c0', 15],
    ['0.end', 105],
  ]);
});

test('the cuts between blocks depend on the batches of a worker alone', async () => {
  const sizes = [40_000, 30_000, 70_000, 5, 0, 65_536];
  const alone = await importing(() => 'stored');
  for (const size of sizes) {
    await alone.subject.write(syntheticWindow(0, size));
  }
  await alone.subject.complete();
  assert.deepEqual(alone.blocks(), [
    ['0.w0', 40_000],
    ['0.w1', 30_000],
    ['0.w2', 65_536],
    ['0.w3', 4464 + 5],
    ['0.w4', 65_536],
    ['0.end', 205_541],
  ]);
  const mixed = await importing(() => 'stored');
  for (const size of sizes) {
    await mixed.subject.write(syntheticWindow(0, 100), 1);
    await mixed.subject.write(syntheticWindow(0, size));
  }
  await mixed.subject.complete();
  const ofWorker0 = (all: unknown[][]) => all.filter(([token]) => /^0\.w/.test(String(token)));
  assert.deepEqual(ofWorker0(mixed.blocks()), ofWorker0(alone.blocks()));
});

test('an import whose blocks were refused fails, and is not marked as complete', async () => {
  const { subject, blocks } = await importing((_, at) => (at === 1 ? 'quarantined' : 'stored'));
  await subject.write(syntheticWindow(0, 10), 0);
  await subject.write(syntheticWindow(0, 20), 1);
  await assert.rejects(subject.complete(), {
    code: 'TCPS_E_STORE_WRITE',
    message: /20 rows were refused and are in quarantine/,
  });
  assert.deepEqual(blocks(), [
    ['0.w0', 10],
    ['1.w0', 20],
  ]);
});

test('an import fails when its store stops before there is space', async () => {
  const { subject, spool } = await importing(() => 'stored', 2e9);
  await subject.write(syntheticWindow(0, 10));
  await spool.stop();
  await assert.rejects(subject.complete(), { code: 'TCPS_E_STORE_WRITE', message: /stopped/ });
});

test('what was stored before counts as duplicate', async () => {
  const { subject } = await importing((table) => (table === 'conv_10s' ? 'duplicate' : 'stored'));
  await subject.write(syntheticWindow(0, 10));
  await subject.write(syntheticConnections(0, 4));
  assert.deepEqual(await subject.complete(), { stored: 4, duplicate: 10 });
});
