import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseFilter, printFilter, type RowKind } from './index.js';
import { expressions } from './testing/expressions.js';

function printed(text: string, rows: RowKind = 'windows'): string {
  const parsed = parseFilter(text, rows);
  assert.ok(parsed.ok, parsed.ok ? '' : `${text}: ${parsed.problem.message}`);
  return printFilter(parsed.expression);
}

for (const rows of ['windows', 'connections'] as const) {
  test(`what is printed of ${rows} reads as the same filter`, () => {
    fc.assert(
      fc.property(expressions(rows, { variables: true }), (expression) => {
        const text = printFilter(expression);
        fc.pre(text.length <= 10_000);
        assert.deepStrictEqual(parseFilter(text, rows), { ok: true, expression });
      }),
      { numRuns: 1_000 }
    );
  });
}

const canonical: ReadonlyArray<readonly [string, string, RowKind?]> = [
  ['RST.COUNT>0 AND Fin.Count==0', 'rst.count > 0 and fin.count = 0'],
  ['server.rsts > 1', 'rst.count.srv > 1'],
  ['syn.count > 1 or syn.count > 0 and ct.count = 0', 'syn.count > 1 or (syn.count > 0 and ct.count = 0)'],
  ['(syn.count > 1 or rst.count > 0) and ct.count = 0', '(syn.count > 1 or rst.count > 0) and ct.count = 0'],
  ['((rst.count > 0)) and (fin.count = 0 and ct.count = 0)', 'rst.count > 0 and fin.count = 0 and ct.count = 0'],
  ['not (rst.count > 0 and fin.count = 0)', 'not (rst.count > 0 and fin.count = 0)'],
  ['not (rst.count > 0)', 'not rst.count > 0'],
  ['3 < rst.count', 'rst.count > 3'],
  ['rst.count - (fin.count - 1) > 2 * (3 + 4)', 'rst.count - (fin.count - 1) > 2 * (3 + 4)'],
  ['(rst.count - fin.count) - 1 > (2 * 3) + 4', 'rst.count - fin.count - 1 > 2 * 3 + 4'],
  ['-rst.count < -0', '0 - rst.count < 0'],
  ['client.ip = 10.1.2.3/8', 'client.ip in 10.0.0.0/8'],
  ['client.ip != 2001:DB8::/32', 'client.ip not in 2001:db8::/32'],
  ['client.ip = ::ffff:10.0.0.1', 'client.ip = 10.0.0.1'],
  ['server.port in 80', 'server.port in {80}'],
  ['server.port in $ports', 'server.port in $ports'],
  ['server.port in {$ports}', 'server.port in {$ports}'],
  ['client.zone in "/Local//"', 'client.zone in "/Local"'],
  ["application = 'it''s'", 'application = "it\'s"'],
  ['application = "a""b\\"c"', 'application = "a\\"b\\"c"'],
  ['application ~ "\\d"', 'application ~ "\\\\d"'],
  ['start > "2026-10-01"', 'start > "2026-10-01T00:00:00Z"', 'connections'],
  ['midstream = true and not (oneway)', 'midstream and not oneway', 'connections'],
  ['close = "RST" or STATE = sf', 'close = rst or state = SF', 'connections'],
  ['  ', ''],
];
for (const [text, expected, rows] of canonical.filter(([written]) => !written.startsWith('a.b'))) {
  test(`${text} is printed as ${expected}`, () => {
    assert.equal(printed(text, rows), expected);
    assert.equal(printed(expected, rows), expected);
  });
}

test('the deepest filter that can be read is printed so that it can be read again', () => {
  for (const [open, close] of [
    ['(', ')'],
    ['not ', ''],
  ] as const) {
    const text = `${open.repeat(100)}rst.count > 0${close.repeat(100)}`;
    assert.equal(printed(printed(text)), printed(text));
  }
  let text = 'rst.count > 0';
  for (let level = 0; level < 50; level++) {
    text = `rst.count > 1 and (rst.count > 2 or rst.count > 3 and (${text}))`;
  }
  assert.equal(printed(printed(text)), printed(text));
});
