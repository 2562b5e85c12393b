import assert from 'node:assert/strict';
import { test } from 'node:test';
import { undecodedReasons } from '../../analyzer/src/decode/index.js';
import { fuzzFiles } from './capture-files.js';
import { fuzzPackets } from './packets.js';
import { WatchedView } from './watched-view.js';

// The same inputs every time; test/fuzz/run.ts makes others, and more.
const SEED = 20_260_101;

test('200,000 wrong packets are counted once each, and end', async () => {
  const result = await fuzzPackets(200_000, SEED);
  assert.equal(result.packets, 200_000);
  // The mutations reach what they are for: segments are still found, and every reason is met.
  assert.ok(result.tcp > 20_000, `${result.tcp} segments`);
  assert.ok(result.connections > 100, `${result.connections} connections`);
  for (const reason of undecodedReasons) {
    assert.ok((result.undecoded[reason] ?? 0) > 0, `none ${reason}`);
  }
});

test('2,000 wrong capture files are read, damaged or refused, and end', async () => {
  const result = await fuzzFiles(2000, SEED);
  for (const how of ['read', 'damaged', 'refused']) {
    assert.ok((result.ends[how] ?? 0) > 50, `${result.ends[how]} ${how}`);
  }
  assert.ok(result.packets > 2000, `${result.packets} packets`);
});

test('reads beyond the bytes and loops without end are noticed', () => {
  const view = new WatchedView(new ArrayBuffer(16));
  Object.assign(view, { from: 2, to: 6, budget: 3 });
  assert.equal(view.getUint32(2), 0);
  assert.throws(() => view.getUint32(3), /outside 2 to 6/);
  assert.throws(() => view.getUint8(1), /outside 2 to 6/);
  assert.equal(view.getUint16(4) + view.getUint8(5), 0);
  assert.throws(() => view.getUint8(5), /without end/);
});
