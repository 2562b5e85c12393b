import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { windowTables } from '../store/schema/tables.js';
import { coarsestFor, segmentsOf, type Segment } from './segments.js';

const secondsOf = ({ table }: Segment) => windowTables.find(({ name }) => name === table)!.seconds;
const at = (text: string) => Date.parse(`2026-03-02T${text}Z`) / 1000;

test('whole windows of the coarsest table in the middle, finer ones at the ragged ends', () => {
  const range = { from: at('10:58:50'), to: at('13:02:20'), finest: 0 };
  assert.deepEqual(segmentsOf([range], 3), [
    { table: 'conv_10s', from: at('10:58:50'), to: at('10:59:00') },
    { table: 'conv_1m', from: at('10:59:00'), to: at('11:00:00') },
    { table: 'conv_1h', from: at('11:00:00'), to: at('13:00:00') },
    { table: 'conv_1m', from: at('13:00:00'), to: at('13:02:00') },
    { table: 'conv_10s', from: at('13:02:00'), to: at('13:02:20') },
  ]);
});

test('where poor minutes are left out, no table is coarser than minutes', () => {
  const range = { from: at('10:58:50'), to: at('13:02:20'), finest: 0, poorCaptures: true };
  const segments = segmentsOf([range], 3);
  assert.deepEqual(new Set(segments.map(({ table }) => table)), new Set(['conv_10s', 'conv_1m']));
  assert.ok(segments.every(({ poorCaptures }) => poorCaptures));
});

test('buckets decide which tables may be used', () => {
  assert.deepEqual(
    [10, 20, 60, 300, 3600, 7200, 86_400].map((step) => windowTables[coarsestFor(step)]!.name),
    ['conv_10s', 'conv_10s', 'conv_1m', 'conv_1m', 'conv_1h', 'conv_1h', 'conv_1d']
  );
});

test('every window of a range is in exactly one segment, of a table between the finest and the coarsest allowed', () => {
  const tens = fc.integer({ min: 0, max: 30_000 }).map((n) => n * 10);
  fc.assert(
    fc.property(tens, tens, fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }), (start, length, a, b) => {
      const finest = Math.min(a, b);
      const unit = windowTables[finest]!.seconds;
      const from = Math.floor(start / unit) * unit;
      const to = from + Math.ceil(length / unit) * unit;
      const segments = segmentsOf([{ from, to, finest }], Math.max(a, b));
      let next = from;
      for (const segment of segments) {
        const seconds = secondsOf(segment);
        assert.equal(segment.from, next);
        assert.ok(segment.to > segment.from);
        assert.ok(segment.from % seconds === 0 && segment.to % seconds === 0, 'whole windows');
        assert.ok(seconds >= unit && seconds <= windowTables[Math.max(a, b)]!.seconds);
        next = segment.to;
      }
      assert.equal(next, to);
      assert.ok(segments.length <= 7);
    })
  );
});
