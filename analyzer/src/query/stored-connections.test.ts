import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { specimenNames } from '../../../test/lab/specimens.js';
import { Diagnoser, findingsConfigSchema } from '../diagnose/index.js';
import { readCaptures } from '../pipeline/index.js';
import { Collector, connectionJson, conversationText, makeReport, type Report } from '../report/index.js';
import type { Store } from '../store/index.js';
import { enrichment, openTestStore, testConfig } from '../store/store-fixture.js';
import type { TableAnswer } from './answer.js';
import { queryConfigSchema } from './config.js';
import { Queries } from './queries.js';
import { endedConnections } from './stored-connections.js';
import { columnsOf, type Selected } from './stored-facts.js';

/** Captures in which verdicts depend on much: other connections, pauses, late data, closed windows, silence, IPv6. */
const wanted = [
  'port-scan-4',
  'half-open-flood-4',
  'server-always-resets-6',
  'reject-by-near-router-4',
  'proxy-resets-when-idle-4',
  'client-closes-unread-4',
  'host-gone-for-good-4',
  'half-close-kept-open-6',
];
const names = specimenNames.filter((name) => wanted.includes(name));
const files = names.map((name) => fileURLToPath(new URL(`../../../test/lab/captures/${name}.pcap`, import.meta.url)));
/** Other than the usual ones, so that both must have them from the configuration. */
const thresholds = findingsConfigSchema.parse({ scanPorts: 50 });

type Diagnosed = { readonly cause: string } | null;

describe('verdicts in the store', () => {
  let store: Store;
  let queries: Queries;
  let report: Report;
  const range = { refId: 'A', from: 0, to: 4e12 };

  before(async () => {
    const config = testConfig();
    store = await openTestStore(config);
    const rows = store.beginImport({ probe: 'p', hash: 'h', layout: 'l' });
    const diagnoser = new Diagnoser({
      workers: 2,
      patience: Infinity,
      emit: (batch, worker) => rows.write(batch, worker),
    });
    await readCaptures(files, {
      workers: 2,
      flow: { maxConnections: 65_536 },
      onBatch: (batch, worker) =>
        batch.kind === 'connections' ? diagnoser.accept(batch, worker) : rows.write(batch, worker),
    });
    await diagnoser.finish();
    await rows.complete();
    const collector = new Collector(enrichment);
    const read = await readCaptures(files, { workers: 1, flow: {}, onBatch: (batch) => collector.add(batch) });
    report = makeReport(read.packets, collector, null, thresholds);
    const usual = makeReport(read.packets, collector, null);
    assert.notDeepEqual(report.diagnoses.findings, usual.diagnoses.findings);
    queries = new Queries({
      store,
      retention: config.retention,
      captures: { snapshot: () => [] },
      config: queryConfigSchema.parse({ range: '100y', rows: 10_000 }),
      thresholds,
      now: Date.now,
    });
  });
  after(() => store?.stop());

  const table = async (query: object) => (await queries.answer({ ...range, ...query })) as TableAnswer;
  const valuesOf = (answer: TableAnswer, name: string) => answer.columns.find((column) => column.name === name)!.values;

  test('are those of a report of the same files, with their evidence', async () => {
    const answer = await table({ kind: 'connections', metrics: ['client.ip', 'client.port'], limit: 10_000 });
    const said = report.connections.map(connectionJson);
    assert.equal(answer.rows, said.length);
    assert.ok(said.length > 20);
    const ids = valuesOf(answer, 'id').map(String);
    const keyOf = (one: Record<string, unknown>) =>
      `${one['client.ip']} ${one['client.port']} ${one['server.port']} ${one['start']}`;
    const expected = new Map(said.map((one) => [keyOf(one), one]));
    // Every cause there is, and some of each.
    for (const id of ids.filter((_, i) => i % 3 === 0)) {
      const stored = await queries.connection(id);
      const one = expected.get(keyOf(stored));
      assert.ok(one !== undefined, keyOf(stored));
      for (const name of ['cause', 'confidence', 'rival', 'evidence', 'close', 'aborter', 'ct']) {
        assert.deepEqual(stored[name], one[name], `${name} of ${keyOf(stored)}`);
      }
    }
  });

  test('are counted by cause', async () => {
    const answer = await table({ kind: 'causes' });
    const counted = Object.fromEntries(
      valuesOf(answer, 'cause').map((cause, i) => [cause, valuesOf(answer, 'conn.count')[i]])
    );
    assert.deepEqual(
      counted,
      Object.fromEntries(report.diagnoses.causes.map(({ cause, connections }) => [cause, connections]))
    );
    const [refused] = valuesOf(
      await table({ kind: 'causes', groupBy: ['server.ip'], filter: 'cause = refused' }),
      'cause'
    );
    assert.equal(refused, 'refused');
    const none = await table({ kind: 'causes', filter: 'confidence > 1' });
    assert.equal(none.rows, 0);
  });

  test('give each conversation the cause that the report gives it', async () => {
    const answer = await table({ kind: 'conversations', metrics: ['conn.count'], limit: 10_000 });
    const keys = ['client.ip', 'server.ip', 'server.port'];
    const keyOf = (one: Record<string, unknown>) => keys.map((name) => one[name]).join(' ');
    const expected = report.conversations.map(
      (one) => JSON.parse(conversationText(one, report.diagnoses)) as Record<string, unknown>
    );
    const causes = new Map(expected.map((one) => [keyOf(one), (one['diagnosis'] as Diagnosed)?.cause ?? 'normal']));
    const found = new Map(
      valuesOf(answer, 'cause').map((cause, row) => [
        keyOf(Object.fromEntries(keys.map((name) => [name, valuesOf(answer, name)[row]]))),
        cause,
      ])
    );
    assert.deepEqual(found, new Map([...found.keys()].map((key) => [key, causes.get(key)])));
    assert.equal(found.size, causes.size);
    assert.ok(new Set(found.values()).size > 3);
  });

  test('findings see as much of a connection as if all of it were selected', async () => {
    const select = async (selected: Selected) => {
      const sql = `SELECT ${columnsOf(selected).join(', ')} FROM connections ORDER BY start, id`;
      const { data, rows } = await store.select(sql, {}, { timeoutMs: 30_000, maxRows: 10_000 });
      return endedConnections(data, rows, selected);
    };
    const seen = await select('ends');
    assert.deepEqual(seen, await select('whole'));
    assert.equal(seen.length, report.connections.length);
    for (const of of ['waited', 'unclosed', 'stalled', 'unheard', 'quiet', 'handshake', 'clientBytes'] as const) {
      assert.ok(new Set(seen.map((one) => one[of])).size > 1, of);
    }
  });

  test('give the findings of the report', async () => {
    const answer = await table({ kind: 'findings' });
    assert.deepEqual(
      valuesOf(answer, 'text'),
      report.diagnoses.findings.map(({ text }) => text)
    );
    assert.ok(answer.rows > 0);
    assert.deepEqual(
      valuesOf(answer, 'filter'),
      report.diagnoses.findings.map(({ filter }) => filter)
    );
    const one = await table({ kind: 'findings', limit: 1 });
    assert.equal(one.rows, 1);
    assert.equal(one.more, answer.rows > 1);
  });
});
