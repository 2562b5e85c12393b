import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { windowTables } from '../store/schema/tables.js';
import { bucketsOf, stepFor, steps } from './step.js';

const wishes = { intervalMs: 0, maxDataPoints: 1000, points: 11_000, windows: 10 };
const hours = (n: number) => ({ from: 0, to: n * 3600 });

const cases: ReadonlyArray<readonly [string, { from: number; to: number }, Partial<typeof wishes>, number]> = [
  ['no finer than windows', hours(1), {}, 10],
  ['the interval of the panel, rounded up', hours(1), { intervalMs: 15_000 }, 20],
  ['the interval itself when it is a usual one', hours(1), { intervalMs: 60_000 }, 60],
  ['what the pixels allow', hours(24), { maxDataPoints: 300 }, 300],
  ['one point, if that is all that is of use', hours(1), { maxDataPoints: 1 }, 3600],
  ['what limits allow', hours(24), { maxDataPoints: 1e9, points: 101 }, 900],
  ['what is kept', hours(24), { windows: 3600 }, 3600],
  ['beyond the list in whole days', { from: 0, to: 86_400 * 10_000 }, { maxDataPoints: 10 }, 86_400 * 1000],
];
for (const [name, range, change, expected] of cases) {
  test(`points are as far apart as needed: ${name}`, () => {
    assert.equal(stepFor(range, { ...wishes, ...change }), expected);
  });
}

test('every step is made of whole windows of each table that is not longer', () => {
  for (const step of steps) {
    for (const { seconds } of windowTables) {
      assert.ok(seconds > step || step % seconds === 0, `${seconds} in ${step}`);
    }
  }
});

test('buckets are aligned, cover the range and are no more than allowed', () => {
  const tens = (most: number) => fc.integer({ min: 0, max: most / 10 }).map((n) => n * 10);
  fc.assert(
    fc.property(tens(4e9), tens(2e8), fc.integer({ min: 2, max: 500 }), (from, length, points) => {
      const range = { from, to: from + length + 10 };
      const step = stepFor(range, { ...wishes, maxDataPoints: 1e9, points });
      const buckets = bucketsOf(range, step);
      assert.ok(buckets.length <= points, `${buckets.length} of ${points}`);
      assert.ok(buckets.every((start) => start % step === 0));
      assert.ok(buckets[0]! <= range.from && buckets.at(-1)! + step >= range.to && buckets.at(-1)! < range.to);
    })
  );
});

test('an empty range has no bucket', () => {
  assert.deepEqual(bucketsOf({ from: 20, to: 20 }, 10), []);
});
