import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { counters, histograms } from '@tcpscope/filter';
import { connectionCounters, historyLength, windowCounters } from '../flow/batch.js';
import { connectionBatch, syntheticConnections, syntheticWindow, windowBatch } from '../flow/batch-fixture.js';
import { noSums } from '../diagnose/index.js';
import { addMissingColumns, migrations, type Migration } from './schema/migrations.js';
import { connectionById } from './schema/connection-id.js';
import { schemaOf, windowTables } from './schema/tables.js';
import {
  enrichment,
  memoryLog,
  openTestStore,
  rowsOf,
  temporaryFolder,
  testConfig,
  toRows,
  until,
} from './store-fixture.js';
import { openSpool } from './spool-only.js';
import type { Store } from './store.js';

const window = 1_700_000_010;
const limits = { timeoutMs: 30_000, maxRows: 100_000 };
let sequence = 0;
const origin = (probe = 'probe') => ({ probe, run: randomUUID(), worker: 0, sequence: sequence++ });

let store: Store;
before(async () => {
  store = await openTestStore(testConfig());
});
after(() => store.stop());

/** Sums of all counters that add up, maxima, and all times, in each table of windows; they must be equal. */
async function totals(of: Store, where = '1'): Promise<Map<string, unknown[]>> {
  const columns = [
    ...counters.map(({ aggregate, column }) => `${aggregate}(${column})`),
    ...histograms.map(({ column }) => `sumMap(${column})`),
  ].join(', ');
  const result = new Map<string, unknown[]>();
  for (const { name } of windowTables) {
    result.set(name, (await rowsOf(of, `SELECT ${columns} FROM ${name} WHERE ${where}`))[0]!);
  }
  return result;
}

function assertRollupsEqual(all: Map<string, unknown[]>): void {
  for (const { name } of windowTables) {
    assert.deepEqual(all.get(name), all.get('conv_10s'), name);
  }
}

test('a window comes back with every dimension and every counter', async () => {
  const rows = windowCounters.map((counter, at) => ({
    client: [10, 0, 0, at],
    server: at % 2 === 0 ? [192, 0, 2, 1] : [0x20, 1, 0xd, 0xb8, ...Array<number>(11).fill(0), 1],
    port: 443 + at,
    vlan: at % 3 === 0 ? 7 : 0,
    counters: { [counter.name]: counter.storage === 'u64' ? Number.MAX_SAFE_INTEGER : 4_294_967_295 },
  }));
  assert.deepEqual(await store.write(windowBatch(window, rows), origin('every')), {
    stored: rows.length,
    lost: 0,
    reason: null,
  });
  await store.flush();
  const columns = windowCounters.map(({ column }) => column);
  const stored = await rowsOf(
    store,
    `SELECT toUnixTimestamp(ts), client_ip, server_ip, server_port, vlan, application, client_zone, server_zone, ${columns.join(', ')}
     FROM conv_10s WHERE probe = 'every' ORDER BY client_ip`
  );
  const expected = rows.map((row, at) => [
    window,
    `::ffff:10.0.0.${at}`,
    at % 2 === 0 ? '::ffff:192.0.2.1' : '2001:db8::1',
    443 + at,
    row.vlan,
    enrichment.applications.names[enrichment.applications.lookup(443 + at, 0, 0)],
    '/Office',
    at % 2 === 0 && row.vlan === 7 ? '/Lab' : '/Servers',
    ...windowCounters.map(({ name }) => row.counters[name] ?? 0),
  ]);
  assert.deepEqual(stored, expected);
});

test('a window comes back with its times, each as the middle of its bucket', async () => {
  const names = histograms.map(({ name }) => name);
  const rows = [
    {
      client: [10, 0, 0, 1],
      server: [192, 0, 2, 1],
      times: Object.fromEntries(names.map((name) => [name, [7, 7, 33]])),
    },
    { client: [10, 0, 0, 2], server: [192, 0, 2, 1] },
    {
      client: [10, 0, 0, 3],
      server: [192, 0, 2, 1],
      times: Object.fromEntries(names.map((name) => [name, [2 ** 40]])),
    },
  ];
  await store.write(windowBatch(window, rows), origin('times'));
  await store.flush();
  for (const { column } of histograms) {
    assert.deepEqual(await rowsOf(store, `SELECT ${column} FROM conv_10s WHERE probe = 'times' ORDER BY client_ip`), [
      [{ 7: '2', 33: '1' }],
      [{}],
      [{ [31.5 * 2 ** 35]: '1' }],
    ]);
  }
});

test('a connection comes back with all its facts', async () => {
  const longest = 'ShADadFfRr'.repeat(9).slice(0, historyLength);
  const batch = connectionBatch([
    {
      client: [10, 0, 0, 1],
      server: [192, 0, 2, 9],
      port: 8443,
      clientPort: 50_001,
      vlans: [7, 30],
      start: [1_700_000_000, 123_456_789],
      end: [1_700_000_002, 123_456_788],
      close: 'finrst',
      state: 'RSTO',
      history: longest,
      closer: 'server',
      aborter: 'client',
      stage: 'later',
      midstream: true,
      ct: 1_234_567,
      counters: Object.fromEntries(connectionCounters.map(({ name }, at) => [name, at + 1])),
    },
    {
      client: [10, 0, 0, 2],
      server: [192, 0, 2, 9],
      port: 8443,
      vlans: [1, 2, 3, 4, 5],
      start: [4_294_967_295, 999_999_999],
      end: [4_294_967_295, 999_999_999],
      close: 'noanswer',
      state: 'S0',
      history: 'S',
      certain: false,
      oneway: true,
      counters: { 'syn.count': 3 },
    },
  ]);
  await store.write(batch, origin('facts'));
  await store.flush();
  const stored = await store.select(
    `SELECT client_ip, client_port, server_zone, application, vlan, vlans, start, end, duration, close, state, history,
       closer, aborter, stage, role, midstream, oneway, ct, ${connectionCounters.map(({ column }) => column).join(', ')}
     FROM connections WHERE probe = {probe:String} ORDER BY client_ip`,
    { probe: { type: 'String', value: 'facts' } },
    limits
  );
  assert.deepEqual(toRows(stored), [
    [
      '::ffff:10.0.0.1', 50_001, '/Lab', 'HTTPS', 7, [7, 30],
      '2023-11-14T22:13:20.123456789Z', '2023-11-14T22:13:22.123456788Z', 1.999999999,
      'finrst', 'RSTO', longest, 'server', 'client', 'later', 'certain', true, false, 1.234567,
      ...connectionCounters.map((_, at) => at + 1),
    ],
    [
      '::ffff:10.0.0.2', 50_000, '/Servers', 'Shop', 1, [1, 2, 3, 4],
      '2106-02-07T06:28:15.999999999Z', '2106-02-07T06:28:15.999999999Z', 0,
      'noanswer', 'S0', 'S', '', '', '', 'guess', false, true, null,
      ...connectionCounters.map(({ name }) => (name === 'syn.count' ? 3 : 0)),
    ],
  ]); // prettier-ignore
});

test('an id finds its connection and no other', async () => {
  await store.write(syntheticConnections(window, 500), origin('ids'));
  await store.flush();
  const rows = await rowsOf(store, `SELECT id, client_ip, client_port FROM connections WHERE probe = 'ids'`);
  assert.equal(new Set(rows.map(([id]) => id)).size, 500);
  for (const [id, ip, port] of rows.slice(0, 5)) {
    const { where, parameters } = connectionById(String(id))!;
    const found = await store.select(
      `SELECT client_ip, client_port FROM connections WHERE ${where}`,
      parameters,
      limits
    );
    assert.deepEqual(toRows(found), [[ip, port]]);
  }
  assert.equal(connectionById('1'), null);
  assert.equal(connectionById(`${String(rows[0]![0])}' OR 1`), null);
});

test('each rollup has the sums and maxima of the windows below it, at the start of its own', async () => {
  const day = 1_699_920_000;
  const row = (n: number) => [
    {
      client: [10, 0, 0, 1],
      server: [192, 0, 2, 1],
      counters: { 'syn.count': n, 'ct.max': n * 10, 'bytes.srv': 2 ** 40 },
    },
  ];
  for (const [at, n] of [
    [0, 1],
    [50, 2],
    [60, 3],
    [3599, 4],
    [3600, 5],
    [86_390, 6],
    [86_400, 7],
  ] as const) {
    await store.write(windowBatch(day + at, row(n)), origin('rollup'));
  }
  await store.flush();
  assertRollupsEqual(await totals(store, `probe = 'rollup'`));
  const of = (table: string) =>
    rowsOf(
      store,
      `SELECT toUnixTimestamp(ts) - ${day}, sum(syn_count), max(ct_max), sum(bytes_srv)
       FROM ${table} WHERE probe = 'rollup' GROUP BY ts ORDER BY ts`
    );
  const big = 2 ** 40;
  assert.deepEqual(await of('conv_1m'), [
    [0, 3, 20, 2 * big], [60, 3, 30, big], [3540, 4, 40, big], [3600, 5, 50, big], [86_340, 6, 60, big], [86_400, 7, 70, big],
  ]); // prettier-ignore
  assert.deepEqual(await of('conv_1h'), [
    [0, 10, 40, 4 * big], [3600, 5, 50, big], [82_800, 6, 60, big], [86_400, 7, 70, big],
  ]); // prettier-ignore
  assert.deepEqual(await of('conv_1d'), [[0, 21, 60, 6 * big], [86_400, 7, 70, big]]); // prettier-ignore
});

test('a batch larger than a block is stored whole', async () => {
  const batch = syntheticWindow(window, 70_000, 5);
  assert.deepEqual(await store.write(batch, origin('large')), { stored: 70_000, lost: 0, reason: null });
  await store.flush();
  assert.deepEqual(await rowsOf(store, `SELECT count(), uniqExact(client_ip) FROM conv_10s WHERE probe = 'large'`), [
    [70_000, 70_000],
  ]);
});

test('an empty batch is nothing', async () => {
  assert.deepEqual(await store.write(windowBatch(window, []), origin()), { stored: 0, lost: 0, reason: null });
});

test('the same batch written twice is stored once, in the rollups too', async () => {
  const once = origin('twice');
  for (let i = 0; i < 3; i++) {
    await store.write(syntheticWindow(window, 100), once);
    await store.write(syntheticConnections(window, 100), once);
  }
  await store.flush();
  assertRollupsEqual(await totals(store, `probe = 'twice'`));
  assert.deepEqual(await rowsOf(store, `SELECT count() FROM conv_10s WHERE probe = 'twice'`), [[100]]);
  assert.deepEqual(await rowsOf(store, `SELECT count() FROM connections WHERE probe = 'twice'`), [[100]]);
});

test('a file imported again adds nothing: the store itself remembers, longer than the engine does', async () => {
  const source = { probe: 'import', hash: 'ab'.repeat(32), layout: 'v1-2' };
  const run = async () => {
    const importing = store.beginImport(source);
    for (let i = 0; i < 30; i++) {
      await importing.write(syntheticWindow(window + 86_400 * i, 50, i), 0);
      await importing.write(syntheticWindow(window + 86_400 * i, 50, i + 100), 1);
      await importing.write(syntheticConnections(window + 86_400 * i, 10, i), 0);
    }
    return importing.complete();
  };
  const inserts = store.stats().inserts.count;
  assert.deepEqual(await run(), { stored: 3300, duplicate: 0 });
  assert.equal(store.stats().inserts.count - inserts, 4, 'thirty days of small windows are gathered into few blocks');
  const first = await totals(store, `probe = 'import'`);
  assertRollupsEqual(first);
  assert.deepEqual(await run(), { stored: 0, duplicate: 3300 });
  assert.deepEqual(await totals(store, `probe = 'import'`), first);
  assert.deepEqual(await rowsOf(store, `SELECT count() FROM connections WHERE probe = 'import'`), [[300]]);
});

test('an import that was interrupted is completed, but not with blocks that are cut differently', async () => {
  const source = { probe: 'resumed', hash: 'cd'.repeat(32), layout: 'v1-1' };
  // Interrupted: one full block is on its way, the rest was never flushed.
  const interrupted = store.beginImport(source);
  await interrupted.write(syntheticWindow(window, 65_536, 1));
  await interrupted.write(syntheticWindow(window + 10, 10, 2));
  await store.flush();
  assert.deepEqual(await rowsOf(store, `SELECT count() FROM conv_10s WHERE probe = 'resumed'`), [[65_536]]);

  const other = store.beginImport({ ...source, layout: 'v1-2' });
  await other.write(syntheticWindow(window, 10, 1));
  await assert.rejects(other.complete(), { code: 'TCPS_E_IMPORT_CONFLICT', message: /v1-2/ });

  const again = store.beginImport(source);
  await again.write(syntheticWindow(window, 65_536, 1));
  await again.write(syntheticWindow(window + 10, 10, 2));
  assert.deepEqual(await again.complete(), { stored: 10, duplicate: 65_536 });
  const all = await totals(store, `probe = 'resumed'`);
  assertRollupsEqual(all);
  assert.deepEqual(await rowsOf(store, `SELECT count() FROM conv_10s WHERE probe = 'resumed'`), [[65_546]]);
});

test('the store tells its sizes, counts and health', async () => {
  await store.write(syntheticWindow(window, 10), origin('sizes'));
  const windows = [{ ...noSums(), window, poor: null }];
  await store.write({ kind: 'feed', rows: 1, capture: 'eth0', windows }, origin('sizes'));
  await store.flush();
  const { tables, free, engineMemory, quarantined } = await store.diskUse();
  assert.deepEqual(
    tables.map(({ table }) => table),
    ['conv_10s', 'conv_1m', 'conv_1h', 'conv_1d', 'connections', 'feed']
  );
  for (const { table, rows, bytes, oldest, newest } of tables) {
    assert.ok(rows > 0 && bytes > 0 && oldest! <= newest!, table);
  }
  assert.ok(free > 0 && engineMemory! > 0);
  assert.deepEqual(quarantined, { files: 0, bytes: 0 });
  const { state, reasons, stats } = store.health();
  assert.equal(state, 'degraded');
  assert.deepEqual(reasons, ['10 rows were not stored: import-conflict']);
  assert.ok(stats.written.conv_10s! > 70_000 && stats.inserts.count > 10 && stats.inserts.maxMs > 0);
  assert.deepEqual([stats.spool.files, stats.spool.bytes, stats.engine.state], [0, 0, 'ready']);
  const failed = stats.queries.failed.TCPS_E_QUERY_FAILED ?? 0;
  await assert.rejects(store.select('SELECT x', {}, limits));
  assert.equal(store.stats().queries.failed.TCPS_E_QUERY_FAILED, failed + 1);
});

test('after a restart everything is there and goes on, and imports are still known', async () => {
  const config = testConfig();
  const source = { probe: 'import', hash: 'ef'.repeat(32), layout: 'l' };
  const first = await openTestStore(config);
  await first.write(syntheticWindow(window, 1000, 1), origin());
  const importing = first.beginImport(source);
  await importing.write(syntheticWindow(window, 100, 2));
  await importing.complete();
  await first.flush();
  const before = await totals(first);
  await first.stop();
  assert.deepEqual(await first.write(syntheticWindow(window, 5), origin()), { stored: 0, lost: 5, reason: 'stopped' });

  const log = memoryLog();
  const second = await openTestStore(config, { log });
  try {
    assert.deepEqual(log.lines, [], 'nothing was migrated or changed');
    assert.deepEqual(await totals(second), before);
    const again = second.beginImport(source);
    await again.write(syntheticWindow(window, 100, 2));
    assert.deepEqual(await again.complete(), { stored: 0, duplicate: 100 });
    assert.deepEqual(await totals(second), before);
  } finally {
    await second.stop();
  }
});

test('a second owner is refused and told who holds the store', async () => {
  const config = testConfig();
  const first = await openTestStore(config, { command: 'tcpscope serve' });
  await assert.rejects(openTestStore(config), {
    code: 'TCPS_E_STORE_LOCKED',
    message: new RegExp(`process ${process.pid} \\(tcpscope serve\\), since 20`),
  });
  await first.stop();
  await (await openTestStore(config)).stop();
});

test('a folder that cannot be used is said to be so', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  await assert.rejects(openTestStore(testConfig({ folder: join(file, 'store') })), {
    code: 'TCPS_E_STORE_FOLDER',
    message: /ENOTDIR|not a directory/,
  });
});

test('damaged and foreign files in the spool are set aside, the others stored', async () => {
  const config = testConfig();
  const spool = await openSpool(config, { enrichment });
  const outcomes = [];
  for (const probe of ['good', 'cut', 'changed', 'good']) {
    outcomes.push(await spool.write(syntheticWindow(window, 10), origin(probe)));
  }
  const folder = join(config.folder, 'spool');
  const named = (probe: string) =>
    join(
      folder,
      readdirSync(folder).find((name) => name.includes(`.${probe}.`))!
    );
  truncateSync(named('cut'), 100);
  const bytes = readFileSync(named('changed'));
  bytes[bytes.length - 20]! ^= 1;
  writeFileSync(named('changed'), bytes);
  writeFileSync(join(folder, 'core'), 'not ours');
  mkdirSync(join(folder, 'lost+found'));
  // Says of itself what is true, but is no block.
  const nonsense = '0000000000001-000000.conv_10s.3.5.3610a686.capture.p.r.%.0.0.native';
  writeFileSync(join(folder, nonsense), 'hello');
  const log = memoryLog();
  const opened = await openTestStore(config, { log });
  try {
    await opened.flush();
    assert.deepEqual(await rowsOf(opened, 'SELECT probe, count() FROM conv_10s GROUP BY probe'), [['good', 20]]);
    assert.deepEqual(readdirSync(folder), []);
    const aside = readdirSync(join(config.folder, 'quarantine')).filter((name) => !name.endsWith('.reason.txt'));
    assert.equal(aside.length, 5);
    assert.ok(aside.includes('core') && aside.includes('lost+found') && aside.includes(nonsense));
    assert.equal(opened.stats().unwritten.quarantined?.rows, 23);
    assert.match(opened.health().reasons.join(), /23 rows were not stored: quarantined/);
    assert.equal(log.lines.filter((line) => line.includes('set aside')).length, 5);
  } finally {
    await opened.stop();
  }
});

test('a counter that is added to the catalogue is added to the store, and the rollups fill it', async () => {
  const config = testConfig();
  const newcomers = new Set(['rst.afteridle', 'bytes.clt']);
  const older = schemaOf(counters.filter(({ name }) => !newcomers.has(name)));
  const row = (n: number) => [
    { client: [10, 0, 0, 1], server: [192, 0, 2, 1], counters: { 'syn.count': n, 'rst.afteridle': n, 'bytes.clt': n } },
  ];
  const before = await openTestStore(config, { schema: older });
  await before.write(windowBatch(window, row(1)), origin('grown'));
  await before.flush();
  await assert.rejects(rowsOf(before, 'SELECT rst_afteridle FROM conv_10s'), { code: 'TCPS_E_QUERY_FAILED' });
  await before.stop();

  // A new catalogue without its migration is noticed at once.
  await assert.rejects(openTestStore(config), {
    code: 'TCPS_E_STORE_SCHEMA',
    message: /conv_10s\.bytes_clt is missing, not UInt64/,
  });

  const added: Migration = { number: migrations.length + 1, name: 'two counters', apply: addMissingColumns };
  const log = memoryLog();
  const after = await openTestStore(config, { migrations: [...migrations, added], log });
  try {
    await after.write(windowBatch(window + 10, row(2)), origin('grown'));
    await after.flush();
    assert.match(log.lines.join('\n'), /bringing the store up to date: two counters/);
    for (const { name } of windowTables) {
      assert.deepEqual(
        await rowsOf(after, `SELECT sum(syn_count), sum(rst_afteridle), sum(bytes_clt) FROM ${name}`),
        [[3, 2, 2]],
        name
      );
    }
    assert.deepEqual(await rowsOf(after, 'SELECT number, name FROM migrations ORDER BY number'), [
      ...migrations.map(({ number, name }) => [number, name]),
      [added.number, 'two counters'],
    ]);
  } finally {
    await after.stop();
  }

  // And who knows only the older schema keeps its hands off.
  await assert.rejects(openTestStore(config), {
    code: 'TCPS_E_STORE_NEWER',
    message: new RegExp(`schema ${added.number}, this one knows up to ${migrations.length}`),
  });
});

test('rows from before there were histograms have no times, and those that come after are added up', async () => {
  const config = testConfig();
  const row = (times: readonly number[]) => [
    {
      client: [10, 0, 0, 1],
      server: [192, 0, 2, 1],
      counters: { 'ct.count': 2 },
      times: Object.fromEntries(histograms.map(({ name }) => [name, times])),
    },
  ];
  const older = { schema: schemaOf(counters, []), migrations: migrations.slice(0, 5) };
  const before = await openTestStore(config, older);
  await before.write(windowBatch(window, row([5, 6])), origin('grown'));
  await before.flush();
  await before.stop();

  const after = await openTestStore(config);
  try {
    for (const { name } of windowTables) {
      for (const { column } of histograms) {
        assert.deepEqual(await rowsOf(after, `SELECT ct_count, ${column} FROM ${name}`), [[2, {}]], name);
      }
    }
    await after.write(windowBatch(window, row([7, 8])), origin('grown'));
    await after.write(windowBatch(window, row([8])), origin('grown'));
    await after.flush();
    for (const { name } of windowTables) {
      for (const { column } of histograms) {
        assert.deepEqual(
          await rowsOf(after, `SELECT sum(ct_count), sumMap(${column}) FROM ${name}`),
          [[6, { 7: '1', 8: '2' }]],
          name
        );
      }
    }
  } finally {
    await after.stop();
  }
});

test('rows from before an upgrade that wait in the spool are stored after it', async () => {
  const config = testConfig();
  const older = schemaOf(counters.filter(({ name }) => name !== 'rst.afteridle'));
  const first = await openTestStore(config, { schema: older });
  await first.stop();
  const spool = await openSpool(config, { enrichment, schema: older });
  await spool.write(
    windowBatch(window, [{ client: [10, 0, 0, 1], server: [192, 0, 2, 1], counters: { 'syn.count': 4 } }]),
    origin()
  );
  const added: Migration = { number: migrations.length + 1, name: 'a counter', apply: addMissingColumns };
  const upgraded = await openTestStore(config, { migrations: [...migrations, added] });
  try {
    await upgraded.flush();
    assert.deepEqual(await rowsOf(upgraded, 'SELECT syn_count, rst_afteridle FROM conv_10s'), [[4, 0]]);
  } finally {
    await upgraded.stop();
  }
});

test('rows go when their time is over, counted from when they were stored', async () => {
  const hour = 3600_000;
  const config = testConfig({ retention: { conv_10s: '1h', connections: '1h' } });
  // Rows of 2023, stored two hours ago: the time of their packets does not matter.
  const past = await openTestStore(config, { now: () => Date.now() - 2 * hour });
  await past.write(syntheticWindow(window, 100), origin());
  await past.write(syntheticConnections(window, 100), origin());
  await past.flush();
  await past.stop();
  const present = await openTestStore(config);
  try {
    await present.write(syntheticWindow(window, 10), origin());
    await present.flush();
    // The engine drops parts in its own time; a change of the retention makes it look now.
    await present.stop();
    const shorter = { ...config, retention: { ...config.retention, conv_10s: 1800, connections: 1800 } };
    const log = memoryLog();
    const changed = await openTestStore(shorter, { log });
    try {
      assert.match(log.lines.join('\n'), /changing retention .*conv_10s.*toIntervalSecond\(1800\)/);
      await until('the old rows are gone', async () => {
        const [[windows], [connections]] = (await rowsOf(
          changed,
          'SELECT count() FROM conv_10s UNION ALL SELECT count() FROM connections'
        )) as [[number], [number]];
        return windows + connections === 10;
      });
      assert.deepEqual(await rowsOf(changed, "SELECT sum(rows) FROM system.parts WHERE active AND table = 'conv_1m'"), [
        [110],
      ]);
    } finally {
      await changed.stop();
    }
  } finally {
    await present.stop();
  }
});

test('retention and fsync follow the configuration at every start', async () => {
  const config = testConfig({ fsync: true });
  const ttl = /TTL inserted \+ toIntervalSecond\((\d+)\)/;
  for (const [lifetime, expected] of [
    ['2h', '7200'],
    ['forever', undefined],
    ['3h', '10800'],
  ] as const) {
    const { retention } = testConfig({ retention: { conv_1d: lifetime } });
    const opened = await openTestStore({ ...config, retention });
    try {
      const [[definition]] = (await rowsOf(
        opened,
        `SELECT engine_full FROM system.tables WHERE name = 'conv_1d' AND database = currentDatabase()`
      )) as [[string]];
      assert.equal(ttl.exec(definition)?.[1], expected);
      assert.deepEqual(
        await rowsOf(opened, `SELECT value FROM system.merge_tree_settings WHERE name = 'fsync_after_insert'`),
        [['1']]
      );
      assert.deepEqual(await opened.write(syntheticWindow(window, 5), origin()), { stored: 5, lost: 0, reason: null });
      await opened.flush();
    } finally {
      await opened.stop();
    }
  }
});
