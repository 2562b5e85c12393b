import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { counters } from '@tcpscope/filter';
import { syntheticConnections, syntheticWindow } from '../flow/batch-fixture.js';
import type { StoreConfig } from './config.js';
import { windowTables } from './schema/tables.js';
import { enrichment, memoryLog, openTestStore, rowsOf, temporaryFolder, testConfig, until } from './store-fixture.js';
import { openSpool } from './spool-only.js';
import type { Store } from './store.js';

const start = 1_700_000_000;
const rows = 300;

/** Every counter of every window, from each table of windows: equal, or the rollups lie. */
async function assertRollupsEqual(store: Store): Promise<void> {
  const columns = counters.map(({ aggregate, column }) => `${aggregate}(${column})`).join(', ');
  const of = (table: string) => rowsOf(store, `SELECT ${columns} FROM ${table}`);
  const base = await of('conv_10s');
  for (const { name } of windowTables) {
    assert.deepEqual(await of(name), base, name);
  }
}

/** Starts `store-process-fixture.ts`; `lines` is what it said so far. */
function startProcess(t: TestContext, task: { mode: string; config: StoreConfig; from: number; rows: number }) {
  const script = fileURLToPath(new URL('./store-process-fixture.ts', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const lines: Array<Record<string, number>> = [];
  createInterface({ input: child.stdout! }).on('line', (line) => {
    lines.push(JSON.parse(line) as Record<string, number>);
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, lines, ended };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('an engine that is killed again and again loses nothing and doubles nothing', async () => {
  const store = await openTestStore(testConfig());
  try {
    let stopped = false;
    const killer = (async () => {
      for (let kills = 0; kills < 5; kills++) {
        await until('the engine runs', () => store.stats().engine.state === 'ready');
        const { count } = store.stats().inserts;
        await until('rows arrive', () => stopped || store.stats().inserts.count > count + 2);
        // An insert takes some 30 ms here: the kills fall into different moments of it.
        await new Promise((resolve) => setTimeout(resolve, 7 * kills));
        process.kill(store.stats().engine.pid!, 'SIGKILL');
        await until('the crash was seen', () => store.stats().engine.restarts === kills + 1);
      }
      stopped = true;
    })();
    const run = randomUUID();
    let sequence = 0;
    while (!stopped) {
      const origin = { probe: 'p', run, worker: 0, sequence };
      const outcome = await store.write(syntheticWindow(start + 10 * sequence, rows, sequence), origin);
      assert.deepEqual(outcome, { stored: rows, lost: 0, reason: null });
      await store.write(syntheticConnections(start + 10 * sequence, rows, sequence), origin);
      sequence++;
      await until('the spool is short', () => store.stats().spool.files < 20);
    }
    await killer;
    await store.flush();
    assert.deepEqual(await rowsOf(store, 'SELECT count(), uniqExact(ts, client_ip) FROM conv_10s'), [
      [sequence * rows, sequence * rows],
    ]);
    assert.deepEqual(await rowsOf(store, 'SELECT count() FROM connections'), [[sequence * rows]]);
    await assertRollupsEqual(store);
    assert.deepEqual(store.stats().unwritten, {});
    assert.equal(store.stats().engine.restarts, 5);
  } finally {
    await store.stop();
  }
});

test('a process that is killed again and again: what it said was written is there once, and no engine is left behind', async (t) => {
  const config = testConfig();
  const acknowledged: number[] = [];
  for (let life = 0; life < 3; life++) {
    const from = start + life * 1_000_000;
    const { child, lines, ended } = startProcess(t, { mode: 'write', config, from, rows });
    await until('some windows were written', () => lines.length > 8 + 5 * life);
    child.kill('SIGKILL');
    await ended;
    const engine = lines[0]!.engine!;
    await until('the engine is gone', () => !isAlive(engine));
    acknowledged.push(...lines.flatMap(({ written }) => (written === undefined ? [] : [written])));
  }
  const store = await openTestStore(config);
  try {
    await store.flush();
    const windows = await rowsOf(
      store,
      'SELECT toUnixTimestamp(ts), count(), uniqExact(client_ip) FROM conv_10s GROUP BY ts ORDER BY ts'
    );
    for (const [window, count, distinct] of windows) {
      assert.deepEqual([count, distinct], [rows, rows], `window ${window} is whole and there once`);
    }
    const stored = new Set(windows.map(([window]) => window));
    assert.deepEqual(
      acknowledged.filter((window) => !stored.has(window)),
      []
    );
    const [[count, distinct]] = (await rowsOf(store, 'SELECT count(), uniqExact(id) FROM connections')) as [
      [number, number],
    ];
    assert.equal(count, distinct);
    assert.ok(count >= acknowledged.length * rows);
    await assertRollupsEqual(store);
  } finally {
    await store.stop();
  }
});

/** A store with three windows and their connections; `again` puts their files back into the spool and starts it anew. */
async function storeWithReplay() {
  const config = testConfig();
  const spool = join(config.folder, 'spool');
  const kept = temporaryFolder();
  const files = () => readdirSync(kept).filter((name) => name.endsWith('.native'));
  let store = await openTestStore(config);
  // Links to the files of the spool, as a crash before their removal would have left them.
  const watcher = watch(spool, (_, name) => {
    try {
      linkSync(join(spool, name!), join(kept, name!));
    } catch {
      // Gone or linked already.
    }
  });
  try {
    const run = randomUUID();
    for (let sequence = 0; sequence < 3; sequence++) {
      const origin = { probe: 'p', run, worker: 0, sequence };
      await store.write(syntheticWindow(start + 10 * sequence, rows, sequence), origin);
      await store.write(syntheticConnections(start + 10 * sequence, rows, sequence), origin);
    }
    await until('all files were seen', () => files().length === 6);
    await store.flush();
  } finally {
    watcher.close();
    await store.stop();
  }
  const again = async (meanwhile: () => void, log = memoryLog()) => {
    meanwhile();
    for (const name of files()) {
      copyFileSync(join(kept, name), join(spool, name));
    }
    store = await openTestStore(config, { log });
    try {
      await store.flush();
      assert.deepEqual(readdirSync(spool), []);
      assert.deepEqual(await rowsOf(store, 'SELECT count() FROM conv_10s'), [[3 * rows]]);
      assert.deepEqual(await rowsOf(store, 'SELECT count() FROM connections'), [[3 * rows]]);
      await assertRollupsEqual(store);
      const tables = await rowsOf(store, 'SELECT name, toString(uuid) FROM system.tables');
      return new Map(tables.map(([name, uuid]) => [String(name), String(uuid)]));
    } finally {
      await store.stop();
    }
  };
  return { config, again };
}

test('a block that was stored but not taken off the spool when the process died is there once, also in a store just made', async () => {
  const { again } = await storeWithReplay();
  await again(() => undefined);
  await again(() => undefined);
});

test('a block that the engine noted as stored but had not stored when it died is stored by the replay', async () => {
  const { config, again } = await storeWithReplay();
  const folders = await again(() => undefined);
  for (const table of ['conv_10s', 'conv_1m', 'conv_1d', 'connections']) {
    await again(() => {
      const uuid = folders.get(table)!;
      const folder = join(config.folder, 'engine', 'store', uuid.slice(0, 3), uuid);
      const parts = readdirSync(folder).filter((name) => /_\d+_\d+_\d+$/.test(name));
      assert.ok(parts.length > 0);
      parts.forEach((part) => rmSync(join(folder, part), { recursive: true }));
      // An engine that was killed leaves this behind.
      writeFileSync(join(config.folder, 'engine', 'status'), '');
    });
  }
});

test('a log of stored blocks that cannot be understood or mended is named, and the store works all the same', async () => {
  const { config, again } = await storeWithReplay();
  const folders = await again(() => undefined);
  const engine = join(config.folder, 'engine');
  const folderOf = (table: string) => join(engine, 'store', folders.get(table)!.slice(0, 3), folders.get(table)!);
  const logOf = (table: string) => {
    const logs = join(folderOf(table), 'deduplication_logs');
    return join(
      logs,
      readdirSync(logs).find((name) => readFileSync(join(logs, name), 'utf8') !== '')!
    );
  };
  const killed = () => writeFileSync(join(engine, 'status'), '');
  const warnings = async (meanwhile: () => void) => {
    const log = memoryLog();
    await again(() => {
      killed();
      meanwhile();
    }, log);
    return log.lines.filter((line) => line.startsWith('warn'));
  };
  assert.deepEqual(await warnings(() => undefined), []);

  // A token with a blank, which the engine reads and we do not write.
  const foreign = await warnings(() => {
    const lines = readFileSync(logOf('conv_1h'), 'utf8').trimEnd().split('\n');
    writeFileSync(logOf('conv_1h'), [...lines, `${lines.at(-1)} x`].map((line) => `${line}\n`).join(''));
  });
  assert.equal(foreign.length, 1, foreign.join('\n'));
  assert.match(foreign[0]!, /form that this version does not know.*"table":"conv_1h"/);

  // Nothing can be written beside the log, as on a full disk. The block that it should forget is one that expired.
  const stuck = await warnings(() => {
    const path = logOf('connections');
    mkdirSync(join(folderOf('connections'), `${basename(path)}.mended`));
    writeFileSync(path, `1\t20010101_900_900_0\t20010101_1_2\n${readFileSync(path, 'utf8')}`);
  });
  assert.equal(stuck.length, 2, stuck.join('\n'));
  assert.match(stuck.join('\n'), /could not be mended.*"table":"connections"/);
});

test('logs of stored blocks that cannot be looked at do not keep the store from starting', async () => {
  const { config, again } = await storeWithReplay();
  const engine = join(config.folder, 'engine');
  const log = memoryLog();
  await again(() => {
    writeFileSync(join(engine, 'status'), '');
    // What leads to itself can be read by nobody.
    symlinkSync('loop', join(engine, 'store', 'loop'));
  }, log);
  const warnings = log.lines.filter((line) => line.startsWith('warn'));
  assert.equal(warnings.length, 1, warnings.join('\n'));
  assert.match(warnings[0]!, /logs could not be looked at; rows .* may be missing in some tables .*ELOOP/);
});

test('another process imports into a store that is in use, and a second time adds nothing', async (t) => {
  const config = testConfig();
  const store = await openTestStore(config);
  try {
    for (const expected of [
      { stored: 20 * 2 * rows, duplicate: 0 },
      { stored: 0, duplicate: 20 * 2 * rows },
    ]) {
      const { lines, ended } = startProcess(t, { mode: 'import', config, from: start, rows });
      assert.equal(await ended, 0);
      assert.deepEqual(lines, [expected]);
      assert.deepEqual(await rowsOf(store, 'SELECT probe, count() FROM conv_10s GROUP BY probe'), [
        ['file', 20 * rows],
      ]);
      assert.deepEqual(await rowsOf(store, 'SELECT count() FROM connections'), [[20 * rows]]);
    }
    assert.deepEqual(readdirSync(join(config.folder, 'answers')), []);
    await assertRollupsEqual(store);
  } finally {
    await store.stop();
  }
});

test('a spool folder that is taken away for a while is said once, and nothing is lost', async () => {
  const config = testConfig();
  const log = memoryLog();
  const store = await openTestStore(config, { log });
  const said = () => log.lines.filter((line) => /spool folder cannot be read/.test(line)).length;
  try {
    const spool = join(config.folder, 'spool');
    for (let times = 1; times <= 2; times++) {
      renameSync(spool, `${spool}-away`);
      await until('it was missed', () => said() === times);
      const origin = { probe: 'p', run: randomUUID(), worker: 0, sequence: times };
      const written = store.write(syntheticWindow(start + 10 * times, rows, times), origin);
      await new Promise((resolve) => setTimeout(resolve, 2500));
      assert.equal(said(), times, log.lines.join('\n'));
      renameSync(`${spool}-away`, spool);
      assert.deepEqual(await written, { stored: rows, lost: 0, reason: null });
      await store.flush();
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
    assert.deepEqual(await rowsOf(store, 'SELECT count() FROM conv_10s'), [[2 * rows]]);
    assert.equal(store.health().state, 'ok');
  } finally {
    await store.stop();
  }
});

test('a store whose engine hangs is stopped all the same, and its rows are there once afterwards', async () => {
  const config = testConfig();
  const store = await openTestStore(config);
  const engine = store.stats().engine.pid!;
  process.kill(engine, 'SIGSTOP');
  const run = randomUUID();
  for (let sequence = 0; sequence < 3; sequence++) {
    const origin = { probe: 'p', run, worker: 0, sequence };
    await store.write(syntheticWindow(start + 10 * sequence, rows, sequence), origin);
  }
  const giveUp = setTimeout(() => process.kill(engine, 'SIGKILL'), 30_000);
  const began = performance.now();
  await store.stop();
  clearTimeout(giveUp);
  assert.ok(performance.now() - began < 25_000);
  assert.equal(isAlive(engine), false);
  const again = await openTestStore(config);
  try {
    await again.flush();
    assert.deepEqual(await rowsOf(again, 'SELECT count(), uniqExact(ts, client_ip) FROM conv_10s'), [
      [3 * rows, 3 * rows],
    ]);
    await assertRollupsEqual(again);
  } finally {
    await again.stop();
  }
});

test('rows that are slow to be forced to the disk are stored once, and neither lost nor known before', async (t) => {
  const config = testConfig({ fsync: true });
  const handle = await open(config.folder);
  const files = Object.getPrototypeOf(handle) as Pick<typeof handle, 'sync'>;
  await handle.close();
  const { sync } = files;
  let stored = () => 0;
  // A file can be seen, and its rows may be stored, while its folder is still on the way to the disk.
  files.sync = async function (this: typeof handle) {
    await sync.call(this);
    const [before, since] = [stored(), performance.now()];
    while ((await this.stat()).isDirectory() && stored() === before && performance.now() - since < 1500) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  t.after(() => (files.sync = sync));
  const store = await openTestStore(config);
  stored = () => store.stats().inserts.count;
  try {
    const origin = { probe: 'p', run: randomUUID(), worker: 0 };
    for (let sequence = 0; sequence < 2; sequence++) {
      await store.write(syntheticWindow(start + 10 * sequence, rows, sequence), { ...origin, sequence });
    }
    const importing = store.beginImport({ probe: 'file', hash: 'ab'.repeat(20), layout: 'l' });
    await importing.write(syntheticWindow(start, rows));
    assert.deepEqual(await importing.complete(), { stored: rows, duplicate: 0 });
    await store.flush();
    assert.deepEqual([store.health().state, store.stats().unwritten], ['ok', {}]);
    assert.deepEqual(await rowsOf(store, 'SELECT count() FROM conv_10s'), [[3 * rows]]);
  } finally {
    await store.stop();
  }
});

test('an import whose store has no owner any more says that its rows wait', async () => {
  const config = testConfig();
  const spool = await openSpool(config, { enrichment });
  const importing = spool.beginImport({ probe: 'p', hash: 'ab'.repeat(32), layout: 'l' });
  await importing.write(syntheticWindow(start, rows));
  await assert.rejects(importing.complete(), {
    code: 'TCPS_E_STORE_OWNER_GONE',
    message: /1 blocks wait in its spool/,
  });
  const store = await openTestStore(config);
  try {
    await store.flush();
    assert.deepEqual(await rowsOf(store, 'SELECT count() FROM conv_10s'), [[rows]]);
  } finally {
    await store.stop();
  }
});

test('a full disk loses nothing that fits into memory, and rows go on when there is space', async (t) => {
  const folder = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    t.skip('no permission to mount a small file system');
    return;
  }
  const ballast = join(folder, 'ballast');
  const log = memoryLog();
  let store: Store | undefined;
  try {
    store = await openTestStore(testConfig({ folder, pendingLimit: '12MiB' }), { log });
    const opened = store;
    const run = randomUUID();
    let sequence = 0;
    const write = () =>
      opened.write(syntheticWindow(start + 10 * sequence, 5000, sequence), {
        probe: 'p',
        run,
        worker: 0,
        sequence: sequence++,
      });
    await write();
    await opened.flush();
    // Somebody else fills the disk.
    execFileSync('sh', ['-c', `dd if=/dev/zero of='${ballast}' bs=64k 2>/dev/null || true`]);

    const waiting = Array.from({ length: 4 }, write);
    await until('rows wait in memory', () => opened.stats().spool.pendingBytes > 0);
    const health = opened.health();
    assert.equal(health.state, 'degraded');
    assert.match(health.reasons.join(), /rows wait in memory: disk-full/);
    assert.deepEqual(await rowsOf(opened, 'SELECT count() FROM conv_10s'), [[5000]], 'reading goes on');

    // More than memory holds: lost, and counted.
    const beyond = Array.from({ length: 8 }, write);
    await until('rows were lost', () => opened.stats().unwritten['disk-full'] !== undefined);
    assert.match(opened.health().reasons.join(), /rows were not stored: disk-full/);

    rmSync(ballast);
    assert.deepEqual(await Promise.all(waiting), Array(4).fill({ stored: 5000, lost: 0, reason: null }));
    const outcomes = await Promise.all(beyond);
    const lost = outcomes.reduce((sum, outcome) => sum + outcome.lost, 0);
    assert.deepEqual(opened.stats().unwritten['disk-full']!.rows, lost);
    await opened.flush();
    const stored = sequence * 5000 - lost;
    assert.deepEqual(await rowsOf(opened, 'SELECT count(), uniqExact(ts, client_ip) FROM conv_10s'), [
      [stored, stored],
    ]);
    assert.equal(opened.stats().spool.pendingBytes, 0);
    await assertRollupsEqual(opened);
  } finally {
    await store?.stop();
    execFileSync('umount', [folder]);
  }
});

test('a disk that is full only for the engine lets rows wait in the spool', async (t) => {
  const folder = temporaryFolder();
  const engineFolder = join(folder, 'engine');
  mkdirSync(engineFolder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', engineFolder], { stdio: 'ignore' });
  } catch {
    t.skip('no permission to mount a small file system');
    return;
  }
  const ballast = join(engineFolder, 'ballast');
  let store: Store | undefined;
  try {
    store = await openTestStore(testConfig({ folder }));
    const opened = store;
    execFileSync('sh', ['-c', `dd if=/dev/zero of='${ballast}' bs=64k 2>/dev/null || true`]);
    const run = randomUUID();
    for (let sequence = 0; sequence < 3; sequence++) {
      const origin = { probe: 'p', run, worker: 0, sequence };
      const outcome = await opened.write(syntheticWindow(start + 10 * sequence, 5000, sequence), origin);
      assert.deepEqual(outcome, { stored: 5000, lost: 0, reason: null });
    }
    await until('the engine has said so', () => /the disk is full/.test(opened.health().reasons.join()));
    assert.equal(opened.stats().spool.files, 3);
    rmSync(ballast);
    await opened.flush();
    assert.deepEqual(await rowsOf(opened, 'SELECT count() FROM conv_10s'), [[15_000]]);
    await assertRollupsEqual(opened);
    assert.deepEqual([opened.health().state, opened.stats().unwritten], ['ok', {}]);
  } finally {
    await store?.stop();
    execFileSync('umount', [engineFolder]);
  }
});
