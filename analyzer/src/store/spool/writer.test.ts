import assert from 'node:assert/strict';
import { readdirSync, readFileSync, renameSync } from 'node:fs';
import { test } from 'node:test';
import { memoryLog, temporaryFolder, until } from '../store-fixture.js';
import { SpoolFolder } from './folder.js';
import { Losses } from './losses.js';
import { SpoolWriter, type Block } from './writer.js';

async function writer(changes: { limit?: number; pendingLimit?: number; folder?: SpoolFolder } = {}) {
  const folder = new SpoolFolder(temporaryFolder());
  await folder.create();
  const losses = new Losses(() => 5000);
  let used = 0;
  const spool = new SpoolWriter({
    folder,
    limit: 1000,
    pendingLimit: 500,
    fsync: true,
    losses,
    log: memoryLog(),
    now: () => 1_700_000_000_000,
    used: () => Promise.resolve(used),
    onWritten: (file) => {
      used += file.bytes;
    },
    ...changes,
  });
  return {
    folder,
    losses,
    spool,
    empty: () => {
      used = 0;
      spool.wake();
    },
  };
}

let sequence = 0;
function block(size: number): Block {
  return {
    table: 'conv_10s',
    rows: size / 10,
    bytes: new Uint8Array(size).fill(7),
    source: { kind: 'capture', probe: 'p', run: 'r', layout: '', worker: 0, sequence: String(sequence++) },
  };
}

test('a block is in the folder when its promise resolves, complete and with nothing beside it', async () => {
  const { folder, spool } = await writer();
  const written = await spool.put(block(300), { wait: false });
  assert.ok('file' in written);
  assert.deepEqual(readdirSync(folder.path), [written.file.name]);
  assert.deepEqual(new Uint8Array(readFileSync(folder.pathOf(written.file.name))), new Uint8Array(300).fill(7));
  assert.equal(await folder.isIntact(written.file), true);
});

test('a full spool lets blocks wait in memory, and takes them when there is space', async () => {
  const { spool, folder, losses, empty } = await writer();
  await spool.put(block(900), { wait: false });
  const waiting = spool.put(block(300), { wait: false });
  await until('the block waits', () => spool.pendingBytes === 300);
  assert.equal(spool.obstacle, 'spool-full');
  assert.equal(readdirSync(folder.path).length, 1);
  empty();
  assert.ok('file' in (await waiting));
  assert.deepEqual([spool.pendingBytes, spool.obstacle, losses.snapshot()], [0, null, {}]);
});

test('when memory is full too, blocks are lost and counted', async () => {
  const { spool, losses } = await writer();
  await spool.put(block(900), { wait: false });
  const waiting = spool.put(block(300), { wait: false });
  await until('the block waits', () => spool.pendingBytes === 300);
  assert.deepEqual(await spool.put(block(210), { wait: false }), { lost: 'spool-full' });
  assert.deepEqual(losses.snapshot(), { 'spool-full': { rows: 21, batches: 1, lastAt: 5000 } });
  await spool.stop();
  assert.deepEqual(await waiting, { lost: 'stopped' });
  assert.deepEqual(losses.snapshot().stopped, { rows: 30, batches: 1, lastAt: 5000 });
});

test('who can wait loses nothing', async () => {
  const { spool, losses, empty } = await writer();
  await spool.put(block(900), { wait: true });
  const waiting = spool.put(block(900), { wait: true });
  await until('the block waits', () => spool.pendingBytes === 900);
  empty();
  assert.ok('file' in (await waiting));
  assert.deepEqual(losses.snapshot(), {});
});

test('who gives up waiting still writes what finds space at once', async () => {
  const { spool, losses, empty } = await writer();
  await spool.put(block(900), { wait: false });
  const waiting = spool.put(block(300), { wait: false });
  await until('the block waits', () => spool.pendingBytes === 300);
  spool.giveUpWaiting();
  assert.deepEqual(await waiting, { lost: 'stopped' });
  assert.deepEqual(await spool.put(block(300), { wait: false }), { lost: 'stopped' });
  empty();
  assert.ok('file' in (await spool.put(block(300), { wait: false })));
  assert.deepEqual(losses.snapshot(), { stopped: { rows: 60, batches: 2, lastAt: 5000 } });
});

test('blocks written at the same time do not exceed the limit together', async () => {
  const { spool, folder } = await writer({ pendingLimit: 10_000 });
  const many = Array.from({ length: 5 }, () => spool.put(block(400), { wait: false }));
  await until('some wait', () => spool.pendingBytes === 1200);
  assert.equal(readdirSync(folder.path).length, 2);
  await spool.stop();
  await Promise.all(many);
});

test('two writers of the same block at the same time have a file each', async () => {
  const one = await writer();
  const same = block(100);
  const names = await Promise.all(
    [one.spool, (await writer({ folder: one.folder })).spool].map(async (spool) => {
      const written = await spool.put(same, { wait: false });
      assert.ok('file' in written);
      return written.file.name;
    })
  );
  assert.deepEqual(readdirSync(one.folder.path).sort(), names.sort());
  assert.equal(new Set(names).size, 2);
});

test('a block larger than the limit passes an empty spool', async () => {
  const { spool } = await writer();
  assert.ok('file' in (await spool.put(block(5000), { wait: false })));
});

test('a folder that cannot be written is an obstacle, not an exception', async () => {
  const { spool, folder, losses } = await writer();
  renameSync(folder.path, `${folder.path}-away`);
  const waiting = spool.put(block(100), { wait: false });
  await until('the block waits', () => spool.pendingBytes === 100);
  assert.equal(spool.obstacle, 'spool-error');
  renameSync(`${folder.path}-away`, folder.path);
  spool.wake();
  assert.ok('file' in (await waiting));
  assert.deepEqual(losses.snapshot(), {});
});
