import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { counters, histograms, timeMetrics } from '@tcpscope/filter';
import type { StoreConfig } from '../store/config.js';
import { EmbeddedEngine } from '../store/engine/embedded.js';
import { migrations } from '../store/schema/migrations.js';
import { windowTables } from '../store/schema/tables.js';
import { memoryLog, openTestStore, rowsOf, testConfig } from '../store/store-fixture.js';
import type { Store } from '../store/store.js';
import type { SeriesAnswer, TableAnswer } from './answer.js';
import { queryKinds } from './model.js';
import type { Queries } from './queries.js';
import { fill, fixedNow, midnight, queriesOn, testEnrichment } from './query-fixture.js';

/** The first schema, as it was: it never changes again, nor what later versions added to it. */
const first = readFileSync(new URL('../store/schema/schema-1.sql', import.meta.url), 'utf8').split(/;\n+/);
const verdicts = [
  ...['cause LowCardinality(String) CODEC(ZSTD(1))', 'confidence Nullable(Float64) CODEC(ZSTD(1))'],
  ...['rival_cause LowCardinality(String) CODEC(ZSTD(1))', 'rival_confidence Nullable(Float64) CODEC(ZSTD(1))'],
  ...['silence Nullable(Float64) CODEC(ZSTD(1))', 'facts Array(Int32) CODEC(ZSTD(1))'],
  'poor_feed LowCardinality(String) CODEC(ZSTD(1))',
];
const packets = ['packets Array(Int32) CODEC(ZSTD(1))'];
const addAll = (columns: readonly string[]) => columns.map((column) => `ALTER TABLE connections ADD COLUMN ${column}`);

/** Six windows of one conversation: in each one SYN, one handshake, one RST of the server. */
const windows = `
  INSERT INTO conv_10s (ts, client_ip, server_ip, server_port, application, client_zone, server_zone, probe, packets_clt, packets_srv,
    syn_count, attempt_count, ct_count, ct_sum, ct_max, rst_count_srv, rst_conn, rst_conn_srv, conn_count, close_rst, inserted)
  SELECT ${midnight} + 10 * number, '::ffff:10.0.0.2', '::ffff:10.0.0.9', 443, 'web', '/Local/Paris', '/Local', 'old', 3, 2, 1, 1, 1,
    2000, 2000, 1, 1, 1, 1, 1, now()
  FROM numbers(6)`;
const connections = `
  INSERT INTO connections (client_ip, server_ip, server_port, application, client_zone, server_zone, probe, client_port, start, \`end\`,
    close, state, history, closer, aborter, stage, role, ct, packets_clt, packets_srv, syn_count, attempt_count, ct_count,
    rst_count_srv, inserted)
  SELECT '::ffff:10.0.0.2', '::ffff:10.0.0.9', 443, 'web', '/Local/Paris', '/Local', 'old', 40000 + number,
    fromUnixTimestamp64Nano(toInt64(${midnight} + 10 * number) * 1000000000),
    fromUnixTimestamp64Nano(toInt64(${midnight} + 10 * number) * 1000000000 + 5), 'rst', 'RSTR', 'ShAr', 'server', 'server',
    'later', 'certain', 0.002, 3, 2, 1, 1, 1, 1, now()
  FROM numbers(6)`;

/** A store as a version of that schema left it. */
async function storeOf(schema: 1 | 3): Promise<StoreConfig> {
  const config = testConfig();
  const engine = await EmbeddedEngine.start({ ...config, log: memoryLog(), now: Date.now });
  try {
    const later = schema === 1 ? [] : addAll([...verdicts, ...packets]);
    const noted = migrations
      .filter(({ number }) => number <= schema)
      .map(({ number, name }) => `INSERT INTO migrations VALUES (${number}, '${name}', now())`);
    for (const statement of [...first.filter((text) => text.trim() !== ''), ...later, ...noted, windows, connections]) {
      await engine.execute(statement);
    }
  } finally {
    await engine.stop();
  }
  return config;
}

interface Expected {
  readonly windows: number;
  readonly zeroWindows: number;
  readonly copies: number | null;
  /** Every percentile, seconds. */
  readonly time: number | null;
}

for (const schema of [1, 3] as const) {
  describe(`a store of schema ${schema} with rows in it, opened by this version`, () => {
    const range = { refId: 'A', from: midnight * 1000, to: (midnight + 120) * 1000 };
    const metrics = [...counters, ...timeMetrics].map(({ name }) => name);
    // Old rows have no times, which is no percentile and not 0; of rows of both kinds it is that of the new ones.
    const times = Object.fromEntries(histograms.map(({ name }) => [name, [5000]]));

    test('answers every kind of query, of old rows and new ones', async () => {
      const config = await storeOf(schema);
      const log = memoryLog();
      const store = await openTestStore(config, { enrichment: testEnrichment, log });
      try {
        const brought = log.lines.filter((line) => line.includes('bringing the store up to date'));
        assert.equal(brought.length, migrations.length - schema, log.lines.join('\n'));
        await answers(store, { windows: 6, zeroWindows: 0, copies: null, time: null });
        // Two more of the same conversation, one of them beside old rows, with counters that the old ones lack.
        const conversation = { client: [10, 0, 0, 2], server: [10, 0, 0, 9], port: 443 };
        const counted = {
          'syn.count': 1,
          'ct.count': 1,
          'rst.count.srv': 1,
          'zerowindow.count.srv': 4,
          'dup.count.clt': 3,
        };
        await fill(
          store,
          'old',
          [midnight + 50, midnight + 60].map((window) => [window, [{ ...conversation, counters: counted, times }]]),
          [{ ...conversation, start: [midnight + 60, 0], end: [midnight + 61, 0], close: 'rst', aborter: 'server' }]
        );
        await answers(store, { windows: 8, zeroWindows: 8, copies: 6, time: 0.004992 });
      } finally {
        await store.stop();
      }
      // Once more: nothing is left to do, and nothing is different.
      const again = memoryLog();
      const reopened = await openTestStore(config, { enrichment: testEnrichment, log: again });
      try {
        assert.deepEqual(again.lines, []);
        await answers(reopened, { windows: 8, zeroWindows: 8, copies: 6, time: 0.004992 });
      } finally {
        await reopened.stop();
      }
    });

    async function answers(store: Store, expected: Expected): Promise<void> {
      const queries = queriesOn(store, { now: () => fixedNow });
      const table = async (query: object) => (await queries.answer({ ...range, ...query })) as TableAnswer;
      const column = (answer: TableAnswer, name: string) => answer.columns.find((one) => one.name === name)!.values;
      const asked = new Set<string>();
      const kind = (name: (typeof queryKinds)[number]) => {
        asked.add(name);
        return { kind: name };
      };

      // All counters there are, from every table of windows.
      for (const { name } of windowTables) {
        const sums = 'sum(syn_count), sum(rst_count_srv), sum(zerowindow_count_srv), max(ct_max), sum(dup_count_clt)';
        assert.deepEqual(
          await rowsOf(store, `SELECT ${sums} FROM ${name}`),
          [[expected.windows, expected.windows, expected.zeroWindows, 2000, expected.copies]],
          name
        );
      }
      for (const one of ['top', 'conversations'] as const) {
        const answer = await table({
          ...kind(one),
          metrics,
          groupBy: one === 'top' ? ['server.ip', 'server.port'] : [],
        });
        assert.equal(answer.rows, 1);
        for (const [name, value] of [
          ['syn.count', expected.windows],
          ['rst.count.srv', expected.windows],
          ['zerowindow.count.srv', expected.zeroWindows],
          ['ct.max', 0.002],
          // Versions before did not count copies by conversation: unknown, not 0.
          ['dup.count.clt', expected.copies],
          ...timeMetrics.map(({ name }) => [name, expected.time] as const),
        ] as const) {
          assert.deepEqual(column(answer, name), [value], `${one}: ${name}`);
        }
      }
      const filtered = await table({ ...kind('top'), groupBy: ['client.ip'], filter: 'zerowindow.count.srv > 0' });
      assert.equal(filtered.rows, expected.zeroWindows > 0 ? 1 : 0);
      for (const [filter, matches] of [
        ['dup.count is null', expected.copies === null],
        ['dup.count = 0', false],
        ['not dup.count > 0', expected.copies === null],
      ] as const) {
        assert.equal((await table({ ...kind('top'), groupBy: ['client.ip'], filter })).rows, matches ? 1 : 0, filter);
      }

      const series = (await queries.answer({
        ...range,
        ...kind('timeseries'),
        metrics,
        intervalMs: 10_000,
      })) as SeriesAnswer;
      const [only] = series.series;
      const syns = only!.values[series.metrics.findIndex(({ name }) => name === 'syn.count')]!;
      assert.equal(
        syns.reduce<number>((sum, value) => sum + Number(value), 0),
        expected.windows
      );

      const rows = await table({ ...kind('connections'), limit: 100 });
      assert.equal(rows.rows, expected.windows === 6 ? 6 : 7);
      const old = column(rows, 'client.port').indexOf(40_003);
      const id = String(column(rows, 'id')[old]);
      await explains(queries, id);
      const closes = await table(kind('closes'));
      assert.ok(closes.rows > 0);
      // Of connections from before there were verdicts nobody knows why they ended: none, which is not "normal".
      const causes = await table(kind('causes'));
      assert.ok(!column(causes, 'cause').includes('normal'));
      await table(kind('findings'));
      for (const one of ['feed', 'feedseries'] as const) {
        const { notices } = await queries.answer({ ...range, ...kind(one) });
        assert.deepEqual(
          notices.filter(({ severity }) => severity !== 'info'),
          []
        );
      }
      for (const field of ['server.zone', 'client.zone', 'cause', 'close', 'application', 'probe']) {
        const answer = await table({ ...kind('values'), field });
        assert.ok(answer.rows >= 0, field);
      }
      await table(kind('health'));
      assert.deepEqual([...queryKinds].sort(), [...asked].sort(), 'every kind was asked');
    }

    async function explains(queries: Queries, id: string): Promise<void> {
      const facts = await queries.connection(id);
      assert.deepEqual(
        [
          facts['client.port'],
          facts['close'],
          facts['aborter'],
          facts['syn.count'],
          facts['cause'],
          facts['confidence'],
        ],
        [40_003, 'rst', 'server', 1, null, null]
      );
      assert.deepEqual([facts['evidence'], facts['rival']], [[], null]);
      assert.deepEqual(await queries.packets(id), []);
    }
  });
}
