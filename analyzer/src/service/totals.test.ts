import assert from 'node:assert/strict';
import { test } from 'node:test';
import { windowCounters, type WindowBatch } from '../flow/index.js';
import { Totals } from './totals.js';

/** A window whose counters have these values in each row, all others 0. */
function batch(...rows: ReadonlyArray<Readonly<Record<string, number>>>): WindowBatch {
  const counters = windowCounters.map(({ name }) => Float64Array.from(rows, (row) => row[name] ?? 0));
  return { kind: 'windows', rows: rows.length, counters } as unknown as WindowBatch;
}

test('counts of windows are added up', () => {
  const totals = new Totals(
    () => 7,
    () => 123
  );
  totals.add(batch({ 'syn.count': 2, 'rst.count.srv': 1 }, { 'syn.count': 3 }));
  totals.add(batch({ 'syn.count': 10 }));
  const { time, connections, totals: sums } = totals.current();
  assert.deepEqual([time, connections, sums['syn.count'], sums['rst.count.srv']], [123, 7, 15, 1]);
});

test('of what has a greatest value, the greatest is kept, in the unit of the catalogue', () => {
  const totals = new Totals(
    () => 0,
    () => 0
  );
  assert.equal(totals.current().totals['ct.max'], null);
  totals.add(batch({ 'ct.max': 5_000_000, 'ct.sum': 5_000_000 }, { 'ct.max': 9_000_000, 'ct.sum': 9_000_000 }));
  totals.add(batch({ 'ct.max': 3_000_000, 'ct.sum': 3_000_000 }));
  // Windows have microseconds, metrics have seconds.
  assert.equal(totals.current().totals['ct.max'], 9);
  assert.equal(totals.current().totals['ct.sum'], 17);
});

test('memory beyond the rows of a batch is not counted', () => {
  const totals = new Totals(
    () => 0,
    () => 0
  );
  const full = batch({ 'syn.count': 1 }, { 'syn.count': 50 });
  totals.add({ ...full, rows: 1 });
  assert.equal(totals.current().totals['syn.count'], 1);
});

test('those who listen are told once a second until they leave, and nobody keeps the clock running', (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const totals = new Totals(
    () => 1,
    () => 0
  );
  const heard: string[] = [];
  const leaveA = totals.subscribe(() => heard.push('a'));
  const leaveB = totals.subscribe(() => heard.push('b'));
  context.mock.timers.tick(1000);
  assert.deepEqual(heard, ['a', 'b']);
  leaveA();
  context.mock.timers.tick(1000);
  assert.deepEqual(heard, ['a', 'b', 'b']);
  leaveB();
  leaveB();
  context.mock.timers.tick(5000);
  assert.equal(heard.length, 3);
  totals.subscribe(() => heard.push('c'));
  context.mock.timers.tick(2000);
  assert.deepEqual(heard.slice(3), ['c', 'c'], 'who comes later is told again');
});
