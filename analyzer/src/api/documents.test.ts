import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { noon } from '../query/scenario-fixture.js';
import type { Store } from '../store/store.js';
import { call, openScenario, testApi } from './api-fixture.js';
import type { Frame } from './frames/frame.js';
import type { Api } from './index.js';

/**
 * Answers to known queries, kept as files: frames, units, notices and the SQL behind them. `UPDATE_GOLDEN=1` writes them anew;
 * what changed is then reviewed like code.
 */
const folder = new URL('./testdata/', import.meta.url);

const range = { from: noon * 1000, to: (noon + 600) * 1000, intervalMs: 120_000, maxDataPoints: 100 };
const outside = { from: (noon - 7200) * 1000, to: (noon - 3600) * 1000 };

const documents: Readonly<Record<string, { query: object; fromAlert?: boolean }>> = {
  timeseries: { query: { kind: 'timeseries', metrics: ['rst.ratio.clt', 'rst.ratio.srv'] } },
  'timeseries-grouped': {
    query: {
      kind: 'timeseries',
      metrics: ['reset.ratio.srv', 'bytes', 'ct.avg'],
      groupBy: ['server.ip', 'server.port'],
      limit: 2,
      legend: '{{server.ip}}:{{server.port}} {{metric}}',
    },
  },
  'timeseries-filtered': {
    query: { kind: 'timeseries', metrics: ['syn.count', 'clients'], groupBy: ['probe'], filter: 'rst.count > 0 and fin.count = 0' },
  },
  'timeseries-nothing': { query: { kind: 'timeseries', metrics: ['rst.count'], ...outside } },
  top: { query: { kind: 'top', groupBy: ['client.ip'] } },
  'top-ports': {
    query: { kind: 'top', groupBy: ['server.ip', 'server.port', 'vlan', 'server.zone'], metrics: ['reset.ratio.srv', 'syn.ratio', 'ct.max', 'client.count'], filter: 'attempt.count > 0', scope: 'rows', limit: 1 },
  },
  'top-total': { query: { kind: 'top', groupBy: [], metrics: ['refused.count', 'refused.ratio'] }, fromAlert: true },
  'top-nothing': { query: { kind: 'top', groupBy: ['client.ip'], metrics: ['rst.count'], ...outside } },
  conversations: { query: { kind: 'conversations', filter: 'rst.count.srv > 0' } },
  'conversations-alert': { query: { kind: 'conversations', metrics: ['refused.count'], limit: 2 }, fromAlert: true },
  connections: { query: { kind: 'connections' } },
  'connections-alert': { query: { kind: 'connections' }, fromAlert: true },
  closes: { query: { kind: 'closes' } },
  'closes-grouped': { query: { kind: 'closes', groupBy: ['server.port'], limit: 2 } },
  causes: { query: { kind: 'causes', groupBy: ['server.port'] } },
  findings: { query: { kind: 'findings' } },
  'findings-alert': { query: { kind: 'findings' }, fromAlert: true },
  feed: { query: { kind: 'feed' } },
  'feed-alert': { query: { kind: 'feed', metrics: ['drops.share', 'poor'], groupBy: ['interface'] }, fromAlert: true },
  feedseries: { query: { kind: 'feedseries' } },
  'feed-wrong': { query: { kind: 'feed', metrics: ['rst.count'] } },
  values: { query: { kind: 'values', field: 'server.port' } },
  'values-alert': { query: { kind: 'values', field: 'server.port' }, fromAlert: true },
  health: { query: { kind: 'health' } },
  'health-alert': { query: { kind: 'health', metrics: ['ring.fill'] }, fromAlert: true },
  hidden: { query: { kind: 'top', groupBy: ['client.ip'], hide: true } },
  untouched: { query: {} },
  'wrong-filter': { query: { kind: 'top', filter: 'rst.count > 0 and rst.cuont > 1' } },
  'wrong-metric': { query: { kind: 'top', metrics: ['rst.cuont'] } },
  clamped: { query: { kind: 'top', groupBy: ['server.port'], metrics: ['syn.count'], from: 0, limit: 1_000_000 } },
}; // prettier-ignore

let store: Store;
let api: Api;
before(async () => {
  store = await openScenario();
  // What the store counts depends on how often it was asked.
  api = await testApi({
    select: (...all) => store.select(...all),
    selectUnread: (...all) => store.selectUnread(...all),
    health: () => store.health(),
    stats: () => ({ ...store.stats(), written: { conv_10s: 144, connections: 4 } }),
  });
});
after(async () => {
  await api.stop();
  await store.stop();
});

async function documentOf(name: string): Promise<string> {
  const { query, fromAlert = false } = documents[name]!;
  const body = { queries: [{ refId: 'A', ...range, ...query }], fromAlert };
  const response = await call(api, 'POST', '/api/v1/query', { body });
  assert.equal(response.statusCode, 200);
  return response.body;
}

for (const name of Object.keys(documents)) {
  test(`the answer "${name}" is the one that was reviewed`, async () => {
    const file = new URL(`${name}.json`, folder);
    const found = JSON.parse(await documentOf(name)) as unknown;
    if (process.env.UPDATE_GOLDEN) {
      writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`);
    }
    assert.deepEqual(found, JSON.parse(readFileSync(file, 'utf8')));
  });
}

test('no reviewed answer is left over', () => {
  assert.deepEqual(
    readdirSync(folder).sort(),
    Object.keys(documents)
      .map((name) => `${name}.json`)
      .sort()
  );
});

describe('what holds for every frame', () => {
  let frames: Array<[string, Frame]>;
  before(async () => {
    frames = [];
    for (const name of Object.keys(documents)) {
      const { results } = JSON.parse(await documentOf(name)) as { results: Record<string, { frames?: Frame[] }> };
      (results.A?.frames ?? []).forEach((frame) => frames.push([name, frame]));
    }
    assert.ok(frames.length > 20);
  });

  test('it says what it is, and has a column of the same length for each field', () => {
    for (const [name, { schema, data }] of frames) {
      assert.ok(schema.meta.type, name);
      assert.deepEqual(schema.meta.typeVersion, schema.meta.type === 'table' ? [0, 0] : [0, 1], name);
      assert.equal(schema.fields.length, data.values.length, name);
      assert.equal(new Set(data.values.map((column) => column.length)).size <= 1, true, name);
    }
  });

  test('keys come in the order that Grafana’s reader needs', async () => {
    for (const [name, frame] of frames) {
      assert.deepEqual(Object.keys(frame), ['schema', 'data'], name);
      assert.equal(Object.keys(frame.data)[0], 'values', name);
    }
  });

  test('values have the type that the schema says', () => {
    const fits: Record<string, (value: unknown) => boolean> = {
      'time.Time': (value) => Number.isInteger(value),
      float64: (value) => typeof value === 'number' && Number.isFinite(value),
      string: (value) => typeof value === 'string',
      bool: (value) => typeof value === 'boolean',
    };
    for (const [name, { schema, data }] of frames) {
      schema.fields.forEach(({ typeInfo, name: field }, i) => {
        for (const value of data.values[i]!) {
          assert.ok(
            (typeInfo.nullable && value === null) || fits[typeInfo.frame]!(value),
            `${name} ${field} ${String(value)}`
          );
        }
      });
    }
  });

  test('frames for alert rules have text and numbers and no time beside them', () => {
    for (const [name, { schema }] of frames) {
      const types = new Set(schema.fields.map(({ type }) => type));
      if (schema.meta.type === 'numeric-long') {
        assert.ok(!types.has('time') && !types.has('boolean'), name);
      }
      if (schema.meta.type === 'timeseries-multi' && schema.fields.length > 0) {
        assert.deepEqual(
          schema.fields.map(({ type }) => type),
          ['time', 'number'],
          name
        );
      }
    }
  });

  test('dimensions can be clicked as filters, metrics have units and words', () => {
    for (const [name, { schema }] of frames) {
      for (const { name: field, config } of schema.fields) {
        if (/^(client|server)\.(ip|port|zone)$/.test(field)) {
          assert.equal(config?.filterable, true, `${name} ${field}`);
        }
        if (/ratio|count|bytes|^ct\./.test(field)) {
          assert.ok(config?.unit && config.description, `${name} ${field}`);
        }
      }
    }
  });

  test('only a legend that was asked for becomes a name', () => {
    for (const [name, { schema }] of frames) {
      const named = schema.fields.filter(({ config }) => config?.displayNameFromDS !== undefined);
      assert.equal(named.length > 0, name === 'timeseries-grouped', name);
    }
  });
});
