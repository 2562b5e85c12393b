import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TableAnswer } from './answer.js';
import { AnswerCache, expiry, keyOf } from './cache.js';
import { limits } from './query-fixture.js';
import { readQuestion } from './read.js';

const noon = Date.UTC(2026, 0, 2, 12);

test('an answer that reaches into the present holds until the next window, another one for 30 s', () => {
  assert.equal(expiry(noon, noon), noon + 10_000);
  assert.equal(expiry(noon, noon + 9_999), noon + 10_000);
  assert.equal(expiry(noon + 3_600_000, noon + 12_000), noon + 20_000);
  assert.equal(expiry(noon - 3_600_000, noon), noon + 30_000);
});

const answer = (values: readonly string[]): TableAnswer => ({
  shape: 'table',
  kind: 'values',
  columns: [{ name: 'v', field: null, type: 'string', values }],
  rows: values.length,
  more: false,
  notices: [],
  statements: [],
});

test('an answer is given until it expires', () => {
  let now = noon;
  const cache = new AnswerCache(1e6, () => now);
  cache.set('a', answer(['x']), noon);
  assert.deepEqual(cache.get('a'), answer(['x']));
  now += 10_000;
  assert.equal(cache.get('a'), undefined);
  assert.deepEqual([cache.hits, cache.misses], [1, 1]);
});

test('memory is bounded: old answers go, and one that is too large is not kept', () => {
  const cache = new AnswerCache(100_000, () => noon);
  const large = 'x'.repeat(5000);
  for (let i = 0; i < 50; i++) {
    cache.set(`k${i}`, answer([large]), 0);
    assert.ok(cache.bytes <= 100_000);
  }
  assert.ok(cache.get('k49'));
  assert.equal(cache.get('k0'), undefined);
  cache.set('huge', answer([large.repeat(20)]), 0);
  assert.equal(cache.get('huge'), undefined);
});

test('the same question in other words has the same key, another question another', () => {
  const base = {
    refId: 'A',
    from: noon - 3_600_000,
    to: noon,
    kind: 'top',
    metrics: ['rst.count.srv'],
    filter: 'rst.count>0',
  };
  const key = (change: object) => keyOf(readQuestion({ ...base, ...change }, limits));
  for (const same of [
    { refId: 'B', legend: 'x' },
    { metrics: ['server.rsts'] },
    { filter: '  rsts > 0 ' },
    { from: base.from - 9000, to: new Date(noon - 9000).toISOString() },
    { limit: '100', orderBy: 'rst.srv' },
    { kind: undefined, queryType: 'top' },
  ]) {
    assert.equal(key(same), key({}), JSON.stringify(same));
  }
  for (const other of [
    { filter: 'rst.count > 1' },
    { scope: 'rows' },
    { limit: 99 },
    { to: noon + 10_000 },
    { groupBy: ['vlan'] },
  ]) {
    assert.notEqual(key(other), key({}), JSON.stringify(other));
  }
});
