import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  evaluate,
  hasVariables,
  parseFilter,
  printFilter,
  referencedFields,
  splitConjuncts,
  type Expression,
} from './index.js';
import { expressions } from './testing/expressions.js';
import { rowsOf } from './testing/rows.js';

function read(text: string): Expression {
  const parsed = parseFilter(text, 'windows');
  assert.ok(parsed.ok && parsed.expression !== null);
  return parsed.expression;
}

const splits: ReadonlyArray<readonly [text: string, dimensions: string, rest: string]> = [
  ['server.port = 80', 'server.port = 80', ''],
  ['rst.count > 0', '', 'rst.count > 0'],
  [
    'rst.count > 0 and server.port = 80 and client.ip in 10.0.0.0/8',
    'server.port = 80 and client.ip in 10.0.0.0/8',
    'rst.count > 0',
  ],
  ['server.port = 80 or rst.count > 0', '', 'server.port = 80 or rst.count > 0'],
  [
    '(server.port = 80 or client.zone in "/A") and rst.count > 0',
    'server.port = 80 or client.zone in "/A"',
    'rst.count > 0',
  ],
  ['not (server.port = 80 and vlan = 1)', 'not (server.port = 80 and vlan = 1)', ''],
  ['server.port + rst.count > 80', '', 'server.port + rst.count > 80'],
  ['server.port = $port', '', 'server.port = $port'],
  ['clients > 5', '', 'client.count > 5'],
  ['1 = 1', '', '1 = 1'],
];
for (const [text, dimensions, rest] of splits) {
  test(`of ${text}, ${dimensions || 'nothing'} is about dimensions alone`, () => {
    const split = splitConjuncts(read(text));
    assert.equal(printFilter(split.dimensions), dimensions);
    assert.equal(printFilter(split.rest), rest);
  });
}

test('both parts together select what the whole does', () => {
  fc.assert(
    fc.property(expressions('windows'), rowsOf('windows'), (expression, row) => {
      const value = (field: Parameters<Parameters<typeof evaluate>[1]>[0]) => row.get(field) ?? null;
      const { dimensions, rest } = splitConjuncts(expression);
      assert.equal(evaluate(dimensions, value) && evaluate(rest, value), evaluate(expression, value));
    })
  );
  assert.deepEqual(splitConjuncts(null), { dimensions: null, rest: null });
});

test('every field is listed once, in the order of the text', () => {
  const filter =
    'rst.count > 0 and (client.ip in 10.0.0.0/8 or not syn.count / rst.count > 2) and app ~ "x" and vlan is null';
  assert.deepEqual(
    referencedFields(read(filter)).map(({ name }) => name),
    ['rst.count', 'client.ip', 'syn.count', 'application', 'vlan']
  );
});

test('a variable is found wherever it stands', () => {
  for (const text of [
    '$a',
    'not $a',
    'rst.count > $a',
    '$a > 1',
    'rst.count - $a > 1',
    'vlan in $a',
    'vlan in {1, $a}',
    '$a is null',
  ]) {
    assert.equal(hasVariables(read(text)), true, text);
  }
  assert.equal(hasVariables(read('application = "$a" and vlan in {1}')), false);
});
