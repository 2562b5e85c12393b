import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Store } from '../../store/store.js';
import { version } from '../../version.js';
import { call, capture, openScenario, storeThat, testApi, type TestStore } from '../api-fixture.js';
import { metricCatalogue, type Api } from '../index.js';

let store: Store;
let api: Api;
before(async () => {
  store = await openScenario();
  api = await testApi(store, { captures: [capture, { ...capture, interface: 'eth1', kernelDrops: 7 }] });
});
after(async () => {
  await api.stop();
  await store.stop();
});

async function metricsOf(from: Pick<Api, 'app'> = api): Promise<string[]> {
  const response = await call(from, 'GET', '/metrics');
  assert.equal(response.statusCode, 200);
  return response.body.split('\n');
}

/** The samples of a metric: what stands behind its name. */
async function samples(name: string, from?: Pick<Api, 'app'>): Promise<string[]> {
  return (await metricsOf(from))
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .map((line) => line.slice(name.length).trim());
}

async function withApi(options: Parameters<typeof testApi>[1], run: (other: Api) => Promise<void>, of?: TestStore) {
  const other = await testApi(of, options);
  try {
    await run(other);
  } finally {
    await other.stop();
  }
}

const ask = (queries: object[], from: Pick<Api, 'app'> = api) =>
  call(from, 'POST', '/api/v1/query', { body: { queries: queries.map((query) => ({ from: 0, to: 1, ...query })) } });

test('every metric of the catalogue is there, with its type and its words, and no other', async () => {
  const lines = await metricsOf();
  const told = (keyword: string) =>
    lines
      .filter((line) => line.startsWith(`# ${keyword} `))
      .map((line) => line.slice(`# ${keyword} `.length))
      .sort();
  assert.deepEqual(told('TYPE'), metricCatalogue.map(({ name, type }) => `${name} ${type}`).sort());
  assert.deepEqual(told('HELP'), metricCatalogue.map(({ name, help }) => `${name} ${help}`).sort());
});

test('names and units are Prometheus’: counters end in _total, times are seconds', () => {
  for (const { name, type, help } of metricCatalogue) {
    assert.match(name, /^tcpscope_[a-z_]+$/);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    assert.doesNotMatch(name, /_(ms|milliseconds|minutes)(_|$)/);
    assert.ok(help.length > 8 && !help.endsWith('.'), name);
  }
  assert.equal(new Set(metricCatalogue.map(({ name }) => name)).size, metricCatalogue.length);
});

test('samples have the labels that the catalogue names', async () => {
  await ask([{ refId: 'A', kind: 'health' }, { refId: 'B', kind: 'nothing' }]);
  const lines = (await metricsOf()).filter((line) => line !== '' && !line.startsWith('#'));
  for (const line of lines) {
    const [, name = '', labels = ''] = /^(\w+)(?:\{(.*)\})? /.exec(line) ?? [];
    const metric = metricCatalogue.find(
      ({ name: known, type }) => known === name || (type === 'histogram' && name.replace(/_(bucket|sum|count)$/, '') === known)
    );
    const names = [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label).filter((label) => label !== 'le');
    assert.deepEqual(names.sort(), [...(metric?.labels ?? ['unknown'])].sort(), line);
  }
}); // prettier-ignore

test('what is unknown has no sample, because 0 would say that nothing was lost', async () => {
  assert.deepEqual(await samples('tcpscope_capture_kernel_drops_total'), ['{interface="eth1"} 7']);
  assert.deepEqual(await samples('tcpscope_capture_softnet_drops_total'), []);
  assert.deepEqual(await samples('tcpscope_capture_ring_fill_ratio'), ['{interface="eth0"} 0.25', '{interface="eth1"} 0.25']);
}); // prettier-ignore

test('state is told as it is now, also when it was another before', async () => {
  const captures = [capture];
  await withApi({ captures }, async (other) => {
    assert.deepEqual(await samples('tcpscope_capture_running', other), ['{interface="eth0"} 1']);
    captures[0] = { ...capture, state: 'failed', ringFill: null, packets: { ...capture.packets, read: 5000 } };
    assert.deepEqual(await samples('tcpscope_capture_running', other), ['{interface="eth0"} 0']);
    assert.deepEqual(await samples('tcpscope_capture_ring_fill_ratio', other), []);
    assert.deepEqual(await samples('tcpscope_capture_packets_total', other), ['{interface="eth0"} 5000']);
    captures.pop();
    assert.deepEqual(await samples('tcpscope_capture_running', other), []);
  });
});

test('why packets were not decoded, and rows not stored, is a label', async () => {
  const { stats, ...rest } = storeThat();
  const unwritten = { 'spool-full': { rows: 12, batches: 2, lastAt: 0 } };
  const full = { ...rest, stats: () => ({ ...stats(), unwritten, written: { conv_10s: 144 } }) };
  await withApi(
    { captures: [capture] },
    async (other) => {
      assert.deepEqual(await samples('tcpscope_decode_undecoded_total', other), [
        '{interface="eth0",reason="not_tcp"} 80',
        '{interface="eth0",reason="truncated"} 10',
      ]);
      assert.deepEqual(await samples('tcpscope_store_rows_lost_total', other), ['{reason="spool-full"} 12']);
      assert.deepEqual(await samples('tcpscope_store_rows_written_total', other), ['{table="conv_10s"} 144']);
    },
    full
  );
});

test('requests are counted by route and not by address, so that callers cannot make series', () =>
  withApi({}, async (other) => {
    await call(other, 'GET', '/api/v1/connections/1');
    await call(other, 'GET', '/api/v1/connections/2');
    await call(other, 'GET', '/nothing/1');
    await call(other, 'GET', '/nothing/2');
    assert.deepEqual(await samples('tcpscope_api_requests_total', other), [
      '{route="/api/v1/connections/:id",method="GET",status="400"} 2',
      '{route="none",method="GET",status="404"} 2',
    ]);
    assert.deepEqual(await samples('tcpscope_api_request_seconds_count', other), [
      '{route="/api/v1/connections/:id"} 2',
      '{route="none"} 2',
      '{route="/metrics"} 1',
    ]);
  }));

test('queries are counted by kind, and those that fail by code', () =>
  withApi({}, async (other) => {
    await ask(
      [
        { refId: 'A', kind: 'health' },
        { refId: 'B', kind: 'health' },
        { refId: 'C', kind: 'nothing' },
      ],
      other
    );
    assert.deepEqual(await samples('tcpscope_query_seconds_count', other), ['{kind="health"} 2']);
    assert.deepEqual(await samples('tcpscope_query_errors_total', other), ['{code="TCPS_E_QUERY_KIND"} 1']);
  }));

test('an answer out of memory is told from one out of the store', async () => {
  const value = async (name: string) => Number((await samples(name))[0]);
  const query = { refId: 'A', kind: 'top', metrics: ['rst.count'], from: 0, to: 86_400_000 };
  const [hits, misses] = [await value('tcpscope_query_cache_hits_total'), await value('tcpscope_query_cache_misses_total')];
  await ask([query]);
  await ask([query]);
  assert.equal(await value('tcpscope_query_cache_misses_total'), misses + 1);
  assert.equal(await value('tcpscope_query_cache_hits_total'), hits + 1);
}); // prettier-ignore

test('the build says its version', async () => {
  assert.deepEqual(await samples('tcpscope_build_info'), [`{version="${version}"} 1`]);
});
