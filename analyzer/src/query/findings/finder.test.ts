import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import threads from 'node:worker_threads';
import { defaultThresholds } from '../../diagnose/index.js';
import { errorKinds, TcpscopeError } from '../../errors.js';
import type { TableAnswer } from '../answer.js';
import { fixedNow, queriesOn } from '../query-fixture.js';
import { columnNames } from '../stored-facts.js';
import { find } from './find.js';
import { Finder } from './finder.js';

/** What the engine answers: attempts of as many clients that a server refuses. */
function refusals(attempts: number): Uint8Array {
  const values: Record<string, (row: number) => unknown> = {
    client_ip: (row) => `::ffff:10.${row >> 16}.${(row >> 8) & 255}.${row & 255}`,
    server_ip: () => '::ffff:10.9.0.1',
    server_zone: () => '',
    start_seconds: (row) => 1_700_000_000 + row,
    end_seconds: (row) => 1_700_000_001 + row,
    close: () => 'refused',
    closer: () => '',
    aborter: () => 'server',
    cause: () => 'refused',
    confidence: () => 0.9,
    ct: () => null,
    silence: () => null,
    facts: () => [],
    poor_feed: () => '',
  };
  const names = columnNames('ends');
  const columns = names.map((name) => Array.from({ length: attempts }, (_, row) => values[name]?.(row) ?? 1));
  const meta = names.map((name) => ({ name, type: 'String' }));
  const data = Object.fromEntries(names.map((name, i) => [name, columns[i]]));
  return new TextEncoder().encode(JSON.stringify({ meta, data, rows: attempts }));
}

const task = { most: 100_000, limit: 10, thresholds: defaultThresholds };
const never = new AbortController().signal;
const ask = (attempts: number) => () => Promise.resolve(refusals(attempts));
const broken = () => Promise.resolve(new TextEncoder().encode('{"meta":'));
const threadEnded = { code: errorKinds.queryThread.code };

describe('findings in a thread', () => {
  const finder = new Finder();
  after(() => finder.stop());

  test('are those that are found without one', async () => {
    const found = await finder.find(ask(300), task, never);
    assert.deepEqual(found, find({ ...task, answer: refusals(300) }));
    assert.deepEqual(
      found.rows.map(({ kind, connections }) => [kind, connections]),
      [['refusal-storm', 300]]
    );
  });

  test('leave the memory alone that the engine’s answer lies in with others, as from a channel between processes', async () => {
    const answer = refusals(300);
    const channel = Buffer.concat([answer, Buffer.from('another answer')]);
    const { rows } = await finder.find(() => Promise.resolve(channel.subarray(0, answer.length)), task, never);
    assert.equal(rows.length, 1);
    assert.equal(channel.subarray(answer.length).toString(), 'another answer');
  });

  test('are found by a later question when the system had no thread to give for one', async () => {
    const other = new Finder();
    const { Worker } = threads;
    // What Node throws at the limit of threads of a service or a container.
    threads.Worker = class {
      constructor() {
        throw new Error('EAGAIN');
      }
    } as unknown as typeof Worker;
    syncBuiltinESMExports();
    try {
      await assert.rejects(other.find(ask(300), task, never), { ...threadEnded, message: /EAGAIN/ });
    } finally {
      threads.Worker = Worker;
      syncBuiltinESMExports();
    }
    const { rows } = await other.find(ask(300), task, AbortSignal.timeout(20_000));
    assert.equal(rows.length, 1);
    await other.stop();
  });

  test('keep nobody else waiting', async () => {
    /** @param work asks the engine, whose answer comes together with another question, and works findings out */
    const orderOf = async (work: (ask: () => Promise<Uint8Array>) => Promise<unknown>) => {
      const order: string[] = [];
      let other: Promise<unknown> = Promise.resolve();
      const asked = async () => {
        other = new Promise<void>((resolve) => setImmediate(resolve)).then(() => order.push('another question'));
        return refusals(5000);
      };
      await work(asked).then(() => order.push('findings'));
      await other;
      return order;
    };
    const inService = async (asked: () => Promise<Uint8Array>) => {
      const selectUnread = async () => ({ bytes: await asked(), elapsedMs: 1 });
      const queries = queriesOn({ select: assert.fail, stats: assert.fail, selectUnread });
      const answer = await queries.answer({ refId: 'A', kind: 'findings', from: 0, to: fixedNow });
      await queries.stop();
      assert.equal((answer as TableAnswer).rows, 1);
    };
    assert.deepEqual(await orderOf(inService), ['another question', 'findings']);
    // What this test would see if they were worked out where they are asked for.
    const here = async (asked: () => Promise<Uint8Array>) => find({ ...task, answer: await asked() });
    assert.deepEqual(await orderOf(here), ['findings', 'another question']);
  });

  test('are worked out one question after the other, and the engine is asked when it is a question’s turn', async () => {
    const order: string[] = [];
    const asking = (name: string) => async () => {
      order.push(`${name} asked`);
      return refusals(100);
    };
    const answers = ['a', 'b', 'c'].map((name) =>
      finder.find(asking(name), task, never).then(() => order.push(`${name} found`))
    );
    await Promise.all(answers);
    assert.deepEqual(order, ['a asked', 'a found', 'b asked', 'b found', 'c asked', 'c found']);
  });

  test('whose thread crashes are an error, and the next question is answered', async () => {
    await assert.rejects(finder.find(broken, task, never), threadEnded);
    assert.equal((await finder.find(ask(20), task, never)).rows.length, 1);
  });

  test('that nobody waits for any more are given up, and the next question is answered', async () => {
    const reason = new TcpscopeError(errorKinds.queryCancelled);
    const given = new AbortController();
    const asked = async () => {
      setImmediate(() => given.abort(reason));
      return refusals(50_000);
    };
    const working = finder.find(asked, task, given.signal);
    const waits = new AbortController();
    const waiting = finder.find(() => assert.fail('asked in vain'), task, waits.signal);
    waits.abort(reason);
    await assert.rejects(waiting, reason);
    await assert.rejects(working, reason);
    await assert.rejects(finder.find(ask(20), task, AbortSignal.abort(reason)), reason);
    assert.equal((await finder.find(ask(20), task, never)).rows.length, 1);
  });

  test('that the engine has no rows for are its error, and the next question is answered', async () => {
    const down = new TcpscopeError(errorKinds.storeUnavailable, ['it was stopped']);
    await assert.rejects(
      finder.find(() => Promise.reject(down), task, never),
      down
    );
    assert.equal((await finder.find(ask(20), task, never)).rows.length, 1);
  });
});

test('a thread that waits for questions keeps no process alive, and one that works does', async () => {
  const finder = new URL('./finder.ts', import.meta.url).href;
  const program = `
    import { Finder } from '${finder}';
    const answer = new TextEncoder().encode('{"meta":[],"data":{},"rows":0}');
    const task = { most: 1, limit: 1, thresholds: ${JSON.stringify(defaultThresholds)} };
    const { rows } = await new Finder(3_600_000).find(async () => answer, task, new AbortController().signal);
    console.log('found', rows.length);`;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
  assert.equal(stdout, 'found 0\n');
});

test('a thread that was asked nothing for a while ends, and so does one that is stopped', async () => {
  const threads = () => (process.report.getReport() as unknown as { workers: unknown[] }).workers.length;
  const before = threads();
  const impatient = new Finder(1);
  await impatient.find(ask(1), task, never);
  while (threads() > before) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const patient = new Finder(3_600_000);
  await patient.find(ask(1), task, never);
  assert.equal(threads(), before + 1);
  await patient.stop();
  assert.equal(threads(), before);
});
