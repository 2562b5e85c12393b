import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { feedFields, fields, parseFilter } from '@tcpscope/filter';
import { noon } from '../query/scenario-fixture.js';
import type { Store } from '../store/store.js';
import { version } from '../version.js';
import { call, capture, openScenario, storeThat, testApi, token, type Call } from './api-fixture.js';
import type { Api } from './index.js';

/** Routes beside the queries, on the scenario's rows. */

const range = { from: noon * 1000, to: (noon + 600) * 1000 };
const inRange = `from=${range.from}&to=${range.to}`;

let store: Store;
let api: Api;
before(async () => {
  store = await openScenario();
  api = await testApi(store);
});
after(async () => {
  await api.stop();
  await store.stop();
});

async function answer<T>(method: string, url: string, sent?: Call): Promise<T> {
  const response = await call(api, method, url, sent);
  assert.equal(response.statusCode, 200, response.body);
  assert.match(String(response.headers['content-type']), /^application\/json/);
  return response.json<T>();
}

test('the catalogue has every field of the filter language, in its order, and then those of captures', async () => {
  const { fields: told } = await answer<{ fields: Array<Record<string, unknown>> }>('GET', '/api/v1/fields');
  assert.deepEqual(
    told.map(({ name, kind, type, unit, rows }) => [name, kind, type, unit, rows]),
    [...fields, ...feedFields].map(({ name, kind, type, unit, rows }) => [name, kind, type, unit, rows])
  );
  const field = (name: string) => told.find((each) => each.name === name)!;
  assert.equal(field('syn.ratio').whenNull, 'no connection');
  assert.deepEqual(field('closer').values, ['client', 'server']);
  assert.ok((field('client.ip').aliases as string[]).includes('ip.client'));
  assert.ok(
    told.every((each) => !('column' in each)),
    'names of the store’s columns are nobody’s business'
  );
});

interface Judgement {
  readonly ok: boolean;
  readonly problem?: { code: string; message: string; position: { start: number; end: number }; hint?: string };
  readonly canonical?: string;
  readonly advice?: Array<{ code: string; message: string; filter?: string }>;
  readonly completion?: { from: number; to: number; field: string | null; items: Array<Record<string, string>> };
}
const judge = (body: object) => answer<Judgement>('POST', '/api/v1/filter', { body });

describe('a filter', () => {
  test('that is right is printed as the language writes it', async () => {
    const judged = await judge({ text: 'port = 443 AND rst>0' });
    assert.deepEqual(judged, { ok: true, canonical: 'server.port = 443 and rst.count > 0' });
  });

  test('that is empty is right', async () => {
    assert.deepEqual(await judge({ text: '' }), { ok: true, canonical: '' });
  });

  test('that is wrong is told where and what was meant', async () => {
    const text = 'rst.count > 0 and rst.cuont > 1';
    const { ok, problem } = await judge({ text });
    assert.equal(ok, false);
    assert.equal(problem!.code, 'TCPS_E_FILTER_FIELD');
    assert.equal(text.slice(problem!.position.start, problem!.position.end), 'rst.cuont');
    assert.equal(problem!.hint, 'rst.count');
  });

  test('is judged by the rows that it is about', async () => {
    assert.equal((await judge({ text: 'close = rst', rows: 'connections' })).ok, true);
    assert.equal((await judge({ text: 'close = rst' })).ok, false);
    assert.equal((await judge({ text: 'close = rst', rows: 'windows' })).ok, false);
  });

  test('that selects less than it seems comes with a better one', async () => {
    const { ok, advice } = await judge({ text: 'syn.ratio > 3' });
    assert.equal(ok, true);
    const better = advice![0]!.filter!;
    assert.ok(advice![0]!.message.length > 0 && parseFilter(better, 'windows').ok);
    assert.equal((await judge({ text: better })).advice, undefined);
  });

  test('is completed with fields where a field may stand', async () => {
    const { completion } = await judge({ text: 'rst.count > 0 and refu', offset: 22 });
    assert.equal(completion!.from, 18);
    assert.equal(completion!.to, 22);
    assert.equal(completion!.field, null);
    assert.deepEqual(
      completion!.items.map(({ insert }) => insert),
      ['refused.count', 'refused.ratio']
    );
  });

  test('is completed with values that are stored in the range', async () => {
    const text = 'server.zone = "/L';
    const { completion } = await judge({ text, offset: text.length, values: range });
    assert.equal(completion!.field, 'server.zone');
    assert.deepEqual(
      completion!.items.map(({ insert }) => insert),
      ['"/Local"']
    );
    const later = await judge({ text, offset: text.length, values: { from: range.to, to: range.to + 60_000 } });
    assert.deepEqual(later.completion!.items, []);
  });

  test('is completed within the text, wherever the cursor says it is', async () => {
    const { completion } = await judge({ text: 'rst', offset: 999 });
    assert.deepEqual([completion!.from, completion!.to], [0, 3]);
  });

  test('is completed with values only in a range that is one', async () => {
    const body = { text: 'vlan = ', offset: 7, values: { from: 'noon', to: 0 } };
    const response = await call(api, 'POST', '/api/v1/filter', { body });
    assert.equal(response.statusCode, 400);
    assert.equal(response.json<{ code: string }>().code, 'TCPS_E_QUERY_RANGE');
  });
});

interface Values {
  readonly field: string;
  readonly values: string[];
  readonly truncated: boolean;
}
const valuesOf = (query: string) => answer<Values>('GET', `/api/v1/values?${query}`);

describe('values', () => {
  test('are those of the range, as text, in their own order', async () => {
    const values = await valuesOf(`field=server.port&${inRange}`);
    assert.deepEqual(values, { field: 'server.port', values: ['443', '1194', '5432'], truncated: false });
  });

  test('are asked for by any name of a field, with times of any form', async () => {
    const rfc = `from=${new Date(range.from).toISOString()}&to=${encodeURIComponent('2026-03-02T13:10:00+01:00')}`;
    const values = await valuesOf(`field=port&${rfc}`);
    assert.deepEqual(values, await valuesOf(`field=server.port&${inRange}`));
  });

  test('are searched, and a limit that was met is said', async () => {
    const values = await valuesOf(`field=server.port&search=4&limit=1&${inRange}`);
    assert.deepEqual(values, { field: 'server.port', values: ['443'], truncated: true });
  });

  test('of an enumeration are all that there can be', async () => {
    assert.deepEqual((await valuesOf('field=closer')).values, ['client', 'server']);
  });

  test('are those of the last day unless a range is given', async () => {
    assert.deepEqual((await valuesOf('field=server.port')).values, []);
    const soon = await testApi(store, { now: () => range.to });
    const response = await call(soon, 'GET', '/api/v1/values?field=server.port');
    assert.deepEqual(response.json<Values>().values, ['443', '1194', '5432']);
    await soon.stop();
  });
});

describe('a connection', () => {
  test('is told with everything that is known of it', async () => {
    const query = { refId: 'A', kind: 'connections', filter: 'client.port = 50001', metrics: ['start'], ...range };
    const { results } = await answer<{
      results: { A: { frames: Array<{ data: { values: unknown[][] } }> } };
    }>('POST', '/api/v1/query', { body: { queries: [query] } });
    const [, [id]] = results.A.frames[0]!.data.values as [number[], string[]];
    const facts = await answer<Record<string, unknown>>('GET', `/api/v1/connections/${id}`);
    assert.deepEqual(
      {
        ...{ id: facts.id, vlans: facts.vlans, start: facts.start, end: facts.end, ct: facts.ct, close: facts.close },
        ...{ client: facts['client.ip'], port: facts['client.port'], history: facts.history, aborter: facts.aborter },
      },
      {
        ...{ id, vlans: [3], start: '2026-03-02T12:00:01.123456789Z', end: '2026-03-02T12:00:03.000000005Z', ct: 0.02 },
        ...{ close: 'fin', client: '10.0.0.2', port: 50_001, history: 'ShADadFf', aborter: null },
      }
    );
    const known = fields.filter(({ kind, rows }) => kind !== 'sum' && kind !== 'ratio' && rows !== 'windows');
    assert.deepEqual(
      known.filter(({ name }) => !(name in facts)).map(({ name }) => name),
      []
    );
  });

  test('that is not there is not found', async () => {
    const response = await call(api, 'GET', `/api/v1/connections/${'0'.repeat(32)}`);
    assert.equal(response.statusCode, 404);
    assert.equal(response.json<{ code: string }>().code, 'TCPS_E_CONNECTION_UNKNOWN');
  });
});

describe('health', () => {
  interface Health {
    readonly status: string;
    readonly version: string;
    readonly reasons?: string[];
    readonly store?: { state: string; engine: string };
    readonly capture?: unknown[];
  }
  async function healthOf(options: Parameters<typeof testApi>[1], from = storeThat()): Promise<Health> {
    const other = await testApi(from, options);
    const headers = { authorization: `Bearer ${token}` };
    const response = await call(other, 'GET', '/api/v1/health', { headers });
    await other.stop();
    assert.equal(response.statusCode, 200);
    return response.json<Health>();
  }

  test('is told with the state of the store and of each capture', async () => {
    const health = await answer<Health>('GET', '/api/v1/health');
    const expected = { status: 'ok', version, reasons: [], store: { state: 'ok', engine: 'ready' } };
    assert.deepEqual(health, { ...expected, capture: [capture] });
  });

  test('a process that only answers has no captures and is well', async () => {
    const { status, capture: none } = await healthOf({ captures: [] });
    assert.deepEqual([status, none], ['ok', []]);
  });

  test('a failed capture is a fault that says why', async () => {
    const failed = { ...capture, state: 'failed', reason: 'the interface is gone' } as const;
    const { status, reasons } = await healthOf({ captures: [capture, failed] });
    assert.deepEqual([status, reasons], ['degraded', ['capture on eth0 failed: the interface is gone']]);
  });

  test('a store that is down outweighs everything', async () => {
    const down = { ...storeThat().health(), state: 'down', reasons: ['the database does not start'] } as const;
    const { status, reasons } = await healthOf(
      { captures: [{ ...capture, state: 'failed' }] },
      storeThat({ health: () => down })
    );
    assert.deepEqual([status, reasons], ['down', ['the database does not start', 'capture on eth0 failed']]);
  });

  test('what is unknown is null and not 0', async () => {
    const unknown = { kernelDrops: null, interfaceDrops: null, softnetDrops: null, ringFill: null, lastPacketAt: null };
    const { capture: told } = await healthOf({ captures: [{ ...capture, ...unknown }] });
    assert.deepEqual(told, [{ ...capture, ...unknown }]);
  });
});
