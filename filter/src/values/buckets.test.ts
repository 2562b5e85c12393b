import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { bucketCount, bucketError, bucketOf, bucketTimes, percentileOf } from './buckets.js';

/** Whole microseconds, as likely short as long: up to the twelve days that are told apart. */
const times = fc
  .tuple(fc.integer({ min: 0, max: 39 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([power, part]) => Math.min(2 ** 40 - 1, Math.floor(2 ** power * (1 + part))));

describe('buckets of times', () => {
  test('the middle of its bucket is within 1/32 of every time', () => {
    fc.assert(
      fc.property(times, (time) => {
        const middle = bucketTimes[bucketOf(time)]!;
        assert.ok(Math.abs(middle - time) <= time * bucketError, `${time} lies in the bucket of ${middle}`);
      }),
      { numRuns: 20_000 }
    );
  });

  test('a longer time never lies in an earlier bucket, and no bucket is left out', () => {
    fc.assert(
      fc.property(times, times, (a, b) => {
        assert.equal(Math.sign(bucketOf(a) - bucketOf(b)) * Math.sign(a - b) >= 0, true, `${a}, ${b}`);
      }),
      { numRuns: 20_000 }
    );
    bucketTimes.forEach((time, bucket) => assert.equal(bucketOf(time), bucket));
    assert.equal(bucketTimes.length, bucketCount);
  });

  for (const [what, time, bucket] of [
    ['nothing at all', 0, 0],
    ['31 µs, the longest with a bucket of its own', 31, 31],
    ['32 µs', 32, 32],
    ['33 µs, with 32 µs', 33, 32],
    ['34 µs', 34, 33],
    ['the longest signed 32-bit number', 2 ** 31 - 1, 447],
    ['one more', 2 ** 31, 448],
    ['the longest unsigned 32-bit number', 2 ** 32 - 1, 463],
    ['the longest that is told apart', 2 ** 40 - 1, bucketCount - 1],
    ['a month, with all that is longer', 30 * 86_400e6, bucketCount - 1],
  ] as const) {
    test(`${what}: bucket ${bucket}`, () => assert.equal(bucketOf(time), bucket));
  }
});

describe('percentiles', () => {
  for (const [what, counted, percent, expected] of [
    ['of nothing', [], 50, null],
    ['of one time', [7, 1], 99, 7],
    ['the lower one of two, for half', [3, 1, 9, 1], 50, 3],
    ['95 of 100', [1, 95, 2, 5], 95, 1],
    ['more than 95 of 100', [1, 94, 2, 6], 95, 2],
    ['the middle of a bucket', [32, 4], 50, 33],
  ] as const) {
    test(`${percent}%: ${what}`, () => assert.equal(percentileOf(counted, percent), expected));
  }

  test('a percentile is within 1/32 of the time of its rank', () => {
    fc.assert(
      fc.property(fc.array(times, { minLength: 1, maxLength: 300 }), fc.constantFrom(50, 95, 99), (all, percent) => {
        const counts = new Map<number, number>();
        all.map(bucketOf).forEach((bucket) => counts.set(bucket, (counts.get(bucket) ?? 0) + 1));
        const found = percentileOf([...counts].sort(([a], [b]) => a - b).flat(), percent)!;
        const exact = all.sort((a, b) => a - b)[Math.ceil((all.length * percent) / 100) - 1]!;
        assert.ok(Math.abs(found - exact) <= exact * bucketError, `${found} for ${exact}`);
      })
    );
  });
});
