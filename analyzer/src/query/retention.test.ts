import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retentionSchema } from '../store/config.js';
import { spansOf } from './retention.js';

const day = 86_400;
const today = 20_000 * day;
const now = today + 12 * 3600;
const kept = retentionSchema.parse({ conv_10s: '2d', conv_1m: '10d', conv_1h: '100d', conv_1d: 'forever' });
const daysAgo = (n: number) => today - n * day;
/** As if everything had been stored when it happened. */
const live = (start: number) => start + 60;

test('what is recent has all windows, and nothing is looked up', () => {
  const never = () => {
    throw new Error('looked up');
  };
  const range = { from: daysAgo(1) + 10, to: now };
  assert.deepEqual(spansOf(range, kept, now, never), [{ ...range, finest: 0 }]);
});

test('older times have coarser windows, day by day', () => {
  const spans = spansOf({ from: daysAgo(120), to: now }, kept, now, live);
  assert.deepEqual(
    spans.map(({ from, finest }) => [(today - from) / day, finest]),
    [
      [120, 3],
      [99, 2],
      [9, 1],
      [1, 0],
    ]
  );
  assert.equal(spans.at(-1)?.to, now);
});

test('a range that ends inside a window that must be taken whole is widened to it', () => {
  assert.deepEqual(spansOf({ from: daysAgo(50) + 4000, to: daysAgo(50) + 5000 }, kept, now, live), [
    { from: daysAgo(50) + 3600, to: daysAgo(50) + 7200, finest: 2 },
  ]);
  assert.deepEqual(spansOf({ from: daysAgo(120) + 10, to: daysAgo(119) + 10 }, kept, now, live), [
    { from: daysAgo(120), to: daysAgo(118), finest: 3 },
  ]);
});

test('an import of an old capture has all windows, because it was stored lately', () => {
  const range = { from: daysAgo(1000) + 10, to: daysAgo(1000) + 70 };
  assert.deepEqual(
    spansOf(range, kept, now, () => now - 600),
    [{ ...range, finest: 0 }]
  );
  assert.equal(spansOf(range, kept, now, () => daysAgo(5))[0]?.finest, 1);
});

test('a day that has no rows is as fine as its age allows', () => {
  assert.equal(spansOf({ from: daysAgo(50), to: daysAgo(49) }, kept, now, () => undefined)[0]?.finest, 2);
});

test('kept for ever means never too old', () => {
  const forever = retentionSchema.parse({ conv_10s: 'forever' });
  const range = { from: 10, to: now };
  assert.deepEqual(spansOf(range, forever, now, live), [{ ...range, finest: 0 }]);
});
