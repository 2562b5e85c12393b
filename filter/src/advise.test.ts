import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { advise, parseFilter, type Advice, type RowKind } from './index.js';
import { expressions } from './testing/expressions.js';

const remarks: ReadonlyArray<readonly [text: string, code: Advice['code'], suggestion: string, rows?: RowKind]> = [
  ['syn.ratio > 3', 'ratio-null', 'syn.ratio > 3 or (syn.count > 3 and ct.count = 0)'],
  ['rst.ratio.srv >= 1', 'ratio-null', 'rst.ratio.srv >= 1 or (rst.count.srv >= 1 and ct.count = 0)'],
  [
    'rst.ratio > 1 and server.port = 80',
    'ratio-null',
    '(rst.ratio > 1 or (rst.count > 1 and ct.count = 0)) and server.port = 80',
  ],
  ['fin.ratio > 150%', 'ratio-null', 'fin.ratio > 150% or (fin.count > 1.5 and ct.count = 0)'],
  ['rst.ratio = null', 'null-comparison', 'rst.ratio is null'],
  ['rst.ratio != null', 'null-comparison', 'rst.ratio is not null'],
  ['ct.avg > 200', 'long-handshake', 'ct.avg > 200ms'],
  ['rst.count > 0 and ct.count = 0', 'rst-without-connection', 'rst.noconn > 0'],
  ['vlan = 1 and rst.srv > 0 and ct.count = 0', 'rst-without-connection', 'rst.noconn.srv > 0 and vlan = 1'],
  ['aborter != client', 'unequal-null', 'aborter != client or aborter is null', 'connections'],
  ['ct.p95 > 200', 'long-handshake', 'ct.p95 > 200ms'],
  ['ct > 50', 'long-handshake', 'ct > 50ms', 'connections'],
];
for (const [text, code, suggestion, rows = 'windows'] of remarks) {
  test(`${text} is advised to be ${suggestion}`, () => {
    const parsed = parseFilter(text, rows);
    assert.ok(parsed.ok);
    const advice = advise(parsed.expression, rows);
    assert.deepEqual(
      advice.map((one) => [one.code, one.suggestion]),
      [[code, suggestion]]
    );
  });
}

const clean: ReadonlyArray<readonly [string, RowKind]> = [
  ['', 'windows'],
  ['rst.count > 0 and fin.count = 0', 'windows'],
  ['syn.ratio > 3 or (syn.count > 3 and ct.count = 0)', 'windows'],
  ['syn.ratio > 3 or syn.ratio is null', 'windows'],
  ['syn.ratio < 3', 'windows'],
  ['not syn.ratio > 3', 'windows'],
  ['reset.ratio.srv > 10%', 'windows'],
  ['ct.avg > 200ms', 'windows'],
  ['ct.avg > 2', 'windows'],
  ['close != rst', 'connections'],
  ['rst.count > 0 and ct.count = 0', 'connections'],
];
for (const [text, rows] of clean) {
  test(`"${text}" on ${rows} needs no advice`, () => {
    const parsed = parseFilter(text, rows);
    assert.ok(parsed.ok);
    assert.deepEqual(advise(parsed.expression, rows), []);
  });
}

for (const rows of ['windows', 'connections'] as const) {
  test(`what is suggested for ${rows} is itself a filter`, () => {
    fc.assert(
      fc.property(expressions(rows), (expression) => {
        for (const { suggestion } of advise(expression, rows)) {
          assert.ok(suggestion === null || parseFilter(suggestion, rows).ok, suggestion ?? '');
        }
      }),
      { numRuns: 500 }
    );
  });
}
