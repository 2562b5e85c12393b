import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  FilterError,
  parseFilter,
  toSql,
  type Expression,
  type RowKind,
  type SqlType,
  type SqlValue,
} from './index.js';
import { expressions } from './testing/expressions.js';

type Parameter = readonly [SqlValue, SqlType];

function translate(expression: Expression): { sql: string; parameters: Parameter[] } {
  const parameters: Parameter[] = [];
  const sql = toSql(expression, {
    column: (field) => {
      switch (field.kind) {
        case 'distinct':
          return `uniq(${field.of.replaceAll('.', '_')})`;
        case 'mean':
          return `mean(${field.of.replaceAll('.', '_')})`;
        case 'percentile':
          return `p${field.percent}(${field.of.replaceAll('.', '_')})`;
        default:
          return field.column;
      }
    },
    parameter: (value, type) => `{p${parameters.push([value, type])}:${type}}`,
  });
  return { sql, parameters };
}

function sqlOf(text: string, rows: RowKind = 'windows') {
  const parsed = parseFilter(text, rows);
  assert.ok(parsed.ok && parsed.expression !== null, parsed.ok ? 'empty' : parsed.problem.message);
  return translate(parsed.expression);
}

const golden: ReadonlyArray<readonly [text: string, sql: string, parameters: readonly Parameter[], rows?: RowKind]> = [
  [
    'rst.count > 0 and fin.count = 0',
    '(((rst_count_clt + rst_count_srv) > {p1:Int64}) AND ((fin_count_clt + fin_count_srv) = {p2:Int64}))',
    [[0, 'Int64'], [0, 'Int64']], // prettier-ignore
  ],
  [
    'rst.count > 0 and ct.count = 0',
    '(((rst_count_clt + rst_count_srv) > {p1:Int64}) AND (ct_count = {p2:Int64}))',
    [[0, 'Int64'], [0, 'Int64']], // prettier-ignore
  ],
  ['server.port = 443', '(server_port = {p1:UInt16})', [[443, 'UInt16']]],
  [
    'server.port in {80, 8000..8800}',
    '((server_port IN ({p1:UInt16})) OR (server_port BETWEEN {p2:Int64} AND {p3:Int64}))',
    [[80, 'UInt16'], [8000, 'Int64'], [8800, 'Int64']], // prettier-ignore
  ],
  ['server.port not in {80}', '(NOT (server_port IN ({p1:UInt16})))', [[80, 'UInt16']]],
  ['client.ip = 10.0.0.1', '(client_ip = {p1:IPv6})', [['::ffff:10.0.0.1', 'IPv6']]],
  [
    'client.ip in 10.0.0.0/8',
    '(client_ip BETWEEN {p1:IPv6} AND {p2:IPv6})',
    [['::ffff:10.0.0.0', 'IPv6'], ['::ffff:10.255.255.255', 'IPv6']], // prettier-ignore
  ],
  [
    'client.ip in ::/0',
    '((client_ip BETWEEN {p1:IPv6} AND {p2:IPv6}) OR (client_ip BETWEEN {p3:IPv6} AND {p4:IPv6}))',
    [['::', 'IPv6'], ['::fffe:ffff:ffff', 'IPv6'], ['::1:0:0:0', 'IPv6'], ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'IPv6']], // prettier-ignore
  ],
  ['syn.ratio > 2', 'ifNull(((syn_count / nullIf(ct_count, 0)) > {p1:Int64}), 0)', [[2, 'Int64']]],
  [
    'reset.ratio.srv > 10%',
    'ifNull(((rst_conn_srv / nullIf((attempt_count + midstream_count), 0)) > {p1:Float64}), 0)',
    [['0.1', 'Float64']],
  ],
  ['ct.avg > 200ms', 'ifNull((((ct_sum / 1000000) / nullIf(ct_count, 0)) > {p1:Float64}), 0)', [['0.2', 'Float64']]],
  ['ct.p95 > 200ms', 'ifNull(((p95(ct_times) / 1000000) > {p1:Float64}), 0)', [['0.2', 'Float64']]],
  ['ct.max < 1s', 'ifNull(((nullIf(ct_max, 0) / 1000000) < {p1:Int64}), 0)', [[1, 'Int64']]],
  ['syn.ratio is null', '((syn_count / nullIf(ct_count, 0)) IS NULL)', []],
  ['not syn.count > 0', '(NOT (syn_count > {p1:Int64}))', [[0, 'Int64']]],
  ['rst.ratio = null', '0', []],
  ['clients > 5', '(uniq(client_ip) > {p1:Int64})', [[5, 'Int64']]],
  [
    'syn.count / ct.count > 1',
    'ifNull((ifNotFinite(toFloat64(syn_count) / nullIf(toFloat64(ct_count), 0), NULL) > {p1:Int64}), 0)',
    [[1, 'Int64']],
  ],
  ['application = "web"', '(application = {p1:String})', [['web', 'String']]],
  ['application ~ "^w"', 'match(application, {p1:String})', [['\\Aw', 'String']]],
  [
    'application not in "w*"',
    '(NOT match(application, {p1:String}))',
    [['\\Aw(?:[\\x{0}-\\x{10ffff}])*\\z', 'String']],
  ],
  [
    'client.zone in "/Local"',
    '(client_zone = {p1:String} OR startsWith(client_zone, {p2:String}))',
    [['/Local', 'String'], ['/Local/', 'String']], // prettier-ignore
  ],
  ['close = rst', "ifNull((nullIf(close, '') = {p1:String}), 0)", [['rst', 'String']], 'connections'],
  ['aborter is null', "(nullIf(aborter, '') IS NULL)", [], 'connections'],
  ['midstream', '((midstream != 0) = 1)', [], 'connections'],
  ['ct > 1s', 'ifNull((ifNotFinite(toFloat64(ct), NULL) > {p1:Int64}), 0)', [[1, 'Int64']], 'connections'],
  [
    'start > "2026-10-01T12:00:00.5Z"',
    "(start > {p1:DateTime64(9, 'UTC')})",
    [['2026-10-01 12:00:00.5', "DateTime64(9, 'UTC')"]],
    'connections',
  ],
];
for (const [text, sql, parameters, rows] of golden) {
  test(`${text} becomes ${sql}`, () => assert.deepEqual(sqlOf(text, rows), { sql, parameters }));
}

for (const rows of ['windows', 'connections'] as const) {
  test(`no text of a filter about ${rows} is in its SQL, only columns, functions, placeholders and constants of ours`, () => {
    const words =
      /^(?:[a-z_]+(?:_[a-z]+)*|AND|OR|NOT|IN|IS|NULL|BETWEEN|ifNull|nullIf|ifNotFinite|toFloat64|startsWith|match|uniq|mean|p(?:50|95|99|100))$/;
    fc.assert(
      fc.property(expressions(rows), (expression) => {
        const { sql, parameters } = translate(expression);
        const placeholders = [...sql.matchAll(/\{p(\d+):([^}]*)\}/g)];
        assert.deepEqual(
          placeholders.map(([, number, type]) => [Number(number), type]),
          parameters.map(([, type], i) => [i + 1, type])
        );
        const rest = sql
          .replace(/\{p\d+:[^}]*\}/g, ' ')
          .replaceAll("''", ' ')
          .replaceAll('1000000', ' ');
        for (const word of rest.split(/[\s(),=<>!+\-*/]+|\b[01]\b/)) {
          assert.ok(word === '' || words.test(word), `${word} in ${sql}`);
        }
      })
    );
  });
}

test('a variable that nobody replaced never reaches the SQL', () => {
  for (const text of ['$filter', 'server.port = $port', 'server.port in $port', 'rst.count + $port > 1']) {
    assert.throws(
      () => sqlOf(text),
      (error) => error instanceof FilterError && error.code === 'TCPS_E_FILTER_VARIABLE'
    );
  }
});
