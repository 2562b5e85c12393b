import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { time } from './words.js';

test('lengths of time have two or three digits in the unit that fits', () => {
  const cases: ReadonlyArray<readonly [number, string]> = [
    [0, '0 µs'],
    [420, '420 µs'],
    [999.6, '1.00 ms'],
    [12_300, '12.3 ms'],
    [999_400, '999 ms'],
    [999_600, '1.0 s'],
    [4.23e6, '4.2 s'],
    [200e6, '3 min 20 s'],
    [7500e6, '2 h 5 min'],
  ];
  for (const [micros, text] of cases) {
    assert.equal(time(micros), text);
  }
});

test('property: no length of time is written with an exponent', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e13, noNaN: true }),
      fc.integer({ min: 990_000, max: 1_010_000 }),
      (any, short) => {
        assert.doesNotMatch(time(any), /e[+-]/);
        assert.doesNotMatch(time(short), /e[+-]/);
      }
    )
  );
});
