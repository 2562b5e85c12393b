import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { syntheticWindow } from '../flow/batch-fixture.js';
import type { StoredBatch } from '../store/index.js';
import { GatheredRows } from './gathered-rows.js';

const window = (rows: number) => syntheticWindow(1_700_000_000, rows, 1);
const feed: StoredBatch = { kind: 'feed', rows: 1, capture: 'x', windows: [] };

function gathering(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const written: Array<readonly [string, number[]]> = [];
  const rows = new GatheredRows((batches) => {
    written.push([batches[0]!.kind, batches.map((batch) => batch.rows)]);
    return Promise.resolve();
  });
  const pass = async (milliseconds: number) => {
    t.mock.timers.tick(milliseconds);
    await setImmediate();
  };
  return { rows, written, pass };
}

test('batches of a second are stored together, each kind by itself', async (t) => {
  const { rows, written, pass } = gathering(t);
  await rows.take(window(3));
  await rows.take(feed);
  await rows.take(window(4));
  await pass(999);
  assert.deepEqual(written, []);
  await pass(1);
  assert.deepEqual(written, [
    ['windows', [3, 4]],
    ['feed', [1]],
  ]);
  await rows.take(window(5));
  await pass(1000);
  assert.deepEqual(written.at(-1), ['windows', [5]], 'the next second begins with the next batch');
});

test('a full block does not wait', async (t) => {
  const { rows, written } = gathering(t);
  await rows.take(window(60_000));
  await rows.take(window(5536));
  await rows.take(window(2));
  assert.deepEqual(written, [['windows', [60_000, 5536]]]);
  await rows.flush();
  assert.deepEqual(written.at(-1), ['windows', [2]]);
});

test('a batch that fills blocks by itself is taken, and nothing is stored twice', async (t) => {
  const { rows, written, pass } = gathering(t);
  await rows.take(window(200_000));
  await rows.flush();
  await rows.flush();
  await pass(2000);
  assert.deepEqual(written, [['windows', [200_000]]]);
});

test('while rows are stored nothing is taken, and who flushes waits for all that was given before', async () => {
  const steps: string[] = [];
  let stored = () => {};
  const rows = new GatheredRows(async (batches) => {
    steps.push(`stores ${batches.map((batch) => batch.rows).join(' ')}`);
    await new Promise<void>((resolve) => (stored = resolve));
    steps.push('stored');
  });
  await rows.take(window(1));
  void rows.flush();
  void rows.take(window(2)).then(() => steps.push('took 2'));
  const flushed = rows.flush().then(() => steps.push('flushed'));
  await setImmediate();
  assert.deepEqual(steps, ['stores 1']);
  stored();
  await setImmediate();
  assert.deepEqual(steps, ['stores 1', 'stored', 'took 2', 'stores 2']);
  stored();
  await flushed;
  assert.deepEqual(steps.slice(4), ['stored', 'flushed']);
});
