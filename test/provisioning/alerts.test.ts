import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { SeriesAnswer, TableAnswer } from '../../analyzer/src/query/answer.js';
import type { CaptureStatus } from '../../analyzer/src/query/capture-status.js';
import { readQuestion } from '../../analyzer/src/query/read.js';
import { Queries } from '../../analyzer/src/query/queries.js';
import {
  fill,
  fillJudged,
  kept,
  limits,
  midnight,
  openFilled,
  type Judged,
} from '../../analyzer/src/query/query-fixture.js';
import type { WindowRow } from '../../analyzer/src/flow/batch-fixture.js';
import type { Store } from '../../analyzer/src/store/store.js';
import { evaluate, ruleOf, type Points, type Step } from './alert-rule.js';

const spike = ruleOf('server-rst-spike.yml', 'Server RST spike');
const silent = ruleOf('analyzer-silent.yml', 'Analyzer silent');
const failed = ruleOf('analyzer-silent.yml', 'Capture failed');

describe('the terms of "Server RST spike"', () => {
  const step = (refId: string) => spike.data.find((one) => one.refId === refId)!;

  it('are points of a minute of reset.ratio.srv, per server and port, over 5 minutes and the hour before them', () => {
    for (const [refId, from] of [
      ['A', 300],
      ['B', 3900],
    ] as const) {
      const { model, relativeTimeRange } = step(refId);
      assert.deepEqual(relativeTimeRange, { from, to: 0 });
      assert.deepEqual([model.kind, model.metrics, model.groupBy], ['timeseries', ['reset.ratio.srv'], ['server.ip', 'server.port']]); // prettier-ignore
      assert.equal(model.intervalMs, 60_000);
      assert.equal(model.scope, 'rows');
      assert.deepEqual(model.leaveOut, ['poor-captures', 'scans', 'rst-by-design']);
      assert.match(String(model.filter), /^attempt\.count \+ midstream\.count >= 20\b/);
      const question = readQuestion({ ...model, from: 0, to: from * 1000 }, limits);
      assert.deepEqual(question.notices, []);
    }
  });

  it('wait a minute, recover below 60 % and take too little data for a good sign', () => {
    const rule = spike as unknown as Record<string, unknown>;
    assert.deepEqual([rule.for, rule.noDataState], ['1m', 'OK']);
    const [condition] = step('J').model.conditions!;
    assert.deepEqual(condition, { evaluator: { type: 'gt', params: [1] }, unloadEvaluator: { type: 'lt', params: [0.6] } }); // prettier-ignore
  });
});

/** Attempts with a server in one window, so many of which it resets. */
const attempts = (host: number, many: number, reset: number): WindowRow => ({
  client: [10, 0, 0, 2],
  server: [192, 0, 2, host],
  port: 443,
  counters: {
    'attempt.count': many,
    'syn.count': many,
    'ct.count': many - reset,
    'packets.clt': 4 * many,
    'rst.count.srv': 5 * reset,
    'rst.conn.srv': reset,
  },
});

/** Connections that a server resets: when they are complete, and at the SYN. */
const byReset = (host: number, second: number): Judged => ({
  ...refused(host, second),
  ...{ close: 'rst', state: 'RSTR', history: 'ShADadR', ct: 20_000, cause: 'closes-by-rst' },
  counters: { 'syn.count': 1, 'rst.count.srv': 1, 'bytes.srv': 1000 },
});
const refused = (host: number, second: number): Judged => ({
  client: [10, 0, 0, 2],
  server: [192, 0, 2, host],
  start: [second, 0],
  end: [second, 0],
  ...{ close: 'refused', state: 'REJ', history: 'Sr', aborter: 'server', cause: 'refused' },
  counters: { 'syn.count': 1, 'rst.count.srv': 1 },
});
const name = (host: number) => `192.0.2.${host}:443`;

describe('alert rules on stored rows', () => {
  const now = midnight + 18 * 3600;
  const captures: CaptureStatus[] = [];
  let store: Store;
  let queries: Queries;
  before(async () => {
    store = await openFilled();
    const windows = Array.from({ length: 390 }, (_, i): [number, WindowRow[]] => {
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
          ...(isLast ? [attempts(6, 10, 10)] : []), // nobody asked it before, and it refuses all
          attempts(7, 10, isLast ? 4 : everyMinute ? 6 : 0), // four times what it was
          ...(everyMinute ? [attempts(8, 50, isLast ? 4 : 0)] : []), // below 10 %, but above 60 % of it
          ...(everyMinute ? [attempts(9, 50, isLast ? 2 : 0)] : []), // below both
          ...(isLast ? [attempts(10, 10, 10)] : []), // closes by RST on purpose, and nobody asked it before today
          ...(isLast ? [attempts(11, 10, 10)] : []), // did so yesterday, and refuses today
        ],
      ];
    });
    await fill(store, 'probe', windows);
    const yesterday = now - 20 * 3600;
    const closings = [10, 11].flatMap((host) => Array.from({ length: 20 }, (_, i) => byReset(host, yesterday + i)));
    const today = Array.from({ length: 20 }, (_, i) => [byReset(10, now - 200 + i), refused(11, now - 200 + i)]);
    await fillJudged(store, 'probe', [...closings, ...today.flat()]);
    const options = { store, retention: kept, config: limits, now: () => now * 1000 };
    queries = new Queries({ ...options, captures: { snapshot: () => captures } });
  });
  after(() => store.stop());

  /** Asks the analyzer as Grafana would at a time; what is no alert's business is in no label. */
  const askAt =
    (time: number) =>
    async (model: Step['model'], { from, to }: { from: number; to: number }): Promise<Points> => {
      const range = { from: (time - from) * 1000, to: (time - to) * 1000 };
      const answer = (await queries.answer({ ...model, ...range })) as SeriesAnswer | TableAnswer;
      return answer.shape === 'series'
        ? new Map(answer.series.map(({ keys, values }) => [keys.join(':'), values[0] ?? []]))
        : new Map(
            answer.rows === 0
              ? []
              : answer.columns.map(({ labels, values }) => [Object.values(labels ?? {}).join(), values as number[]])
          );
    };

  it('fire for servers that reset more than before, new ones too, and for no others', async () => {
    const { firing, values } = await evaluate(spike, askAt(now));
    assert.deepEqual([...firing].sort(), [11, 1, 6, 7].map(name));
    const rounded = (refId: string, host: number) => Number(values.get(refId)!.get(name(host))!.toFixed(6));
    assert.equal(rounded('C', 1), 0.6);
    assert.equal(rounded('H', 1), 0);
    assert.equal(rounded('I', 1), 6);
    assert.equal(rounded('H', 6), 0);
    assert.equal(rounded('I', 6), 10);
    assert.equal(rounded('H', 7), 0.1);
    assert.equal(rounded('I', 7), 1.333333);
    assert.equal(rounded('H', 2), rounded('C', 2));
    assert.ok(!values.get('C')!.has(name(4)) && !values.get('C')!.has(name(5)));
  });

  it('keep firing until the mean is below 60 % of the threshold', async () => {
    const { firing } = await evaluate(spike, askAt(now), [8, 9].map(name));
    assert.ok(firing.includes(name(8)), 'at 8 % where 10 % is the threshold');
    assert.ok(!firing.includes(name(9)), 'at 4 %');
  });

  it('find the same between whole minutes', async () => {
    const { firing } = await evaluate(spike, askAt(now - 17));
    assert.deepEqual([...firing].sort(), [11, 1, 6, 7].map(name));
  });

  it('have no row when nothing was captured, which is an alert of its own', async () => {
    assert.deepEqual((await evaluate(spike, askAt(now + 7200))).firing, []);
    const outcome = await evaluate(silent, askAt(now + 7200));
    assert.equal(outcome.values.get('A')!.size, 0);
    assert.equal((silent as unknown as { noDataState: string }).noDataState, 'Alerting');
    assert.deepEqual((await evaluate(silent, askAt(now))).firing, []);
  });

  it('tell which interface is not captured on', async () => {
    const counts = { kernelDrops: null, interfaceDrops: null, softnetDrops: null, ringFill: null, late: 0, evicted: 0, connections: 0, windowsClosed: 0, lastPacketAt: null }; // prettier-ignore
    const packets = { read: 0, tcp: 0, duplicate: 0, undecoded: {} };
    captures.push(
      { ...counts, packets, interface: 'eth0', state: 'running' },
      { ...counts, packets, interface: 'eth1', state: 'failed' }
    );
    assert.deepEqual((await evaluate(failed, askAt(now))).firing, ['eth1']);
    captures.length = 0;
    assert.deepEqual((await evaluate(failed, askAt(now))).firing, []);
  });
});
