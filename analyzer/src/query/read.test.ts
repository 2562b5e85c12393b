import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printFilter } from '@tcpscope/filter';
import type { TcpscopeError } from '../errors.js';
import { limits } from './query-fixture.js';
import type { Question } from './question.js';
import { readQuestion } from './read.js';

const noon = Date.UTC(2026, 0, 2, 12);
const base = { refId: 'A', from: noon - 3_600_000, to: noon };
const read = (query: object) => readQuestion({ ...base, ...query }, limits);

const mistakes: ReadonlyArray<readonly [string, object, string, RegExp, string?]> = [
  ['an unknown kind', { kind: 'pie' }, 'QUERY_KIND', /"pie".*timeseries, top/],
  ['an unknown metric', { metrics: ['rst.cuont'] }, 'QUERY_METRIC', /no metric "rst.cuont"/, 'rst.count'],
  ['a dimension as metric', { metrics: ['client.ip'] }, 'QUERY_METRIC', /client\.ip.*groupBy/],
  ['a fact of connections as metric', { metrics: ['history'] }, 'QUERY_METRIC', /history.*"connections"/],
  ['an unknown dimension', { metrics: ['rst'], groupBy: ['sever.ip'] }, 'QUERY_DIMENSION', /"sever.ip"/, 'server.ip'],
  ['a metric as dimension', { kind: 'top', groupBy: ['rst.count'] }, 'QUERY_DIMENSION', /rst\.count is no dimension/],
  ['a wrong filter', { kind: 'top', filter: 'rst.count > 0 and rst.cuont = 1' }, 'FILTER_FIELD', /rst\.cuont/, 'rst.count'],
  ['a filter of other rows', { kind: 'connections', filter: 'rst.ratio > 1' }, 'FILTER_FIELD', /rst\.ratio/],
  ['a variable that nobody replaced', { kind: 'top', filter: 'server.ip = $server' }, 'FILTER_VARIABLE', /\$server/],
  ['a range that is none', { kind: 'top', from: 'now-1h' }, 'QUERY_RANGE', /now-1h/],
  ['a range that ends before it begins', { kind: 'top', to: 1 }, 'QUERY_RANGE', /later/],
  ['a limit of none', { kind: 'top', limit: 0 }, 'QUERY_INVALID', /"limit" is 0/],
  ['half a limit', { kind: 'top', limit: 1.5 }, 'QUERY_INVALID', /"limit"/],
  ['a limit that is no number', { kind: 'top', limit: '$limit' }, 'QUERY_INVALID', /"limit"/],
  ['an unknown scope', { kind: 'top', scope: 'hosts' }, 'QUERY_INVALID', /"scope"/],
  ['an unknown order', { kind: 'top', orderBy: 'rst.cuont desc' }, 'QUERY_ORDER', /"rst.cuont".*syn\.count/],
  ['an order by a dimension that is not grouped', { kind: 'top', orderBy: 'client.ip' }, 'QUERY_ORDER', /client\.ip/],
  ['series ordered by a name', { metrics: ['rst'], groupBy: ['vlan'], orderBy: 'vlan' }, 'QUERY_ORDER', /vlan/],
  ['an unknown column of connections', { kind: 'connections', metrics: ['hystory'] }, 'QUERY_FIELD', /hystory/, 'history'],
  ['values of an unknown field', { kind: 'values', field: 'client.ipp' }, 'QUERY_FIELD', /client\.ipp/, 'client.ip'],
  ['values of a number', { kind: 'values', field: 'rst.count' }, 'QUERY_FIELD', /rst\.count/],
  ['values of a time', { kind: 'values', field: 'start' }, 'QUERY_FIELD', /start/],
  ['sums mixed with a dimension that groups do not have', { kind: 'top', scope: 'rows', filter: 'rst.count > 0 or vlan = 3' }, 'QUERY_SCOPE', /vlan.*flows/],
  ['an ad hoc filter on nothing', { kind: 'top', adHoc: [{ key: 'clint.ip', operator: '=', value: '1' }] }, 'QUERY_FIELD', /clint\.ip/, 'client.ip'],
  ['an ad hoc operator that is none', { kind: 'top', adHoc: [{ key: 'vlan', operator: 'like', value: '1' }] }, 'QUERY_INVALID', /adHoc\.0\.operator/],
  ['an ad hoc pattern on an address', { kind: 'top', adHoc: [{ key: 'client.ip', operator: '=~', value: '10' }] }, 'QUERY_AD_HOC', /client\.ip =~ 10.*text/],
  ['metrics that are no names', { kind: 'top', metrics: [1] }, 'QUERY_INVALID', /metrics/],
]; // prettier-ignore
for (const [name, query, code, message, hint] of mistakes) {
  test(`${name} is refused with TCPS_E_${code}`, () => {
    assert.throws(
      () => read(query),
      (error: TcpscopeError) => {
        assert.equal(error.code, `TCPS_E_${code}`);
        assert.equal(error.status, 400);
        assert.match(error.message, message);
        assert.equal(error.hint, hint ?? error.hint);
        return true;
      }
    );
  });
}

test('a mistake in the filter has its place', () => {
  assert.throws(() => read({ kind: 'top', filter: 'ct.count = 0 and rst.cuont > 1' }), {
    position: { start: 17, end: 26 },
    hint: 'rst.count',
  });
});

test('what is no object is refused, whatever it is', () => {
  for (const input of [null, undefined, 1, 'top', [], {}, { refId: 'A' }]) {
    assert.throws(() => readQuestion(input, limits), { code: 'TCPS_E_QUERY_INVALID' });
  }
});

const names = (fields: ReadonlyArray<{ name: string }>) => fields.map(({ name }) => name);
function grouped(question: Question) {
  assert.ok(question.shape === 'groups' || question.shape === 'timeseries');
  return question;
}

test('names may be aliases, and none counts twice', () => {
  const { metrics, groupBy } = grouped(
    read({ metrics: ['rsts', 'rst.count', 'server.rsts'], groupBy: ['port', 'server.port', 'client'] })
  );
  assert.deepEqual(names(metrics), ['rst.count', 'rst.count.srv']);
  assert.deepEqual(names(groupBy), ['server.port', 'client.ip']);
});

test('every kind has its usual metrics and order', () => {
  const order = (query: object) => {
    const question = read(query);
    assert.ok('order' in question);
    return question.order.map(({ field, direction }) => `${field.name} ${direction}`);
  };
  assert.deepEqual(names(grouped(read({ kind: 'timeseries' })).metrics), ['rst.ratio.clt', 'rst.ratio.srv']);
  assert.equal(grouped(read({ kind: 'top' })).metrics.length, 10);
  assert.deepEqual(order({ kind: 'top', metrics: ['ct.count', 'rst'] }), ['ct.count desc']);
  assert.deepEqual(order({ kind: 'top' }), ['rst.count.srv desc']);
  assert.deepEqual(order({ kind: 'conversations', metrics: ['syn'] }), ['rst.count.srv desc']);
  assert.deepEqual(order({ kind: 'connections' }), ['start desc']);
  assert.deepEqual(order({ kind: 'top', orderBy: ['syn.ratio', { field: 'rst', direction: 'asc' }] }), [
    'syn.ratio desc',
    'rst.count asc',
  ]);
  assert.deepEqual(order({ kind: 'top', orderBy: { field: 'refused', direction: 'asc' } }), ['refused.count asc']);
});

test('conversations are always client, server and port, in more detail on demand', () => {
  const key = ['client.ip', 'server.ip', 'server.port'];
  assert.deepEqual(names(grouped(read({ kind: 'conversations', groupBy: [] })).groupBy), [
    ...key,
    'application',
    'client.zone',
    'server.zone',
  ]);
  assert.deepEqual(names(grouped(read({ kind: 'conversations', groupBy: ['vlan', 'client.ip'] })).groupBy), [
    ...key,
    'vlan',
  ]);
});

test('hidden queries and those in which nothing is chosen ask for nothing', () => {
  for (const query of [
    { kind: 'top', hide: true },
    { kind: 'pie'.replace('pie', 'timeseries'), metrics: [] },
    { kind: 'top', metrics: [] },
    { kind: 'values' },
    { kind: '', queryType: '', metrics: [], filter: '  ', datasource: { uid: 'x' } },
    {},
  ]) {
    assert.equal(read(query).shape, 'empty', JSON.stringify(query));
  }
});

test('synonyms and spellings of saved queries are understood', () => {
  assert.equal(read({ queryType: 'closes' }).kind, 'closes');
  assert.equal(read({ kind: null, queryType: 'top' }).kind, 'top');
  const question = read({ kind: 'top', filterScope: 'rows', filter: 'rst > 1', limit: ' 7 ', intervalMs: null });
  assert.ok(question.shape === 'groups');
  assert.deepEqual([question.condition.scope, question.limit], ['rows', 7]);
});

test('limits are lowered to what is allowed, and the answer will say so', () => {
  const question = read({ kind: 'top', limit: 1_000_000 });
  assert.ok(question.shape === 'groups');
  assert.equal(question.limit, 10_000);
  assert.match(question.notices[0]?.text ?? '', /At most 10000 rows.*1000000/);
  const series = read({ metrics: ['rst'], groupBy: ['vlan'], limit: 500 });
  assert.ok(series.shape === 'timeseries');
  assert.equal(series.limit, 100);
});

test('dimensions choose rows, sums are asked of conversations or groups', () => {
  const question = read({ kind: 'top', filter: 'server.port = 443 and rst > 1 and (vlan = 3 or fin = 0)' });
  assert.ok('condition' in question);
  assert.equal(printFilter(question.condition.where), 'server.port = 443');
  assert.equal(printFilter(question.condition.having), 'rst.count > 1 and (vlan = 3 or fin.count = 0)');
});

test('ad hoc filters are conditions, and their values are never language', () => {
  const filters = [
    [{ key: 'server.port', operator: '=', value: '443' }, 'server.port = 443'],
    [{ key: 'client.ip', operator: '!=', value: '10.0.0.1' }, 'client.ip != 10.0.0.1'],
    [{ key: 'client.ip', operator: '=', value: '10.0.0.0/8' }, 'client.ip in 10.0.0.0/8'],
    [{ key: 'port', operator: '=|', value: '80', values: ['80', '443'] }, 'server.port in {80, 443}'],
    [{ key: 'application', operator: '!=|', value: '', values: ['a', 'b*'] }, 'application not in {"a", "b*"}'],
    [{ key: 'application', operator: '=~', value: '^web-\\d+$' }, 'application ~ "^web-\\\\d+$"'],
    [{ key: 'application', operator: '!~', value: 'x' }, 'application !~ "x"'],
    [{ key: 'rst.count', operator: '>=', value: '5' }, 'rst.count >= 5'],
    [{ key: 'application', operator: '=', value: 'x" or rst.count > 0 or application = "' }, 'application = "x\\" or rst.count > 0 or application = \\""'],
    [{ key: 'application', operator: '=', value: '$server' }, 'application = "$server"'],
  ] as const; // prettier-ignore
  for (const [filter, expected] of filters) {
    const question = read({ kind: 'top', adHoc: [filter] });
    assert.ok('condition' in question);
    const { where, having } = question.condition;
    assert.equal(printFilter(where ?? having), expected);
  }
});

test('an ad hoc filter on a field that these rows do not have is left out, and the answer says so', () => {
  const question = read({ kind: 'top', adHoc: [{ key: 'close', operator: '=', value: 'rst' }] });
  assert.ok('condition' in question);
  assert.deepEqual([question.condition.where, question.condition.having], [null, null]);
  assert.match(question.notices[0]?.text ?? '', /on close is left out/);
  const connections = read({ kind: 'connections', adHoc: [{ key: 'midstream', operator: '=', value: 'true' }] });
  assert.ok(connections.shape === 'connections');
  assert.equal(printFilter(connections.filter), 'midstream');
});

test('ad hoc filters on true and false take one of several, as those of other fields do', () => {
  const filters = [
    ['=|', ['true'], 'midstream'],
    ['=|', ['true', 'false'], 'midstream or midstream = false'],
    ['!=|', ['true'], 'midstream != true'],
    ['!=|', ['true', 'false'], 'midstream != true and midstream != false'],
    ['=', ['true'], 'midstream'],
  ] as const;
  for (const [operator, values, expected] of filters) {
    const filter = { key: 'midstream', operator, value: values[0], values };
    const question = read({ kind: 'connections', adHoc: [filter] });
    assert.ok(question.shape === 'connections');
    assert.equal(printFilter(question.filter), expected);
  }
  // In words of the ad hoc filter, not of the language that it is written in.
  for (const operator of ['=~', '!~', '<']) {
    const pattern = { key: 'midstream', operator, value: 'true' };
    assert.throws(() => read({ kind: 'connections', adHoc: [pattern] }), /midstream is|true or false/);
  }
});

test('counting different clients in each conversation is pointed out', () => {
  assert.match(read({ kind: 'top', filter: 'clients > 5' }).notices[0]?.text ?? '', /client\.count is 1.*"rows"/);
  assert.deepEqual(read({ kind: 'top', filter: 'clients > 5', scope: 'rows' }).notices, []);
});
