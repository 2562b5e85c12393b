import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TcpscopeError } from '../errors.js';
import type { ConnectionRow, WindowRow } from '../flow/batch-fixture.js';
import type { Store } from '../store/store.js';
import type { SeriesAnswer, TableAnswer } from './answer.js';
import type { Queries } from './queries.js';
import {
  fill,
  fillJudged,
  generator,
  midnight,
  openFilled,
  queriesOn,
  type Judged,
  type Rows,
} from './query-fixture.js';

const noon = midnight + 12 * 3600;
const range = { from: noon * 1000, to: (noon + 1800) * 1000 };

const bad = (client: number, server: number, port: number, second: number): ConnectionRow => ({
  client: [10, 0, 0, client],
  server: [10, 0, 9, server],
  port,
  clientPort: 30_000 + (port % 1000),
  start: [noon + Math.floor(second), (second % 1) * 1e9],
  end: [noon + Math.floor(second), (second % 1) * 1e9],
  close: 'refused',
  state: 'REJ',
  history: 'Sr',
  aborter: 'server',
  stage: 'post_syn',
  counters: { 'syn.count': 1, 'rst.count.srv': 1, 'packets.clt': 1, 'packets.srv': 1 },
});
const good = (client: number, server: number, port: number, second: number): ConnectionRow => ({
  ...bad(client, server, port, second),
  ...{ close: 'fin', state: 'SF', history: 'ShADadFf', closer: 'client', aborter: null, stage: null, ct: 20_000 },
  counters: { 'syn.count': 1, 'packets.clt': 5, 'packets.srv': 5, 'bytes.clt': 100, 'bytes.srv': 1000 },
});

/** What conversations of a kind counted in the window of their connections. */
const windowsOf = (connections: readonly ConnectionRow[]): Rows => {
  const rows = new Map<number, WindowRow[]>();
  for (const { client, server, port, start, close } of connections) {
    const window = Math.floor(start![0] / 10) * 10;
    const refused = close === 'refused' ? { 'refused.count': 1, 'rst.conn.srv': 1 } : { 'ct.count': 1 };
    const row = { client, server, port: port!, counters: { 'attempt.count': 1, 'syn.count': 1, ...refused } };
    rows.set(window, [...(rows.get(window) ?? []), row]);
  }
  return [...rows].sort(([a], [b]) => a - b);
};

const openWith = async (connections: readonly ConnectionRow[]): Promise<Store> => {
  const store = await openFilled();
  await fill(store, 'paris', windowsOf(connections), connections);
  return store;
};

const many = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i));

describe('scans', () => {
  const scan = many(20, (i) => bad(1, 1, 1000 + i, 300 + i));
  const sweep = many(30, (i) => bad(2, i, 22, 400 + i / 2));
  const honest = [
    ...many(20, (i) => bad(1, 2, 443, 310 + i)), // the scanner asks another host for one port
    ...many(20, (i) => bad(3, 1, 443, 320 + i)), // does not give up
    ...many(40, (i) => (i % 2 === 0 ? good : bad)(4, i, 80, 330 + i)), // half of its hosts answer
    ...many(20, (i) => bad(5, 1, 2000 + i, 90 * i)), // so slowly that it may be anything
  ];
  let store: Store;
  let queries: Queries;
  before(async () => {
    store = await openWith([...scan, ...sweep, ...honest]);
    queries = queriesOn(store, { now: () => range.to });
  });
  after(() => store.stop());

  const ask = (more: object) =>
    queries.answer({ refId: 'A', kind: 'top', metrics: ['attempt.count'], ...range, ...more });
  const attempts = async (more: object = {}) => {
    const { columns, rows } = (await ask({ groupBy: ['client.ip'], orderBy: 'client.ip asc', ...more })) as TableAnswer;
    return Object.fromEntries(many(rows, (i) => [columns[0]!.values[i], columns[1]!.values[i]]));
  };

  test('are left out with all that they count, and nothing else is', async () => {
    const others = { '10.0.0.3': 20, '10.0.0.4': 40, '10.0.0.5': 20 };
    assert.deepEqual(await attempts(), { '10.0.0.1': 40, '10.0.0.2': 30, ...others });
    assert.deepEqual(await attempts({ leaveOut: ['scans'] }), { '10.0.0.1': 20, ...others });
  });

  test('are named in a notice', async () => {
    const { notices } = await ask({ leaveOut: ['scans'] });
    assert.deepEqual(
      notices.map(({ text }) => text),
      ['Left out as scans: 10.0.0.2 (port 22 of 30 hosts), 10.0.0.1 (20 ports of 10.0.9.1).']
    );
    assert.deepEqual((await ask({})).notices, []);
  });

  test('count no attempt over time: where they were all there was, it is 0 and not unknown', async () => {
    const series = async (leaveOut: readonly string[]) => {
      const query = { kind: 'timeseries', filter: 'server.port = 22', intervalMs: 10_000, maxDataPoints: 1000 };
      const { times, series: found } = (await ask({ ...query, leaveOut })) as SeriesAnswer;
      return found[0]?.values[0]?.[times.indexOf(noon + 400)];
    };
    assert.deepEqual([await series([]), await series(['scans'])], [20, 0]);
  });

  test('are left out of filters on sums, of closes and of conversations', async () => {
    const filter = 'refused.count > 0';
    assert.equal((await attempts({ leaveOut: ['scans'], filter }))['10.0.0.2'], undefined);
    const rows = async (kind: string, leaveOut: readonly string[]) =>
      ((await ask({ kind, metrics: [], limit: 1000, filter: 'server.port = 22', leaveOut })) as TableAnswer).rows;
    assert.deepEqual([await rows('conversations', []), await rows('conversations', ['scans'])], [30, 0]);
    const refused = async (leaveOut: readonly string[]) => {
      const { columns } = (await ask({ kind: 'closes', metrics: [], leaveOut })) as TableAnswer;
      const at = columns[0]!.values.indexOf('refused');
      return columns[1]!.values[at];
    };
    assert.deepEqual([await refused([]), await refused(['scans'])], [130, 80]);
  });

  test('that began before the range are scans in it', async () => {
    // Ten of its twenty ports alone would be too few.
    const late = { from: (noon + 310) * 1000, to: (noon + 330) * 1000 };
    assert.equal((await attempts(late))['10.0.0.1'], 30);
    assert.equal((await attempts({ ...late, leaveOut: ['scans'] }))['10.0.0.1'], 20);
  });

  test('of a range without any window are nobody’s', async () => {
    const none = { from: range.from + 1000, to: range.from + 5000 };
    assert.deepEqual(await attempts({ ...none, leaveOut: ['scans'] }), {});
  });

  test('a wrong word for it is refused', async () => {
    const invalid = ({ code }: TcpscopeError) => code === 'TCPS_E_QUERY_INVALID';
    await assert.rejects(ask({ leaveOut: ['nothing'] }), invalid);
  });
});

test('what is left out is what the findings call scans, on traffic of chance', async () => {
  const next = generator(20_261_122);
  const second = () => next(700_000) / 1000;
  const connections = many(3000, () => {
    const client = next(12);
    // The higher the number, the more it fails; odd ones try ports, even ones hosts.
    const make = next(12) < client ? bad : good;
    return client % 2 === 1
      ? make(client, next(3), 1000 + next(60), second())
      : make(client, next(60), 20 + next(3), second());
  });
  const store = await openWith(connections);
  try {
    const queries = queriesOn(store);
    const found = (await queries.answer({ refId: 'A', kind: 'findings', limit: 1000, ...range })) as TableAnswer;
    const of = (name: string) => found.columns.find((column) => column.name === name)!.values;
    const scans = many(found.rows, (i) => i).filter((i) => /^(port-scan|host-sweep)$/.test(String(of('finding')[i])));
    const target = (client: unknown, host: unknown, port: unknown) =>
      [client, host ?? '', host === null ? port : ''].join(' ');
    const expected = scans.map((i) => target(of('client.ip')[i], of('server.ip')[i], of('server.port')[i]));
    assert.ok(expected.length >= 5, `${expected.length} scans are too few to compare`);
    assert.ok(expected.length <= 30, `${expected.length} scans are all there could be`);

    const query = { refId: 'A', kind: 'conversations', metrics: ['attempt.count'], limit: 10_000, ...range };
    const names = ({ columns, rows }: TableAnswer) =>
      many(rows, (i) => columns.slice(0, 3).map(({ values }) => values[i]));
    const kept = names((await queries.answer({ ...query, leaveOut: ['scans'] })) as TableAnswer).map(String);
    const left = names((await queries.answer(query)) as TableAnswer).filter(([client, host, port]) => {
      return !expected.includes(target(client, host, port)) && !expected.includes(target(client, null, port));
    });
    assert.deepEqual(kept.sort(), left.map(String).sort());
  } finally {
    await store.stop();
  }
});

describe('services that close by RST on purpose', () => {
  const byReset = (server: number, second: number): Judged => ({
    ...{
      ...good(1, server, 6379, second),
      close: 'rst',
      state: 'RSTR',
      history: 'ShADadR',
      closer: null,
      aborter: 'server',
    },
    ...{ counters: { ...good(1, server, 6379, second).counters, 'rst.count.srv': 1 }, cause: 'closes-by-rst' },
  });
  const orderly = (server: number, second: number): Judged => ({ ...good(1, server, 6379, second), cause: 'normal' });
  const refused = (server: number, second: number): Judged => ({ ...bad(1, server, 6379, second), cause: 'refused' });
  const yesterday = -20 * 3600;
  const connections = [
    // Always like that, but for one in twenty.
    ...many(20, (i) => (i === 0 ? orderly : byReset)(1, yesterday + 60 * i)),
    ...many(12, (i) => byReset(1, 60 * i)),
    // Like that yesterday, and refuses today.
    ...many(20, (i) => byReset(2, yesterday + 60 * i)),
    ...many(12, (i) => (i % 2 === 0 ? byReset : refused)(2, 60 * i)),
    // Closed in order yesterday.
    ...many(20, (i) => orderly(3, yesterday + 60 * i)),
    ...many(12, (i) => byReset(3, 60 * i)),
    // Too few yesterday to say.
    ...many(9, (i) => byReset(4, yesterday + 60 * i)),
    ...many(12, (i) => byReset(4, 60 * i)),
    // Longer ago than a day.
    ...many(20, (i) => byReset(5, -25 * 3600 + i)),
    ...many(12, (i) => byReset(5, 60 * i)),
  ];
  let store: Store;
  let queries: Queries;
  before(async () => {
    store = await openFilled();
    await fill(store, 'paris', windowsOf(connections));
    await fillJudged(store, 'paris', connections);
    queries = queriesOn(store, { now: () => range.to });
  });
  after(() => store.stop());

  test('are left out while they do what they always did', async () => {
    const query = { refId: 'A', kind: 'top', metrics: ['attempt.count'], groupBy: ['server.ip'], ...range };
    const servers = async (more: object) => {
      const answer = (await queries.answer({ ...query, orderBy: 'server.ip asc', ...more })) as TableAnswer;
      return { found: answer.columns[0]!.values, notices: answer.notices.map(({ text }) => text) };
    };
    const named = many(5, (i) => `10.0.9.${i + 1}`);
    assert.deepEqual(await servers({}), { found: named, notices: [] });
    assert.deepEqual(await servers({ leaveOut: ['rst-by-design', 'scans', 'poor-captures'] }), {
      found: named.slice(1),
      notices: ['Left out, because they close by RST on purpose: 10.0.9.1:6379.'],
    });
  });
});
