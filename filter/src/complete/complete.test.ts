import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { closeClasses, complete, fieldsOf, findField, printFilter, tokensOf, type RowKind } from '../index.js';
import { expressions } from '../testing/expressions.js';

const zones = ['/Local', '/Local/Paris', '/DMZ "1"'];
const at = (marked: string, rows: RowKind) => {
  const offset = marked.indexOf('|');
  return complete(marked.replace('|', ''), offset, rows, (field) => (field.name === 'client.zone' ? zones : []));
};
const labels = (marked: string, rows: RowKind = 'windows') => at(marked, rows).items.map(({ label }) => label);

describe('what is offered', () => {
  const numberOperators = ['>', '>=', '<', '<=', '=', '!=', 'in', 'not in', '+', '-', '*', '/'];
  const exact: ReadonlyArray<readonly [string, readonly string[], RowKind?]> = [
    ['rst.count |', numberOperators],
    ['rst.ratio |', [...numberOperators, 'is null', 'is not null']],
    ['client.ip |', ['=', '!=', 'in', 'not in']],
    ['application |', ['=', '!=', 'in', 'not in', '~', '!~']],
    ['aborter |', ['=', '!=', 'in', 'not in', '~', '!~', 'is null', 'is not null'], 'connections'],
    ['midstream |', ['=', '!=', 'and', 'or'], 'connections'],
    ['start |', ['>', '>=', '<', '<=', '=', '!='], 'connections'],
    ['close = |', closeClasses, 'connections'],
    ['close != R|', ['refused', 'rst'], 'connections'],
    ['close in |', ['{', ...closeClasses], 'connections'],
    ['close in {|', closeClasses, 'connections'],
    ['close in {rst, fi|', ['finrst', 'fin'], 'connections'],
    ['close in {rst |', [',', '}'], 'connections'],
    ['cause = no-|', ['no-answer'], 'connections'],
    ['cause in {refused, half-|', ['half-open', 'half-closed'], 'connections'],
    ['cause = no-answer |', ['and', 'or'], 'connections'],
    ['close not |', ['in'], 'connections'],
    ['close is |', ['null', 'not null'], 'connections'],
    ['close is not |', ['null'], 'connections'],
    ['midstream = |', ['true', 'false'], 'connections'],
    ['rst.count > 0 |', ['and', 'or']],
    ['rst.count > 0 a|', ['and']],
    ['(rst.count > 0 |', ['and', 'or', ')']],
    ['(rst.count > 0) |', ['and', 'or']],
    ['close in {rst} |', ['and', 'or'], 'connections'],
    ['close is null |', ['and', 'or'], 'connections'],
    ['client.ip = 10.0.0.1 |', ['and', 'or']],
    ['(rst.count + 1) |', [...numberOperators, 'is null', 'is not null']],
    ['(rst.count + 1) > 2 |', ['and', 'or']],
    ['client.zone = |', [...zones, 'application', 'server.zone', 'probe']],
    ['client.zone = "/l|', ['/Local', '/Local/Paris']],
    ['client.zone = "/l|" and rst.count > 0', ['/Local', '/Local/Paris']],
    ['application ~ "we|', []],
    ['application ~ |', []],
    ['server.port = $po|', []],
    ['rst.noc|', ['rst.noconn.clt', 'rst.noconn.srv', 'rst.noconn']],
    ['RST.NOC|', ['rst.noconn.clt', 'rst.noconn.srv', 'rst.noconn']],
    ['zzz|', []],
    // In the middle, and behind mistakes
    ['rst.noc| > 0', ['rst.noconn.clt', 'rst.noconn.srv', 'rst.noconn']],
    ['rst.noc|onn > 0', ['rst.noconn.clt', 'rst.noconn.srv', 'rst.noconn']],
    ['rst.count > > and rst.noc|', ['rst.noconn.clt', 'rst.noconn.srv', 'rst.noconn']],
    ['nothing known ) or rst.noc|', ['rst.noconn.clt', 'rst.noconn.srv', 'rst.noconn']],
    ['not (rst.noc|', ['rst.noconn.clt', 'rst.noconn.srv', 'rst.noconn']],
    ['rst.count > 0 | and fin.count = 0', ['and', 'or']],
    ['rst.count |> 0', numberOperators],
  ];
  for (const [marked, expected, rows] of exact) {
    test(`at ${marked}: ${expected.slice(0, 6).join(' ') || 'nothing'}`, () =>
      assert.deepEqual(labels(marked, rows), expected));
  }

  test('at the beginning, every field of these rows, and what begins a condition', () => {
    for (const rows of ['windows', 'connections'] as const) {
      for (const marked of ['|', 'rst.count > 0 and |', '(|', 'not |']) {
        assert.deepEqual(labels(marked, rows), [...fieldsOf(rows).map(({ name }) => name), 'not', '('], marked);
      }
    }
  });

  test('beside a number, fields that one calculates with', () => {
    for (const marked of ['rst.count / |', 'rst.count > 2 * |']) {
      const offered = labels(marked);
      assert.ok(offered.includes('syn.count') && offered.includes('ct.avg'), marked);
      assert.ok(!offered.includes('client.ip') && !offered.includes('server.port'), marked);
    }
  });
});

test('an alias finds its field, behind the fields whose own name begins so', () => {
  const { items } = at('con|', 'windows');
  const found = items.map(({ label, matched }) => [label, matched]);
  assert.deepEqual(found, [
    ['conn.count', 'conn.count'],
    ['ct.count', 'connections'],
  ]);
});

test('a field comes with its unit, side and meaning', () => {
  const [item] = at('rst.count.s|', 'windows').items;
  assert.deepEqual(item, {
    label: 'rst.count.srv',
    insert: 'rst.count.srv',
    kind: 'field',
    detail: 'packets · server',
    info: 'RST packets emitted by the server',
    matched: 'rst.count.srv',
  });
});

test('a choice replaces the word around the place and nothing else', () => {
  const places: ReadonlyArray<readonly [string, string]> = [
    ['rst.noc|onn.x > 0', 'rst.noconn.clt > 0'],
    ['fin.count = 0 and rst.noc|', 'fin.count = 0 and rst.noconn.clt'],
    ['client.zone = "/DM|', 'client.zone = "/DMZ \\"1\\""'],
    ['client.zone = "/DM|" and vlan = 1', 'client.zone = "/DMZ \\"1\\"" and vlan = 1'],
    ['client.zone = "/DM| and vlan = 1', 'client.zone = "/DMZ \\"1\\"" and vlan = 1'],
  ];
  for (const [marked, expected] of places) {
    const { from, to, items } = at(marked, 'windows');
    const text = marked.replace('|', '');
    assert.equal(`${text.slice(0, from)}${items[0]?.insert ?? ''}${text.slice(to)}`, expected);
  }
});

test('the field whose values are wanted is named, so that an editor can fetch them', () => {
  const wanted: ReadonlyArray<readonly [string, string | undefined]> = [
    ['client.zone = |', 'client.zone'],
    ['server.port in {80, |', 'server.port'],
    ['server.port in |', 'server.port'],
    ['rst.count + 1 > |', undefined],
    ['rst.|', undefined],
    ['client.zone = "/x" |', undefined],
  ];
  for (const [marked, name] of wanted) {
    assert.equal(at(marked, 'windows').field, name === undefined ? null : findField(name, 'windows'), marked);
  }
});

test('every keyword and operator of a filter is offered in its place, and every field where a condition begins', () => {
  fc.assert(
    fc.property(expressions('connections'), (expression) => {
      const text = printFilter(expression);
      fc.pre(text.length <= 2_000);
      const tokens = tokensOf(text);
      tokens.forEach((token, i) => {
        const begins = i === 0 || ['and', 'or', 'not'].includes(tokens[i - 1]?.text ?? '');
        const expected =
          token.kind === 'comparison' || ['and', 'or', 'in'].includes(token.text) || (token.kind === 'word' && begins);
        const offered = complete(text, token.start, 'connections').items.map(({ label }) => label);
        assert.ok(
          !expected || offered.includes(token.text),
          `${token.text} at ${token.start} of ${text}: ${offered.join()}`
        );
      });
    }),
    { numRuns: 100 }
  );
});

test('any text and any place are answered', () => {
  const pieces = fc.constantFrom(
    'rst.count',
    ' ',
    'close',
    'and',
    '=',
    '(',
    ')',
    '{',
    '}',
    ',',
    '"',
    "'",
    '$',
    '\ud800',
    '..',
    'in',
    'is',
    'not',
    '5',
    '/'
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 20 }), fc.integer({ min: -5, max: 100 }), (parts, offset) => {
      const text = parts.join('');
      const { from, to, items } = complete(text, offset, 'windows');
      assert.ok(from >= 0 && from <= to && to <= text.length);
      assert.ok(items.every(({ insert }) => insert !== ''));
    }),
    { numRuns: 2_000 }
  );
});
