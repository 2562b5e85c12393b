import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { memoryLog, temporaryFolder, toRows, until } from '../store-fixture.js';
import { EmbeddedEngine, type EmbeddedOptions } from './embedded.js';
import type { Parameters, SelectOptions } from './engine.js';

const mebibyte = 1024 ** 2;
const log = memoryLog();
const options = (changes: Partial<EmbeddedOptions> = {}): EmbeddedOptions => ({
  folder: temporaryFolder(),
  memory: 1024 * mebibyte,
  queryMemory: 64 * mebibyte,
  concurrentQueries: 2,
  queuedQueries: 2,
  queryTimeout: 20,
  fsync: false,
  restartPatienceMs: 120_000,
  log,
  now: Date.now,
  ...changes,
});
const limits: SelectOptions = { timeoutMs: 10_000, maxRows: 1000 };
const slow = 'SELECT count() FROM numbers(1000000000000) WHERE number % 7 = 1';

let engine: EmbeddedEngine;
before(async () => {
  engine = await EmbeddedEngine.start(options());
});
after(() => engine.stop());

async function value(sql: string, parameters: Parameters = {}): Promise<unknown> {
  return toRows(await engine.select(sql, parameters, limits))[0]![0];
}

test('any text passes through a parameter unchanged, alone and in an array', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom('\\', "'", '"', '`', '\0', '\n', '\r', '\t', '\b', '\f', '{', '}', ';', '-', 'N', ',', ']'),
    })
  );
  await fc.assert(
    fc.asyncProperty(text, fc.array(text, { maxLength: 4 }), async (one, many) => {
      const rows = toRows(
        await engine.select(
          'SELECT {one:String}, {many:Array(String)}',
          { one: { type: 'String', value: one }, many: { type: 'Array(String)', value: many } },
          limits
        )
      );
      assert.deepEqual(rows, [[one, many]]);
    }),
    { numRuns: 200 }
  );
});

test('parameters of every type that queries use arrive as that type', async () => {
  const cases: Array<[string, Parameters[string]['value'], unknown]> = [
    ['UInt64', 18_446_744_073_709_551_615n, '18446744073709551615'],
    ['Int64', -5, -5],
    ['Float64', 0.1, 0.1],
    ['Bool', true, true],
    ['Nullable(UInt8)', null, null],
    ['IPv6', '10.1.2.3', '::ffff:10.1.2.3'],
    ['Array(IPv6)', ['10.0.0.1', '2001:db8::1'], ['::ffff:10.0.0.1', '2001:db8::1']],
    ['Array(UInt16)', [80, 443], [80, 443]],
    ["DateTime('UTC')", 1_700_000_000, '2023-11-14T22:13:20Z'],
    ["DateTime64(3, 'UTC')", '1700000000.125', '2023-11-14T22:13:20.125Z'],
  ];
  for (const [type, given, expected] of cases) {
    assert.deepEqual(await value(`SELECT {x:${type}}`, { x: { type, value: given } }), expected, type);
  }
});

test('missing numbers are null, not NaN', async () => {
  assert.equal(await value('SELECT 0 / 0'), null);
  assert.equal(await value('SELECT 1 / 0'), null);
});

test('rows beyond the limit stay in the engine', async () => {
  const selection = await engine.select('SELECT number FROM numbers(100000000)', {}, { ...limits, maxRows: 5 });
  assert.deepEqual([selection.rows, selection.truncated], [5, true]);
  assert.deepEqual(selection.data, [[0, 1, 2, 3, 4]]);
});

test('a query reads nothing outside the database and changes nothing inside it', async () => {
  const secret = join(temporaryFolder(), 'secret.txt');
  writeFileSync(secret, 'secret');
  const forbidden = [
    `SELECT * FROM file('${secret}', LineAsString)`,
    `SELECT * FROM url('http://127.0.0.1:9/', LineAsString)`,
    `SELECT * FROM executable('/bin/id', LineAsString, 'x String')`,
    'CREATE TABLE x (a UInt8) ENGINE = Memory',
    'DROP DATABASE tcpscope',
    'INSERT INTO x VALUES (1)',
    `SELECT 1 INTO OUTFILE '${secret}'`,
  ];
  for (const sql of forbidden) {
    await assert.rejects(engine.select(sql, {}, limits), { code: 'TCPS_E_QUERY_FAILED' }, sql);
  }
});

test('a query that takes too long is stopped in the engine', async () => {
  await assert.rejects(engine.select(slow, {}, { timeoutMs: 200, maxRows: 1 }), {
    code: 'TCPS_E_QUERY_TIMEOUT',
    message: /longer than 0.2 s/,
  });
  await until('the place is free', () => engine.status.running === 0);
});

test('a query that wants too much memory is refused, and the engine lives on', async () => {
  await assert.rejects(
    engine.select('SELECT length(groupArray(toString(number))) FROM numbers(20000000)', {}, limits),
    { code: 'TCPS_E_QUERY_MEMORY', message: /64MiB/ }
  );
  assert.equal(await value('SELECT 1'), 1);
});

test('what a failed query had put out is not part of the next answer', async () => {
  const failing = 'SELECT number, throwIf(number = 200000) FROM numbers(1000000)';
  for (let i = 0; i < 6; i++) {
    await assert.rejects(engine.select(failing, {}, { ...limits, maxRows: 500_000 }), /throwIf/);
    assert.deepEqual(toRows(await engine.select(`SELECT ${i}`, {}, limits)), [[i]]);
  }
});

test('a cancelled query ends at once and frees its place soon', async () => {
  const controller = new AbortController();
  const query = engine.select(slow, {}, { ...limits, signal: controller.signal });
  await until('the query runs', async () => {
    const rows = toRows(
      await engine.select(`SELECT count() FROM system.processes WHERE query LIKE '%% 7 = 1%'`, {}, limits)
    );
    return Number(rows[0]![0]) > 1;
  });
  controller.abort();
  await assert.rejects(query, { code: 'TCPS_E_QUERY_CANCELLED' });
  await until('the place is free', () => engine.status.running === 0);
});

test('queries beyond places and queue are refused', async () => {
  const controller = new AbortController();
  const many = Array.from({ length: 4 }, () => engine.select(slow, {}, { ...limits, signal: controller.signal }));
  await until('the queue is full', () => engine.status.queued === 2);
  await assert.rejects(engine.select('SELECT 1', {}, limits), { code: 'TCPS_E_STORE_BUSY' });
  controller.abort();
  for (const outcome of await Promise.allSettled(many)) {
    assert.equal((outcome as PromiseRejectedResult).reason.code, 'TCPS_E_QUERY_CANCELLED');
  }
  await until('the places are free', () => engine.status.running === 0);
});

test('a mistake in a query says what the engine said', async () => {
  await assert.rejects(engine.select('SELECT nothing FROM nowhere', {}, limits), {
    code: 'TCPS_E_QUERY_FAILED',
    message: /nowhere/,
  });
});

test('a crash fails the query in flight with a clear error, and the engine comes back', async () => {
  const { pid } = engine.status;
  const query = engine.select(slow, {}, limits);
  await until('the query runs', () => engine.status.running === 1);
  process.kill(pid!, 'SIGKILL');
  await assert.rejects(query, { code: 'TCPS_E_STORE_ENGINE_STOPPED', message: /killed by SIGKILL/ });
  assert.equal(await value('SELECT currentDatabase()'), 'tcpscope', 'the next query waits for the restart');
  const { restarts, lastFailure, state } = engine.status;
  assert.deepEqual([restarts, lastFailure, state], [1, 'killed by SIGKILL', 'ready']);
  assert.notEqual(engine.status.pid, pid);
  assert.match(log.lines.join('\n'), /database engine ended, restarting it/);
});

test('a query that is cancelled while the engine restarts is not begun, and keeps no place', async () => {
  const controller = new AbortController();
  process.kill(engine.status.pid!, 'SIGKILL');
  await until('the engine is gone', () => engine.status.state === 'restarting');
  const query = engine.select(slow, {}, { ...limits, signal: controller.signal });
  await until('it waits', () => engine.status.running === 1);
  controller.abort();
  await assert.rejects(query, { code: 'TCPS_E_QUERY_CANCELLED' });
  await until('the place is free', () => engine.status.running === 0, limits.timeoutMs / 2);
});

test('an engine that hangs is killed and replaced', async () => {
  const hanging = await EmbeddedEngine.start(options({ graceMs: 300 }));
  try {
    process.kill(hanging.status.pid!, 'SIGSTOP');
    await assert.rejects(hanging.select('SELECT 1', {}, { timeoutMs: 100, maxRows: 1 }), {
      code: 'TCPS_E_STORE_ENGINE_STOPPED',
    });
    assert.deepEqual(toRows(await hanging.select('SELECT 1', {}, limits)), [[1]]);
  } finally {
    await hanging.stop();
  }
});

test('signals for the whole group do not end the engine', async () => {
  const { pid } = engine.status;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.kill(pid!, signal);
  }
  assert.equal(await value('SELECT 1'), 1);
  assert.equal(engine.status.pid, pid);
});

test('the engine keeps to the limits of the configuration', async () => {
  const settings = await engine.select(
    `SELECT name, value FROM system.server_settings WHERE name IN ('max_server_memory_usage', 'background_pool_size') ORDER BY name`,
    {},
    limits
  );
  assert.deepEqual(toRows(settings), [
    ['background_pool_size', '2'],
    ['max_server_memory_usage', String(1024 * mebibyte)],
  ]);
  assert.ok((await engine.memory())! > 10 * mebibyte);
});

test('without the binding the error says what to install', async () => {
  await assert.rejects(EmbeddedEngine.start(options({ module: 'chdb-is-not-here' })), {
    code: 'TCPS_E_STORE_ENGINE_MISSING',
    message: /npm install chdb/,
  });
});

test('two engines on one folder: the second says why it does not start', async () => {
  const folder = temporaryFolder();
  const first = await EmbeddedEngine.start(options({ folder }));
  try {
    await assert.rejects(EmbeddedEngine.start(options({ folder })), {
      code: 'TCPS_E_STORE_ENGINE_FAILED',
      message: /Cannot lock file/,
    });
  } finally {
    await first.stop();
  }
});

test('a stopped engine refuses', async () => {
  const stopped = await EmbeddedEngine.start(options());
  await stopped.stop();
  await assert.rejects(stopped.select('SELECT 1', {}, limits), { code: 'TCPS_E_STORE_UNAVAILABLE' });
  await assert.rejects(stopped.execute('SELECT 1'), { code: 'TCPS_E_STORE_UNAVAILABLE' });
});
