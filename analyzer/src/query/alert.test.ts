import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { WindowRow } from '../flow/batch-fixture.js';
import type { Store } from '../store/store.js';
import type { SeriesAnswer, TableAnswer } from './answer.js';
import type { Queries } from './queries.js';
import { fill, midnight, openFilled, queriesOn } from './query-fixture.js';

/**
 * "Server RST spike": per server and port the mean of the last five one-minute points of `reset.ratio.srv`, above 10 % and
 * above three times the mean of the hour before, with at least 20 attempts in the five minutes. The rule asks these two
 * queries, reduces each series to its mean, and compares: `$A > 0.1 && $A > 3 * $B`.
 */
const spike = {
  refId: 'A',
  kind: 'timeseries',
  metrics: ['reset.ratio.srv'],
  groupBy: ['server.ip', 'server.port'],
  filter: 'attempt.count + midstream.count >= 20',
  scope: 'rows',
  intervalMs: 60_000,
  maxDataPoints: 1000,
  limit: 100,
};
const before60 = { ...spike, refId: 'B', filter: '' };

/** The same over five minutes in one number for each server, for rules without a reduction. */
const spikeNow = {
  refId: 'A',
  kind: 'top',
  metrics: ['reset.ratio.srv', 'attempt.count', 'rst.conn.srv'],
  groupBy: ['server.ip', 'server.port'],
  filter: 'attempt.count + midstream.count >= 20 and reset.ratio.srv > 10%',
  scope: 'rows',
  limit: 100,
};

const now = midnight + 18 * 3600;
const hour = { from: (now - 3900) * 1000, to: (now - 300) * 1000 };
const last = { from: (now - 300) * 1000, to: now * 1000 };

/** Attempts with a server in one window, so many of which it resets. */
const attempts = (host: number, many: number, reset: number): WindowRow => ({
  client: [10, 0, 0, 2],
  server: [192, 0, 2, host],
  port: 443,
  counters: {
    'attempt.count': many,
    'syn.count': many,
    'ct.count': many - reset,
    'rst.count.srv': 5 * reset,
    'rst.conn.srv': reset,
  },
});

let store: Store;
let queries: Queries;
before(async () => {
  store = await openFilled();
  await fill(
    store,
    'probe',
    Array.from({ length: 390 }, (_, i): [number, WindowRow[]] => {
      const isLast = i >= 360;
      const everyMinute = i % 6 === 0;
      return [
        now - 3900 + 10 * i,
        [
          attempts(1, 10, isLast ? 6 : 0), // spikes
          attempts(2, 10, everyMinute ? 3 : 2), // always like that
          attempts(3, 20, 1), // healthy
          ...(everyMinute && isLast ? [attempts(4, 1, 1)] : []), // too little to say
          ...(isLast ? [] : [attempts(5, 10, 9)]), // was bad, is gone
        ],
      ];
    })
  );
  queries = queriesOn(store, { now: () => now * 1000 });
});
after(() => store.stop());

/** What Grafana's "reduce" makes of a series. */
const means = ({ series }: SeriesAnswer) =>
  new Map(
    series.map(({ keys, values }) => {
      const known = (values[0] ?? []).filter((value) => value !== null);
      return [keys.join(':'), known.reduce((sum, value) => sum + value, 0) / known.length];
    })
  );

test('the rule "server RST spike" fires for the server that spikes and for no other', async () => {
  const a = means((await queries.answer({ ...spike, ...last })) as SeriesAnswer);
  const b = means((await queries.answer({ ...before60, ...hour })) as SeriesAnswer);
  assert.deepEqual([...a.keys()], ['192.0.2.1:443', '192.0.2.2:443', '192.0.2.3:443']);
  assert.equal(a.get('192.0.2.1:443'), 0.6);
  assert.equal(b.get('192.0.2.1:443'), 0);
  assert.ok(b.has('192.0.2.5:443'));
  const fires = [...a]
    .filter(([server, mean]) => mean > 0.1 && mean > 3 * (b.get(server) ?? NaN))
    .map(([server]) => server);
  assert.deepEqual(fires, ['192.0.2.1:443']);
});

test('points of a rule are whole minutes, one for each', async () => {
  const { step, times } = (await queries.answer({ ...spike, ...last })) as SeriesAnswer;
  assert.deepEqual([step, times], [60, [0, 1, 2, 3, 4].map((minute) => now - 300 + 60 * minute)]);
});

test('too little data gives no row', async () => {
  const answer = (await queries.answer({ ...spikeNow, ...last })) as TableAnswer;
  assert.deepEqual(answer.columns[0]?.values, ['192.0.2.1', '192.0.2.2']);
  const ratios = answer.columns[2]?.values as number[];
  assert.ok(Math.abs(ratios[0]! - 0.6) < 1e-12 && Math.abs(ratios[1]! - 65 / 300) < 1e-12);
  assert.deepEqual(answer.columns[3]?.values, [300, 300]);
});
