import { randomUUID } from 'node:crypto';
import { syntheticConnections, syntheticWindow } from '../flow/batch-fixture.js';
import type { StoreConfig } from './config.js';
import { enrichment, openTestStore } from './store-fixture.js';
import { openSpool } from './spool-only.js';

/**
 * For tests: a process with a store of its own, to be killed, or one that hands rows over to another process.
 * Says on standard output what it has done, one JSON value a line.
 */
interface Task {
  readonly mode: 'write' | 'import';
  readonly config: StoreConfig;
  /** First window of `write`, seconds since 1970. */
  readonly from: number;
  readonly rows: number;
}

const task = JSON.parse(process.argv[2]!) as Task;
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);

if (task.mode === 'write') {
  const store = await openTestStore(task.config);
  say({ engine: store.stats().engine.pid });
  const run = randomUUID();
  for (let sequence = 0; ; sequence++) {
    const window = task.from + 10 * sequence;
    const origin = { probe: 'killed', run, worker: 0, sequence };
    await store.write(syntheticWindow(window, task.rows, sequence), origin);
    await store.write(syntheticConnections(window, task.rows, sequence), origin);
    say({ written: window });
  }
} else {
  const spool = await openSpool(task.config, { enrichment });
  const importing = spool.beginImport({ probe: 'file', hash: 'ab'.repeat(32), layout: 'l' });
  for (let i = 0; i < 20; i++) {
    await importing.write(syntheticWindow(task.from + 10 * i, task.rows, i));
    await importing.write(syntheticConnections(task.from + 10 * i, task.rows, i));
  }
  say(await importing.complete());
  await spool.stop();
}
