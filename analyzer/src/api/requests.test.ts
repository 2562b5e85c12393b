import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { call, storeThat, testApi, type Call } from './api-fixture.js';
import type { Api } from './index.js';

/** Requests that are wrong: each is answered with a stable code and with what to do, and none reaches the store. */

let api: Api & { log: { lines: string[] } };
before(async () => {
  api = await testApi(storeThat(), { config: { bodyLimit: 2000, queries: 3 } });
});
after(() => api.stop());

const json = { 'content-type': 'application/json' };
const health = { refId: 'A', kind: 'health', from: 0, to: 1 };

type Case = readonly [
  what: string,
  method: string,
  url: string,
  sent: Call,
  status: number,
  code: string,
  says: RegExp,
];
const cases: readonly Case[] = [
  ['an unknown route', 'GET', '/api/v2/query?x=1', {}, 404, 'API_ROUTE', /There is no \/api\/v2\/query\. /],
  ['a method that a route does not have', 'GET', '/api/v1/query', {}, 405, 'API_METHOD', /takes POST only/],
  ['a method that nobody has', 'TRACE', '/metrics', {}, 405, 'API_METHOD', /takes GET, HEAD only/],
  ['an address that is no text', 'GET', '/api/v1/connections/%zz', {}, 400, 'API_REQUEST', /not a valid url/],
  ['no body', 'POST', '/api/v1/query', {}, 400, 'API_REQUEST', /expected object/],
  ['an empty body', 'POST', '/api/v1/query', { headers: json }, 400, 'API_REQUEST', /body cannot be empty/],
  ['half a body', 'POST', '/api/v1/query', { headers: json, body: '{"queries": [' }, 400, 'API_REQUEST', /valid JSON/],
  ['a body with __proto__', 'POST', '/api/v1/filter', { headers: json, body: '{"__proto__":{}}' }, 400, 'API_REQUEST', /JSON/],
  ['a body of text', 'POST', '/api/v1/query', { headers: { 'content-type': 'text/plain' }, body: '{}' }, 415, 'API_MEDIA_TYPE', /application\/json/],
  ['a form', 'POST', '/api/v1/query', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=1' }, 415, 'API_MEDIA_TYPE', /application\/json/],
  ['a body beyond the limit', 'POST', '/api/v1/query', { body: { queries: [{ ...health, filter: 'x'.repeat(2000) }] } }, 413, 'API_BODY_SIZE', /2000 bytes/],
  ['no queries', 'POST', '/api/v1/query', { body: {} }, 400, 'API_REQUEST', /"queries"/],
  ['a list of no queries', 'POST', '/api/v1/query', { body: { queries: [] } }, 400, 'API_REQUEST', /"queries"/],
  ['a query that is a number', 'POST', '/api/v1/query', { body: { queries: [1] } }, 400, 'API_REQUEST', /"queries\.0"/],
  ['a query without refId', 'POST', '/api/v1/query', { body: { queries: [{}] } }, 400, 'API_REQUEST', /"queries\.0\.refId"/],
  ['two queries of one refId', 'POST', '/api/v1/query', { body: { queries: [health, health] } }, 400, 'API_REQUEST', /two queries have the refId "A"/],
  ['more queries than are allowed', 'POST', '/api/v1/query', { body: { queries: ['A', 'B', 'C', 'D'].map((refId) => ({ refId })) } }, 400, 'API_REQUEST', /"queries".*3/],
  ['a filter that is a number', 'POST', '/api/v1/filter', { body: { text: 1 } }, 400, 'API_REQUEST', /"text"/],
  ['a cursor before the text', 'POST', '/api/v1/filter', { body: { text: '', offset: -1 } }, 400, 'API_REQUEST', /"offset"/],
  ['values of no field', 'GET', '/api/v1/values', {}, 400, 'API_REQUEST', /"field"/],
  ['values of an unknown field', 'GET', '/api/v1/values?field=server.prot', {}, 400, 'QUERY_FIELD', /server\.prot/],
  ['values of a number', 'GET', '/api/v1/values?field=duration', {}, 400, 'QUERY_FIELD', /cannot be listed/],
  ['values of no time', 'GET', '/api/v1/values?field=vlan&from=yesterday', {}, 400, 'QUERY_RANGE', /"from" is "yesterday"/],
  ['a limit of nothing', 'GET', '/api/v1/values?field=vlan&limit=0', {}, 400, 'API_REQUEST', /"limit"/],
  ['an id that is none', 'GET', '/api/v1/connections/12', {}, 400, 'CONNECTION_ID', /32 hexadecimal digits/],
]; // prettier-ignore

for (const [what, method, url, sent, status, code, says] of cases) {
  test(`${what} is answered with ${status} and TCPS_E_${code}`, async () => {
    const response = await call(api, method, url, sent);
    const answer = response.json<{ code: string; message: string }>();
    assert.equal(response.statusCode, status);
    assert.match(String(response.headers['content-type']), /^application\/json/);
    assert.equal(answer.code, `TCPS_E_${code}`);
    assert.match(answer.message, says);
  });
}

test('nothing of all that is a fault of ours', () => {
  assert.deepEqual(api.log.lines, []);
});

test('who asks with a wrong method is told the right ones', async () => {
  const response = await call(api, 'DELETE', '/api/v1/connections/12');
  assert.equal(response.headers.allow, 'GET, HEAD');
});

test('a web page elsewhere is not answered: no preflight succeeds and no answer allows it', async () => {
  const headers = { origin: 'https://example.org', 'access-control-request-method': 'POST' };
  const preflight = await call(api, 'OPTIONS', '/api/v1/query', { headers });
  const get = await call(api, 'GET', '/api/v1/fields', { headers });
  assert.equal(preflight.statusCode, 405);
  assert.equal(preflight.headers['access-control-allow-origin'], undefined);
  assert.equal(get.headers['access-control-allow-origin'], undefined);
});

test('a slash at the end of a route changes nothing', async () => {
  assert.equal((await call(api, 'GET', '/api/v1/fields/')).statusCode, 200);
});

describe('one query that is wrong', () => {
  const range = { from: 0, to: 60_000 };
  const answers = async (...queries: object[]) => {
    const response = await call(api, 'POST', '/api/v1/query', { body: { queries } });
    assert.equal(response.statusCode, 200);
    return response.json<{ results: Record<string, { status: number; error?: string; frames?: unknown[] }> }>().results;
  };

  test('keeps no other from being answered', async () => {
    const results = await answers(
      { refId: 'A', kind: 'top', metrics: ['no.such'], ...range },
      { ...health, refId: 'B' }
    );
    assert.deepEqual(
      Object.entries(results).map(([refId, { status }]) => [refId, status]),
      [
        ['A', 400],
        ['B', 200],
      ]
    );
    assert.equal(results.B!.frames?.length, 1);
  });

  const wrong: ReadonlyArray<readonly [query: object, error: RegExp]> = [
    [{ kind: 'tops' }, /There is no query kind "tops".*\(TCPS_E_QUERY_KIND\)$/],
    [{ from: undefined }, /"from": must be RFC 3339 or milliseconds since 1970\. \(TCPS_E_QUERY_INVALID\)$/],
    [{ from: 'noon' }, /"from" is "noon".*\(TCPS_E_QUERY_RANGE\)$/],
    [{ from: 70_000 }, /must be later than "from".*\(TCPS_E_QUERY_RANGE\)$/],
    [{ limit: 'many' }, /"limit": must be a number.*\(TCPS_E_QUERY_INVALID\)$/],
    [{ limit: 0.5 }, /must be a whole number from 1.*\(TCPS_E_QUERY_INVALID\)$/],
    [{ metrics: 3 }, /"metrics": must be a list of names.*\(TCPS_E_QUERY_INVALID\)$/],
    [{ metrics: ['rst.cuont'] }, /Did you mean rst\.count\? \(TCPS_E_QUERY_METRIC\)$/],
    [{ metrics: ['client.ip'] }, /is no metric of a group but a dimension.*\(TCPS_E_QUERY_METRIC\)$/],
    [{ groupBy: ['rst.count'] }, /is no dimension.*\(TCPS_E_QUERY_DIMENSION\)$/],
    [{ orderBy: 'close' }, /Order by one of: .*\(TCPS_E_QUERY_ORDER\)$/],
    [{ filter: 'rst.count > 0 and rst.cuont > 1' }, /Did you mean rst\.count\? \(TCPS_E_FILTER_FIELD, characters 19 to 27 of the filter\)$/],
    [{ filter: 'rst.count >' }, /\(TCPS_E_FILTER_SYNTAX, character 12 of the filter\)$/],
    [{ filter: 'rst.count > $limit' }, /\(TCPS_E_FILTER_VARIABLE, characters 13 to 18 of the filter\)$/],
    [{ filter: 'client.ip = 10.0.0.1 or rst.count > 1', scope: 'rows' }, /use scope "flows"\. \(TCPS_E_QUERY_SCOPE/],
    [{ adHoc: [{ key: 'no.such', operator: '=', value: 'x' }] }, /no\.such.*\(TCPS_E_QUERY_FIELD\)$/],
  ]; // prettier-ignore
  for (const [query, error] of wrong) {
    test(`says so of ${JSON.stringify(query)}`, async () => {
      const { A } = await answers({ refId: 'A', kind: 'top', ...range, ...query });
      assert.equal(A!.status, 400);
      assert.match(A!.error!, error);
    });
  }

  test('may be named like a part of every object', async () => {
    const results = await answers({ ...health, refId: '__proto__' }, { ...health, refId: 'constructor' });
    assert.deepEqual(Object.keys(results), ['__proto__', 'constructor']);
  });
});

test('what nobody foresaw is logged with the request’s number, and its text is not shown', async () => {
  const faulty = await testApi(storeThat({ select: () => Promise.reject(new Error('secret of the store')) }));
  const query = { refId: 'A', kind: 'top', from: 0, to: 60_000 };
  const { results } = (await call(faulty, 'POST', '/api/v1/query', { body: { queries: [query] } })).json<{
    results: Record<string, { error: string; status: number }>;
  }>();
  const [, id] = /under request ([0-9a-f-]{36})\. \(TCPS_E_INTERNAL\)$/.exec(results.A!.error) ?? [];
  assert.equal(results.A!.status, 500);
  assert.ok(id !== undefined && !results.A!.error.includes('secret'));
  assert.ok(faulty.log.lines.some((line) => line.startsWith('error') && line.includes(id)));
  await faulty.stop();
});
