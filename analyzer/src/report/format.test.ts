import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytes, count, duration, perConnection, share } from './format.js';

test('counts are grouped by thousands', () => {
  assert.deepEqual([0, 999, 1000, 1234567].map(count), ['0', '999', '1,000', '1,234,567']);
});

test('a share of nothing is no number', () => {
  assert.deepEqual([share(1, 3), share(0, 3), share(3, 3), share(0, 0)], ['33.3%', '0.0%', '100.0%', '–']);
});

test('a mean without a connection is infinite with attempts, and nothing without', () => {
  assert.deepEqual(
    [perConnection(1.005, 9), perConnection(0, 0), perConnection(null, 3), perConnection(null, 0)],
    ['1.01', '0.00', '∞ (no connection)', '–']
  );
});

test('lengths of time have two or three digits in the unit that fits', () => {
  const cases: ReadonlyArray<readonly [number, string]> = [
    [0, '0 µs'],
    [420e-6, '420 µs'],
    [0.9996e-3, '1.00 ms'],
    [0.0123, '12.3 ms'],
    [0.9994, '999 ms'],
    [0.9996, '1.0 s'],
    [4.23, '4.2 s'],
    [59.99, '60 s'],
    [60, '1 min 0 s'],
    [200, '3 min 20 s'],
    [3599.9, '59 min 59 s'],
    [7500, '2 h 5 min'],
    [172_799, '47 h 59 min'],
    [1e6, '11 d 13 h'],
  ];
  for (const [seconds, text] of cases) {
    assert.equal(duration(seconds), text);
  }
});

test('bytes have three digits in the unit that fits', () => {
  const cases: ReadonlyArray<readonly [number, string]> = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [12_345_678, '12.3 MB'],
  ];
  for (const [value, text] of cases) {
    assert.equal(bytes(value), text);
  }
});

test('property: no number of a page is written with an exponent', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (value) => {
      assert.doesNotMatch(duration(value), /e[+-]/);
      assert.doesNotMatch(bytes(Math.round(value * 1e6)), /e[+-]/);
    })
  );
});
