import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  evaluate,
  FilterError,
  findField,
  parseFilter,
  valueOfField,
  type FilterValue,
  type RowKind,
} from './index.js';

type Values = Readonly<Record<string, FilterValue>>;

function matches(text: string, values: Values, rows: RowKind = 'windows'): boolean {
  const parsed = parseFilter(text, rows);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.problem.message);
  return evaluate(parsed.expression, (field) =>
    Object.hasOwn(values, field.name) ? (values[field.name] ?? null) : null
  );
}

function table(rows: RowKind, values: Values, cases: ReadonlyArray<readonly [string, boolean]>): void {
  for (const [text, expected] of cases) {
    test(`${text} ${expected ? 'matches' : 'does not match'}`, () =>
      assert.equal(matches(text, values, rows), expected));
  }
}

describe('a client that is refused three times', () => {
  const values = {
    'client.ip': '10.1.2.3',
    'server.ip': '2001:db8::1',
    'server.port': 1194,
    application: 'VPN',
    'client.zone': '/Local/Paris',
    'server.zone': '',
    vlan: 0,
    'syn.count': 6,
    'attempt.count': 3,
    'midstream.count': 0,
    'ct.count': 0,
    'ct.sum': 0,
    'ct.max': 0,
    'refused.count': 3,
    'fin.count.clt': 0,
    'fin.count.srv': 0,
    'rst.count.clt': 0,
    'rst.count.srv': 6,
    'rst.conn.srv': 3,
  };
  table('windows', values, [
    ['', true],
    ['rst.count > 0 and fin.count = 0', true],
    ['rst.count > 0 and ct.count = 0', true],
    ['rst.count.srv = 6', true],
    ['rst.count.clt > 0 or rst.count.srv > 5', true],
    ['not rst.count > 0', false],
    // No connection: the ratio is null, and null matches nothing but "is null"
    ['syn.ratio > 2', false],
    ['syn.ratio <= 2', false],
    ['syn.ratio = 0', false],
    ['syn.ratio != 0', false],
    ['syn.ratio in {0..100}', false],
    ['syn.ratio not in {0..100}', false],
    ['syn.ratio = null', false],
    ['syn.ratio != null', false],
    ['not syn.ratio > 2', true],
    ['syn.ratio is null', true],
    ['syn.ratio is not null', false],
    ['syn.ratio > 2 or (syn.count > 2 and ct.count = 0)', true],
    ['syn.count / ct.count is null', true],
    ['syn.count / ct.count + 1 is null', true],
    ['syn.count / attempt.count = 2', true],
    ['1e308 * 10 is null', true],
    ['reset.ratio.srv = 100%', true],
    ['reset.ratio.srv >= 1', true],
    // Unknown: a field that the row does not have
    ['oneway.count = 0', false],
    ['oneway.count is null', true],
    ['rst.noconn = 0', false],
    ['client.ip = 10.1.2.3', true],
    ['client.ip in 10.0.0.0/8', true],
    ['client.ip not in 10.0.0.0/8', false],
    ['client.ip in ::/0', false],
    ['server.ip in ::/0', true],
    ['server.ip = 2001:DB8:0:0::1', true],
    ['client.ip in {10.1.2.0..10.1.2.9}', true],
    ['client.ip != server.ip', true],
    ['server.port in {80, 1000..2000}', true],
    ['server.port not in {80, 1000..2000}', false],
    ['application = "vpn"', false],
    ['application in "V*"', true],
    ['application ~ "(?i)vpn"', true],
    ['application !~ "(?i)vpn"', false],
    ['client.zone in "/Local"', true],
    ['client.zone in "/Loc"', false],
    ['client.zone in "/"', true],
    ['server.zone in "/"', false],
    ['client.zone = "/Local"', false],
    ['client.zone in {"/Local"}', false],
    ['server.zone = ""', true],
    ['server.zone is null', false],
  ]);
});

describe('times of handshakes', () => {
  const values = { 'ct.count': 4, 'ct.sum': 800_000, 'ct.max': 500_000 };
  table('windows', values, [
    ['ct.avg = 200ms', true],
    ['ct.avg > 200ms', false],
    ['ct.max = 0.5', true],
    ['ct.max in {500ms..1s}', true],
    ['ct.sum = 0.8', true],
    ['ct.max - ct.avg > 0.29s', true],
  ]);
});

describe('one connection', () => {
  const values = {
    close: 'finrst',
    closer: 'client',
    aborter: '',
    state: 'RSTO',
    midstream: false,
    oneway: 1,
    ct: null,
    duration: NaN,
    start: '2026-10-01T12:00:00.000000001Z',
    end: Date.UTC(2026, 9, 1, 12, 0, 1),
    'rst.count.clt': 1,
    'rst.count.srv': 0,
  };
  table('connections', values, [
    ['close = finrst', true],
    ['close in {fin, rst}', false],
    ['aborter is null', true],
    ['aborter != client', false],
    ['closer != aborter', false],
    ['not aborter = client', true],
    ['aborter ~ ""', false],
    ['aborter !~ "x"', false],
    ['state ~ "^RST"', true],
    ['not midstream and oneway', true],
    ['midstream = false', true],
    ['ct > 0', false],
    ['ct is null and duration is null', true],
    ['start > "2026-10-01T12:00:00Z"', true],
    ['start = "2026-10-01T14:00:00.000000001+02:00"', true],
    ['start < end', true],
    ['end = "2026-10-01T12:00:01Z"', true],
    ['rst.count = 1', true],
  ]);
});

test('values are given in the unit of the field', () => {
  const values: Values = {
    'ct.sum': 800_000,
    'ct.count': 4,
    'ct.max': 500_000,
    'rst.count.clt': 1,
    'rst.count.srv': 2,
  };
  const value = (name: string) => {
    const field = findField(name, 'windows');
    assert.ok(field);
    return valueOfField(field, (stored) => values[stored.name] ?? null);
  };
  assert.equal(value('ct.avg'), 0.2);
  assert.equal(value('ct.max'), 0.5);
  assert.equal(value('rst.count'), 3);
  assert.equal(value('rst.ratio'), 0.75);
  assert.equal(value('refused.ratio'), null);
  assert.equal(value('fin.count'), null);
});

test('a variable that nobody replaced is an error, not a match', () => {
  for (const text of [
    '$filter',
    'server.port = $port',
    'server.port in $port',
    'server.port in {1, $port}',
    'rst.count + $port > 1',
  ]) {
    assert.throws(
      () => matches(text, {}),
      (error) => error instanceof FilterError && error.code === 'TCPS_E_FILTER_VARIABLE'
    );
  }
});
