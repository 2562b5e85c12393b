import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fields, fieldsOf, findField, type RowKind } from '../index.js';
import { formulaOf } from './formula.js';
import { nearestFields } from './nearest.js';

const names: ReadonlyArray<readonly [string, RowKind, string | undefined]> = [
  ['rst.count.srv', 'windows', 'rst.count.srv'],
  ['RST.Count.SRV', 'windows', 'rst.count.srv'],
  ['server.rsts', 'windows', 'rst.count.srv'],
  ['rst.srv', 'windows', 'rst.count.srv'],
  ['rst.count.server', 'windows', 'rst.count.srv'],
  ['server.rst.count', 'windows', 'rst.count.srv'],
  ['client.fin.ratio', 'windows', 'fin.ratio.clt'],
  ['ip.srv', 'windows', 'server.ip'],
  ['client', 'windows', 'client.ip'],
  ['port', 'windows', 'server.port'],
  ['#client.ip', 'windows', 'client.count'],
  ['ct', 'windows', 'ct.avg'],
  ['ct', 'connections', 'ct'],
  ['client.port', 'connections', 'client.port'],
  ['port.clt', 'connections', 'client.port'],
  ['client.port', 'windows', undefined],
  ['rst.ratio', 'connections', undefined],
  ['rst', 'windows', 'rst.count'],
  ['rst.both', 'windows', undefined],
  ['constructor', 'windows', undefined],
  ['a.constructor', 'windows', undefined],
  ['', 'windows', undefined],
];
for (const [name, rows, expected] of names) {
  test(`"${name}" on ${rows} is ${expected ?? 'no field'}`, () => {
    assert.equal(findField(name, rows)?.name, expected);
  });
}

for (const rows of ['windows', 'connections'] as const) {
  test(`every name and alias of ${rows} finds its own field`, () => {
    for (const field of fieldsOf(rows)) {
      assert.equal(findField(field.name, rows), field, field.name);
      for (const alias of field.aliases) {
        // An alias gives way to a canonical name: `ct` of a connection is its own field.
        const owner = fieldsOf(rows).find((other) => other.name === alias) ?? field;
        assert.equal(findField(alias, rows), owner, alias);
      }
    }
  });
}

test('no alias stands for two fields of the same rows', () => {
  for (const rows of ['windows', 'connections'] as const) {
    const aliases = fieldsOf(rows).flatMap((field) => field.aliases);
    assert.deepEqual(
      aliases.filter((alias, i) => aliases.indexOf(alias) !== i),
      []
    );
  }
});

test('every field is on some rows, and no name is a keyword', () => {
  const listed = new Set([...fieldsOf('windows'), ...fieldsOf('connections')]);
  assert.deepEqual(
    fields.filter((field) => !listed.has(field)),
    []
  );
  const keywords = ['and', 'or', 'not', 'in', 'is', 'null', 'true', 'false'];
  assert.deepEqual(
    fields.filter((field) => [field.name, ...field.aliases].some((name) => keywords.includes(name))),
    []
  );
});

test('sums and ratios are made of counters of one scale that exist on the same rows', () => {
  for (const field of fields.filter(({ kind }) => kind === 'sum' || kind === 'ratio')) {
    const formula = formulaOf(field);
    const written = field.kind === 'sum' ? field.terms : field.kind === 'ratio' ? field.numerator : [];
    assert.deepEqual(
      formula?.numerator.map(({ name }) => name),
      written,
      field.name
    );
    assert.ok(
      formula?.numerator.every(({ scale }) => scale === formula.scale),
      field.name
    );
    assert.equal(
      formula?.denominator?.length,
      field.kind === 'ratio' ? field.denominator.length : undefined,
      field.name
    );
    assert.ok(field.rows !== 'both' || formula?.numerator.every(({ rows }) => rows === 'both'), field.name);
  }
});

const slips: ReadonlyArray<readonly [string, RowKind, string | undefined]> = [
  ['rst.cnt', 'windows', 'rst.count'],
  ['rst.cuont', 'windows', 'rst.count'],
  ['clint.ip', 'windows', 'client.ip'],
  ['sever.port', 'windows', 'server.port'],
  ['applicaton', 'windows', 'application'],
  ['midsteam', 'connections', 'midstream'],
  ['syns.ration', 'windows', 'syn.ratio'],
  ['qqqqqqqqqqqq', 'windows', undefined],
];
for (const [slip, rows, expected] of slips) {
  test(`"${slip}" may be meant for ${expected ?? 'nothing'}`, () => {
    assert.equal(nearestFields(slip, rows)[0], expected);
  });
}
