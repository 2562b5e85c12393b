import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { windowBatch } from '../flow/batch-fixture.js';
import { noSums, type FeedBatch, type FeedWindow } from '../diagnose/index.js';
import { openTestStore, rowsOf, testConfig } from '../store/store-fixture.js';
import type { Store } from '../store/store.js';
import type { Column, SeriesAnswer, TableAnswer } from './answer.js';
import { midnight, queriesOn } from './query-fixture.js';
import type { TcpscopeError } from '../errors.js';

const window = (after: number, change: Partial<FeedWindow> = {}): FeedWindow => ({
  ...noSums(),
  window: midnight + after,
  packets: 1000,
  tcp: 900,
  poor: null,
  ...change,
});
const batch = (capture: string, windows: readonly FeedWindow[]): FeedBatch => {
  return { kind: 'feed', rows: windows.length, capture, windows };
};

const eth0 = batch('eth0', [
  window(0, { drops: 0, acks: 100, gapAcks: 2, connections: 10, oneway: 1 }),
  window(10, { drops: 250, acks: 100, gapAcks: 8, connections: 10, poor: 'in that minute all went wrong' }),
  window(60, { packets: 500, tcp: 500, drops: 0, duplicates: 20, clockSteps: 1 }),
]);
const file = batch("it's a file.pcap", [window(0, { packets: 100, tcp: 90, acks: 50 })]);

const config = testConfig();
let store: Store;
before(async () => {
  store = await openTestStore(config);
  const origin = { probe: 'paris', run: 'r1', worker: 0, sequence: 0 };
  await store.write(eth0, origin);
  await store.write(eth0, origin);
  const again = () => {
    const target = store.beginImport({ probe: 'import', hash: 'abcdef01', layout: '1' });
    return target.write(file).then(() => target.complete());
  };
  assert.deepEqual(await again(), { stored: 1, duplicate: 0 });
  assert.deepEqual(await again(), { stored: 0, duplicate: 1 });
  await store.flush();
  await store.stop();
  store = await openTestStore(config);
});
after(() => store.stop());

const range = { refId: 'A', from: midnight * 1000, to: (midnight + 120) * 1000 };
const ask = (query: object) => queriesOn(store).answer({ ...range, ...query });
const table = async (query: object = {}) => (await ask({ kind: 'feed', ...query })) as TableAnswer;
const series = async (query: object = {}) => (await ask({ kind: 'feedseries', ...query })) as SeriesAnswer;
const values = ({ columns }: TableAnswer, name: string) =>
  (columns.find((column: Column) => column.name === name) as Column).values;

describe('windows of poor captures', () => {
  const sum = async (query: object) => values((await ask(query)) as TableAnswer, 'attempt.count');
  before(async () => {
    const row = { client: [10, 0, 0, 1], server: [10, 0, 0, 2], counters: { 'attempt.count': 3, 'rst.conn.srv': 3 } };
    for (const [probe, sequence] of [
      ['paris', 90],
      ['rome', 91],
    ] as const) {
      const origin = { probe, run: 'r1', worker: 1, sequence };
      await store.write(windowBatch(midnight + 10, [row]), origin);
      await store.write(windowBatch(midnight + 20, [row]), { ...origin, worker: 2 });
      await store.write(windowBatch(midnight + 60, [row]), { ...origin, worker: 3 });
    }
    await store.flush();
  });
  const top = { kind: 'top', metrics: ['attempt.count'], groupBy: ['probe'], orderBy: 'probe asc' };

  test('are counted, and left out where good ones alone are wanted, of that probe only', async () => {
    assert.deepEqual(await sum(top), [9, 9]);
    // Over two minutes rows of minutes answer: the first one holds a poor window of paris.
    assert.deepEqual(await sum({ ...top, leaveOut: ['poor-captures'] }), [3, 9]);
    // Within a minute each window stands for itself.
    const minute = { from: (midnight + 10) * 1000, to: (midnight + 30) * 1000 };
    assert.deepEqual(await sum({ ...top, ...minute, leaveOut: ['poor-captures'] }), [3, 6]);
    assert.deepEqual(await sum({ ...top, leaveOut: [] }), [9, 9]);
  });

  test('leave a hole in a series, not a 0', async () => {
    const query = { kind: 'timeseries', metrics: ['attempt.count'], filter: 'probe = "paris"', intervalMs: 10_000 };
    const { series: found } = (await ask({ ...query, leaveOut: ['poor-captures'] })) as SeriesAnswer;
    const points = found[0]?.values[0] ?? [];
    assert.deepEqual([points[1], points[2], points[6]], [null, 3, 3]);
  });

  test('a wrong word for it is refused', async () => {
    await assert.rejects(
      ask({ ...top, leaveOut: ['yes'] }),
      ({ code }: TcpscopeError) => code === 'TCPS_E_QUERY_INVALID'
    );
  });
});

describe('how good captures were', () => {
  test('is there once, though it was written twice, after a restart', async () => {
    assert.deepEqual(await rowsOf(store, 'SELECT interface, count() FROM feed GROUP BY interface ORDER BY interface'), [
      ['eth0', 3],
      ["it's a file.pcap", 1],
    ]);
  });

  test('over a range is a row for each capture, with sums and shares of sums', async () => {
    const answer = await table();
    assert.deepEqual(values(answer, 'probe'), ['paris', 'import']);
    assert.deepEqual(values(answer, 'interface'), ['eth0', "it's a file.pcap"]);
    assert.deepEqual(values(answer, 'feed.packets'), [2500, 100]);
    assert.deepEqual(values(answer, 'feed.rate'), [2500 / 30, 10]);
    assert.deepEqual(values(answer, 'feed.drops.share'), [250 / 2750, null]);
    assert.deepEqual(values(answer, 'feed.gaps.share'), [0.05, 0]);
    assert.deepEqual(values(answer, 'feed.oneway.share'), [0.05, null]);
    assert.deepEqual(values(answer, 'feed.clock.steps'), [1, 0]);
    assert.deepEqual(values(answer, 'feed.poor'), [10, 0]);
    assert.deepEqual(values(answer, 'reason'), ['in that minute all went wrong', null]);
  });

  test('what nobody knows is null, and a share of it is of what is known', async () => {
    const answer = await table({ metrics: ['feed.duplicates', 'duplicates.share', 'drops'] });
    assert.deepEqual(values(answer, 'feed.duplicates'), [20, null]);
    assert.deepEqual(values(answer, 'feed.duplicates.share'), [20 / 500, null]);
    assert.deepEqual(values(answer, 'feed.drops'), [250, null]);
  });

  test('of several captures together is the share of their sums', async () => {
    const answer = await table({ metrics: ['gaps.share', 'packets'], groupBy: ['probe'], orderBy: 'feed.packets asc' });
    assert.deepEqual(values(answer, 'probe'), ['import', 'paris']);
    assert.deepEqual(values(answer, 'feed.packets'), [100, 2500]);
  });

  test('over time is a series for each capture, null where there is no window', async () => {
    const answer = await series({ metrics: ['packets', 'gaps.share'], intervalMs: 10_000 });
    assert.equal(answer.step, 10);
    assert.deepEqual(
      answer.series.map(({ keys }) => keys),
      [
        ['paris', 'eth0'],
        ['import', "it's a file.pcap"],
      ]
    );
    const [packets = [], gaps = []] = answer.series[0]!.values;
    assert.deepEqual(packets.slice(0, 8), [1000, 1000, null, null, null, null, 500, null]);
    assert.deepEqual(gaps.slice(0, 8), [0.02, 0.08, null, null, null, null, null, null]);
  });

  test('by the minute is the sum of its windows', async () => {
    const answer = await series({ metrics: ['packets', 'drops.share'], intervalMs: 60_000, limit: 1 });
    assert.deepEqual(answer.times, [midnight, midnight + 60]);
    assert.deepEqual(answer.series[0]!.values, [
      [2000, 500],
      [250 / 2250, 0],
    ]);
    assert.match(answer.notices.map(({ text }) => text).join(' '), /Only the first 1 captures/);
  });

  test('outside the range is nothing', async () => {
    const outside = { from: (midnight - 7200) * 1000, to: (midnight - 3600) * 1000 };
    assert.equal((await table(outside)).rows, 0);
    assert.deepEqual((await series(outside)).series, []);
  });

  for (const [what, query, message] of [
    ['a number of conversations', { metrics: ['rst.count'] }, /no number of captures is called "rst.count"/],
    ['a dimension of conversations', { groupBy: ['server.ip'] }, /grouped by probe, interface, not by "server.ip"/],
    ['an order by what is not there', { metrics: ['packets'], orderBy: 'feed.drops' }, /feed.drops/],
  ] as const) {
    test(`is not asked by ${what}`, async () => {
      await assert.rejects(table(query), (error: TcpscopeError) => message.test(error.message));
    });
  }
});
