import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TcpscopeError } from '../errors.js';
import type { Store } from '../store/store.js';
import type { Answer, SeriesAnswer, TableAnswer } from './answer.js';
import { fill, kept, openFilled, queriesOn } from './query-fixture.js';
import { noon, scenario, scenarioConnections } from './scenario-fixture.js';
import type { Queries } from './queries.js';

let store: Store;
let queries: Queries;
before(async () => {
  store = await openFilled();
  await fill(store, 'probe', scenario, scenarioConnections);
  queries = queriesOn(store);
});
after(() => store.stop());

const range = { from: noon * 1000, to: (noon + 600) * 1000 };
const ask = (query: object): Promise<Answer> => queries.answer({ refId: 'A', ...range, ...query });
const table = (query: object) => ask(query) as Promise<TableAnswer>;
const series = (query: object) => ask({ kind: 'timeseries', ...query }) as Promise<SeriesAnswer>;

/** Rows as lists of values. */
const rowsOf = ({ columns, rows }: TableAnswer) =>
  Array.from({ length: rows }, (_, row) => columns.map(({ values }) => values[row]));
const noticesOf = ({ notices }: Answer) => notices.map(({ text }) => text).join(' ');

describe('groups', () => {
  test('a client that never connects is not lost: its ratio is null, comes first and counts as infinite', async () => {
    const answer = await table({
      kind: 'top',
      groupBy: ['client'],
      metrics: ['syn.ratio', 'syn.count', 'ct.count'],
      orderBy: 'syn.ratio desc',
    });
    assert.deepEqual(rowsOf(answer), [
      ['10.255.255.255', null, 108, 0],
      ['10.0.0.2', 1, 216, 216],
      ['2001:db8::1', 1, 108, 108],
    ]);
    assert.equal(answer.columns[1]?.nulls, 'infinite');
  });

  test('null without any attempt comes last, whatever the direction', async () => {
    const groupBy = ['server.port'];
    for (const [direction, expected] of [
      ['desc', [1194, 443, 5432]],
      ['asc', [443, 1194, 5432]],
    ] as const) {
      const answer = await table({
        kind: 'top',
        groupBy,
        metrics: ['rst.ratio.srv'],
        orderBy: `rst.ratio.srv ${direction}`,
      });
      assert.deepEqual(answer.columns[0]?.values, expected);
      assert.equal(answer.columns[1]?.nulls, 'mixed');
    }
  });

  test('among infinite ratios the one with more resets comes first', async () => {
    const answer = await table({
      kind: 'top',
      groupBy: ['client.ip', 'server.port'],
      metrics: ['rst.ratio'],
      filter: 'ct.count = 0',
      orderBy: 'rst.ratio',
    });
    assert.deepEqual(
      rowsOf(answer).map((row) => row.slice(0, 2)),
      [
        ['10.255.255.255', 1194],
        ['10.0.0.2', 5432],
      ]
    );
  });

  test('flows keep what rows would drop', async () => {
    // Anna has good flows and one with RST only on the database port; as a whole she has FIN.
    const query = {
      kind: 'top',
      groupBy: ['client.ip'],
      metrics: ['packets'],
      filter: 'packets > 0 and fin.count = 0',
    };
    assert.deepEqual(rowsOf(await table({ ...query, scope: 'flows' })), [
      ['10.255.255.255', 216],
      ['10.0.0.2', 8],
    ]);
    assert.deepEqual(rowsOf(await table({ ...query, scope: 'rows' })), [['10.255.255.255', 216]]);
  });

  test('totals of nothing are 0 where something was captured, and nothing where nothing was', async () => {
    const totals = { kind: 'top', groupBy: [], metrics: ['refused.count', 'refused.ratio', 'ct.max', 'clients'] };
    assert.deepEqual(rowsOf(await table({ ...totals, filter: 'client.ip = 192.0.2.77' })), [[0, null, null, 0]]);
    assert.deepEqual(rowsOf(await table({ ...totals, filter: 'probe = "elsewhere"' })), []);
    assert.deepEqual(rowsOf(await table({ ...totals, from: (noon - 86_400) * 1000, to: (noon - 80_000) * 1000 })), []);
    const paused = { from: (noon + 300) * 1000, to: (noon + 360) * 1000 };
    assert.deepEqual(rowsOf(await table({ ...totals, ...paused })), []);
  });

  test('the longest and the percentiles of no handshakes are unknown, not 0', async () => {
    const answer = await table({
      kind: 'top',
      groupBy: ['server.port'],
      metrics: ['ct.max', 'ct.avg', 'ct.p50', 'ct.p95'],
      orderBy: 'server.port asc',
    });
    assert.deepEqual(rowsOf(answer), [
      [443, 0.03, 0.02, 0.019968, 0.030208],
      [1194, null, null, null, null],
      [5432, null, null, null, null],
    ]);
  });

  test('rows can be ordered and kept by a percentile, which no handshake has none of', async () => {
    const query = { kind: 'top', groupBy: ['client.ip', 'server.port'], metrics: ['ct.p99'] };
    const first = await table({ ...query, orderBy: 'ct.p99 asc', limit: 2 });
    assert.deepEqual(
      rowsOf(first).map((row) => row[2]),
      [0.030208, 0.030208]
    );
    const fast = await table({ ...query, filter: 'ct.p50 < 15ms' });
    assert.deepEqual(rowsOf(fast), [['2001:db8::1', 443, 0.030208]]);
    const none = await table({ ...query, filter: 'ct.p50 is null', orderBy: 'server.port asc' });
    assert.deepEqual(
      rowsOf(none).map((row) => row.slice(1)),
      [
        [1194, null],
        [5432, null],
      ]
    );
  });

  test('rows that are cut off are told of, rows that are not are not', async () => {
    const groupBy = ['client.ip'];
    const cut = await table({ kind: 'top', groupBy, limit: 2 });
    assert.deepEqual([cut.rows, cut.more], [2, true]);
    assert.match(noticesOf(cut), /Only the first 2 rows/);
    const whole = await table({ kind: 'top', groupBy, limit: 3 });
    assert.deepEqual([whole.rows, whole.more, noticesOf(whole)], [3, false, '']);
  });

  test('conversations tell when they were seen, within the range', async () => {
    const query = {
      kind: 'conversations',
      metrics: ['rst.count.srv'],
      filter: 'server.port = 443 and client.ip = 10.0.0.2',
    };
    const [row] = rowsOf(await table({ ...query, from: range.from + 15_000, to: range.to - 15_000 }));
    assert.deepEqual(row, [
      ...['10.0.0.2', '10.0.0.9', 443, 'web', '/Local/Paris', '/Local', 8],
      ...['cannot-tell', (noon + 20) * 1000, (noon + 580) * 1000],
    ]);
  });

  test('the cause of a conversation is null while none of its connections is known to have ended', async () => {
    const query = { kind: 'conversations', metrics: ['rst.count.srv'] };
    const causes = async (asked: object) =>
      rowsOf(await table({ ...query, ...asked })).map((row) => [row[2], ...row.slice(-3, -2)]);
    assert.deepEqual(await causes({ filter: 'server.port = 1194' }), [[1194, 'refused']]);
    // In this time it tried, and nothing of it ended.
    const before = { to: (noon + 60) * 1000 };
    assert.deepEqual(await causes({ ...before, filter: 'server.port = 1194' }), [[1194, null]]);
    // Of another VLAN than the filter's is no connection of this conversation.
    assert.deepEqual(await causes({ filter: 'client.ip = 10.0.0.2 and server.port = 443 and vlan = 9' }), []);
  });

  test('a conversation was last seen when it sent a packet, not when the time of its attempt was up', async () => {
    const later = { from: (noon + 3000) * 1000, to: (noon + 4000) * 1000 };
    const query = { kind: 'conversations', metrics: ['noanswer.count'] };
    const times = async (asked: object) => rowsOf(await table({ ...query, ...asked })).map((row) => row.slice(-4));
    const seen = (noon + 3600) * 1000;
    assert.deepEqual(await times(later), [[1, null, seen, seen]]);
    const end = { ...later, from: (noon + 3620) * 1000 };
    const closed = (noon + 3630) * 1000;
    assert.deepEqual(await times(end), [[1, null, closed, closed]]);
  });

  test('a range in which no window begins is answered with no rows and a reason', async () => {
    for (const kind of ['top', 'conversations', 'closes', 'timeseries', 'values']) {
      const answer = await ask({ kind, field: 'client.ip', from: range.from + 1000, to: range.from + 6000 });
      assert.match(noticesOf(answer), /No window of 10 s/, kind);
      assert.equal(answer.shape === 'table' ? answer.rows : answer.shape === 'series' ? answer.series.length : -1, 0);
    }
  });
});

describe('series', () => {
  const valuesOf = (answer: SeriesAnswer) => answer.series.map(({ keys, values }) => [...keys, ...values]);

  test('a minute in which nothing was captured is unknown; one in which nothing happened is 0', async () => {
    const answer = await series({ metrics: ['refused.count'], intervalMs: 60_000, groupBy: ['client.ip'], limit: 2 });
    assert.equal(answer.step, 60);
    assert.deepEqual(valuesOf(answer), [
      ['10.255.255.255', [4, 4, 4, 4, 4, null, 4, 4, 4, 4]],
      ['10.0.0.2', [0, 0, 0, 0, 0, null, 0, 0, 0, 0]],
    ]);
    assert.match(noticesOf(answer), /Only the 2 series with the highest refused\.count/);
  });

  test('ratios of nothing are null also where something was captured', async () => {
    const answer = await series({
      metrics: ['rst.ratio.srv', 'reset.ratio.srv'],
      intervalMs: 120_000,
      filter: 'server.port = 1194',
    });
    assert.deepEqual(valuesOf(answer), [
      [
        [null, null, null, null, null],
        [1, 1, 1, 1, 1],
      ],
    ]);
  });

  test('a filter that nothing matches gives 0 where something was captured', async () => {
    const answer = await series({ metrics: ['syn.count'], intervalMs: 60_000, filter: 'rst.count > 1M' });
    assert.deepEqual(valuesOf(answer), [[[0, 0, 0, 0, 0, null, 0, 0, 0, 0]]]);
  });

  test('where another probe captured is unknown to this one', async () => {
    const answer = await series({ metrics: ['syn.count'], intervalMs: 60_000, filter: 'probe = "elsewhere"' });
    assert.deepEqual(answer.series, []);
  });

  test('conversations are chosen over the whole range, not in each bucket', async () => {
    // Anna's flow with the shop has a RST once a minute; all of its connections count, not only those of that window.
    const answer = await series({
      metrics: ['ct.count'],
      intervalMs: 10_000,
      to: range.from + 60_000,
      filter: 'rst.count > 0 and ct.count > 0',
    });
    assert.deepEqual(valuesOf(answer), [[[4, 4, 4, 4, 4, 4]]]);
  });

  test('in scope rows a group is kept or dropped as a whole', async () => {
    const query = {
      metrics: ['syn.count'],
      groupBy: ['server.port'],
      intervalMs: 300_000,
      filter: 'ct.count = 0 and syn.count > 0',
      scope: 'rows',
    };
    assert.deepEqual(valuesOf(await series(query)), [['1194', [60, 48]]]);
    assert.deepEqual(valuesOf(await series({ ...query, groupBy: [] })), []);
  });

  test('a ragged range counts exactly its windows', async () => {
    const answer = await series({
      metrics: ['syn.count'],
      intervalMs: 60_000,
      from: range.from + 25_000,
      to: range.from + 125_000,
      filter: 'client.ip = 2001:db8::1',
    });
    assert.deepEqual([answer.times.map((time) => time - noon), valuesOf(answer)], [[0, 60, 120], [[[6, 12, 2]]]]);
  });

  test('points get farther apart rather than too many, and the answer says so', async () => {
    const few = queriesOn(store, { config: { points: 10 } });
    const answer = (await few.answer({
      refId: 'A',
      ...range,
      kind: 'timeseries',
      metrics: ['syn'],
      maxDataPoints: 10_000,
    })) as SeriesAnswer;
    assert.equal(answer.step, 120);
    assert.match(noticesOf(answer), /Points are 2 m apart, not 10 s: at most 10 points/);
  });
});

describe('how connections ended', () => {
  test('is a row for every way, also those that nobody took', async () => {
    const answer = await table({ kind: 'closes' });
    const found = Object.fromEntries(rowsOf(answer) as Array<[string, number]>);
    assert.equal(answer.rows, 14);
    assert.deepEqual([found.fin, found.finrst, found.refused, found.rst], [315, 9, 36, 0]);
  });

  test('is told for each group, those with the most ends first', async () => {
    const answer = await table({ kind: 'closes', groupBy: ['client.ip'], limit: 2 });
    assert.deepEqual([answer.rows, new Set(answer.columns[0]?.values)], [28, new Set(['10.0.0.2', '2001:db8::1'])]);
    assert.match(noticesOf(answer), /Only the first 2 groups/);
  });
});

describe('connections', () => {
  const idsOf = async (query: object) => {
    const { columns } = await table({ kind: 'connections', metrics: ['client.port'], ...query });
    return columns[0]?.values;
  };

  test('are those that lived in the range, the last first', async () => {
    assert.deepEqual(await idsOf({}), [40_000, 50_002, 50_001, 30_000]);
    assert.deepEqual(await idsOf({ to: range.from + 60_000 }), [50_001, 30_000]);
    assert.deepEqual(await idsOf({ from: range.from + 93_001 }), [30_000]);
    assert.deepEqual(await idsOf({ from: range.from + 93_000 }), [40_000, 30_000]);
    assert.deepEqual(await idsOf({ from: range.from + 301_000 }), []);
  });

  test('are filtered by their facts, and null matches nothing', async () => {
    assert.deepEqual(await idsOf({ filter: 'aborter = server and close != refused' }), [50_002]);
    assert.deepEqual(await idsOf({ filter: 'ct > 20.5ms or midstream' }), [50_002, 30_000]);
    assert.deepEqual(await idsOf({ filter: 'ct is null', orderBy: 'client.port asc' }), [30_000, 40_000]);
    assert.deepEqual(
      await idsOf({ adHoc: [{ key: 'state', operator: '=|', value: '', values: ['SF', 'REJ'] }] }),
      [40_000, 50_001]
    );
  });

  test('are ordered with nulls last', async () => {
    assert.deepEqual(await idsOf({ orderBy: 'ct desc' }).then((ports) => ports?.slice(0, 2)), [50_002, 50_001]);
    assert.deepEqual(
      await idsOf({ orderBy: 'aborter desc' }).then((ports) => ports?.slice(0, 2).sort()),
      [40_000, 50_002]
    );
  });

  test('have times to the nanosecond and null for what does not apply', async () => {
    const answer = await table({
      kind: 'connections',
      metrics: ['start', 'end', 'duration', 'ct', 'closer', 'aborter', 'midstream', 'rst.count'],
      orderBy: 'start asc',
      limit: 2,
    });
    const [start, end, duration, ...facts] = answer.columns;
    assert.deepEqual([start?.values[1], start?.nanos?.[1]], [(noon + 1) * 1000 + 123, 456_789]);
    assert.deepEqual([end?.values[1], end?.nanos?.[1]], [(noon + 3) * 1000, 5]);
    assert.equal(duration?.values[1], 1.876_543_216);
    assert.deepEqual(
      facts.slice(0, 5).map(({ values }) => values),
      [
        [null, 0.02],
        [null, 'client'],
        [null, null],
        [true, false],
        [0, 0],
      ]
    );
    assert.match(noticesOf(answer), /Only the first 2 connections/);
  });

  test('are found by their id, with all facts', async () => {
    const { columns } = await table({ kind: 'connections', metrics: ['client.port'], limit: 4 });
    const id = String(columns[1]?.values[2]);
    const facts = await queries.connection(id);
    assert.equal(facts.id, id);
    assert.deepEqual(facts.vlans, [3]);
    const { start, end, ct, closer, aborter, midstream, history } = facts;
    assert.deepEqual(
      {
        start,
        end,
        ct,
        closer,
        aborter,
        midstream,
        history,
        client: facts['client.ip'],
        bytes: facts['bytes.srv'],
        zone: facts['client.zone'],
      },
      {
        start: '2026-03-02T12:00:01.123456789Z',
        end: '2026-03-02T12:00:03.000000005Z',
        ct: 0.02,
        closer: 'client',
        aborter: null,
        midstream: false,
        history: 'ShADadFf',
        client: '10.0.0.2',
        bytes: 40_000,
        zone: '/Local/Paris',
      }
    );
    await assert.rejects(queries.connection('f'.repeat(32)), { code: 'TCPS_E_CONNECTION_UNKNOWN', status: 404 });
    await assert.rejects(queries.connection("' OR 1 --"), { code: 'TCPS_E_CONNECTION_ID', status: 400 });
  });
});

describe('values', () => {
  const valuesOf = async (field: string, query: object = {}) =>
    (await table({ kind: 'values', field, ...query })).columns[0]?.values;

  test('are the different ones in the range, in their natural order', async () => {
    assert.deepEqual(await valuesOf('client.ip'), ['10.0.0.2', '10.255.255.255', '2001:db8::1']);
    assert.deepEqual(await valuesOf('server.port'), ['443', '1194', '5432']);
    assert.deepEqual(await valuesOf('probe'), ['probe']);
    assert.deepEqual(await valuesOf('probe', { from: 0, to: 60_000 }), []);
  });

  test('are searched in any case, those that begin with the text first', async () => {
    assert.deepEqual(await valuesOf('server.port', { search: '4' }), ['443', '1194', '5432']);
    assert.deepEqual(await valuesOf('client.ip', { search: '10.' }), ['10.0.0.2', '10.255.255.255']);
    assert.deepEqual(await valuesOf('client.ip', { search: '2001:DB8' }), ['2001:db8::1']);
    assert.deepEqual(await valuesOf('client.zone', { search: 'PARIS' }), ['/Local/Paris']);
    assert.deepEqual(await valuesOf('client.ip', { search: '%' }), []);
  });

  test('that are empty cannot be chosen', async () => {
    assert.deepEqual(await valuesOf('client.zone'), ['/Local/Paris', "/it's"]);
  });

  test('can be narrowed by a filter, on sums as well', async () => {
    assert.deepEqual(await valuesOf('client.ip', { filter: 'server.port = 1194' }), ['10.255.255.255']);
    assert.deepEqual(await valuesOf('server.port', { filter: 'rst.count > 0 and ct.count = 0' }), ['1194']);
    assert.deepEqual(await valuesOf('server.port', { filter: 'clients > 1', scope: 'rows' }), ['443']);
  });

  test('of facts of connections come from connections, enumerations from the catalogue', async () => {
    assert.deepEqual(await valuesOf('client.port', { search: '5000' }), ['50001', '50002']);
    assert.deepEqual(await valuesOf('history'), ['ShADFr', 'ShADadFf', 'Sr']);
    assert.deepEqual(await valuesOf('closer'), ['client', 'server']);
    assert.deepEqual(await valuesOf('state', { filter: 'midstream' }), ['OTH']);
    assert.deepEqual(await valuesOf('stage', { search: 'post_s' }), ['post_syn']);
  });

  test('that are cut off are told of', async () => {
    const answer = await table({ kind: 'values', field: 'server.port', limit: 2 });
    assert.deepEqual([answer.rows, answer.more], [2, true]);
    assert.match(noticesOf(answer), /Only the first 2 values/);
  });
});

describe('text of users never becomes SQL', () => {
  const evil = [
    "' OR 1=1 --",
    "'); DROP TABLE conv_10s; --",
    '\\',
    "\\' UNION ALL SELECT * FROM system.tables --",
    '{p0:String}',
    '{p0:Identifier} ;',
    '\u0000`"',
    '"}) FORMAT JSON',
    "%' AND sleep(3) AND '%'='",
  ];
  for (const text of evil) {
    test(`not ${JSON.stringify(text)}`, async () => {
      const quoted = `"${text.replace(/["\\]/g, '\\$&')}"`;
      const asked = [
        { kind: 'top', groupBy: ['client.ip'], filter: `application = ${quoted} or rst.count > 1M` },
        { kind: 'top', groupBy: ['client.ip'], filter: `client.zone in ${quoted}` },
        { kind: 'timeseries', metrics: ['syn'], filter: `application in {${quoted}} and rst.count >= 0` },
        { kind: 'values', field: 'application', search: text },
        { kind: 'connections', filter: `history = ${quoted}` },
        { kind: 'top', groupBy: ['client.ip'], adHoc: [{ key: 'application', operator: '=', value: text }] },
        { kind: 'conversations', adHoc: [{ key: 'client.zone', operator: '=|', value: '', values: [text, text] }] },
      ];
      for (const query of asked) {
        const answer = await ask(query).catch((error: TcpscopeError) => {
          assert.match(error.code, /^TCPS_E_(FILTER|QUERY_AD_HOC)/);
          return null;
        });
        if (answer === null) {
          // The language itself refuses characters that nobody can see.
          assert.match(text, /\u0000/);
          continue;
        }
        assert.ok(answer.statements.length > 0);
        for (const { sql } of answer.statements) {
          assert.ok(text.length < 3 || !sql.includes(text), sql);
          assert.ok(!/DROP|UNION ALL SELECT \*|sleep/.test(sql));
        }
        if (answer.shape === 'table') {
          assert.equal(answer.rows, 0, JSON.stringify(query));
        }
      }
    });
    test(`nor as a name: ${JSON.stringify(text)}`, async () => {
      for (const query of [
        { metrics: [text] },
        { groupBy: [text] },
        { orderBy: text },
        { orderBy: { field: text, direction: 'desc' } },
        { kind: text },
        { kind: 'values', field: text },
        { adHoc: [{ key: text, operator: '=', value: '1' }] },
      ]) {
        await assert.rejects(ask({ kind: 'top', ...query }), { status: 400 }, JSON.stringify(query));
      }
    });
  }
  after(async () => {
    assert.equal((await table({ kind: 'top', groupBy: [], metrics: ['syn'] })).rows, 1, 'the tables are still there');
  });
});

describe('executions', () => {
  /** A store that counts what it is asked. */
  const counting = () => {
    const calls: string[] = [];
    const select: Store['select'] = (sql, parameters, options) => {
      calls.push(sql);
      return store.select(sql, parameters, options);
    };
    return { calls, store: { select, stats: () => store.stats() } };
  };
  const query = { refId: 'A', ...range, kind: 'top', groupBy: ['client.ip'] };

  test('equal queries at the same time are one, and the next one comes from memory', async () => {
    const { calls, store: counted } = counting();
    const asked = queriesOn(counted);
    const all = await Promise.all(
      [1, 2, 3].map((i) => asked.answer({ ...query, refId: `R${i}`, to: range.to - i * 100 }))
    );
    assert.equal(calls.length, 1);
    assert.deepEqual(all[0], all[2]);
    await asked.answer(query);
    assert.equal(calls.length, 1);
    assert.equal(asked.stats.shared, 2);
    assert.equal(asked.stats.cache.hits, 1);
  });

  test('an answer about the present is asked anew in the next window', async () => {
    const { calls, store: counted } = counting();
    let now = range.to;
    const asked = queriesOn(counted, { now: () => now });
    await asked.answer(query);
    now += 10_000;
    await asked.answer(query);
    assert.equal(calls.length, 2);
  });

  test('an error is not remembered', async () => {
    const { calls, store: counted } = counting();
    let broken = true;
    const select: Store['select'] = (...all) => (broken ? Promise.reject(new Error('down')) : counted.select(...all));
    const asked = queriesOn({ ...counted, select });
    await assert.rejects(asked.answer(query), /down/);
    broken = false;
    await asked.answer(query);
    assert.equal(calls.length, 1);
  });

  test('who leaves stops the query in the store', async () => {
    let signal: AbortSignal | undefined;
    const select: Store['select'] = (_sql, _parameters, options) => {
      signal = options.signal;
      return new Promise(() => undefined);
    };
    const leaving = new AbortController();
    const answer = queriesOn({ select, stats: () => store.stats() }).answer(query, leaving.signal);
    leaving.abort(new Error('left'));
    await assert.rejects(answer, /left/);
    assert.equal(signal?.aborted, true);
  });

  test('all statements of a query share its time', async () => {
    const given: number[] = [];
    const select: Store['select'] = (sql, parameters, options) => {
      given.push(options.timeoutMs);
      return store.select(sql, parameters, options);
    };
    await queriesOn({ select, stats: () => store.stats() }, { config: { timeout: 20 } }).answer({
      ...query,
      kind: 'timeseries',
      metrics: ['rst'],
    });
    assert.ok(given.length >= 2);
    assert.ok(given.every((ms, i) => ms <= 20_000 && ms > 0 && (i === 0 || ms < given[i - 1]!)));
  });
});

describe('what is no longer kept in full', () => {
  const later = (noon + 20 * 86_400) * 1000;

  test('is answered from coarser windows when it was stored long ago, and the answer says so', async () => {
    // The rows were stored when this test began; a clock of long after makes them old.
    const stored = Date.now() + 20 * 86_400_000;
    const asked = queriesOn(store, { now: () => Math.max(later, stored) });
    const answer = (await asked.answer({
      refId: 'A',
      kind: 'timeseries',
      metrics: ['syn'],
      from: range.from + 10_000,
      to: range.to,
      intervalMs: 10_000,
      maxDataPoints: 1000,
    })) as SeriesAnswer;
    assert.equal(answer.step, 60);
    assert.match(noticesOf(answer), /only windows of 1 m are kept/);
    assert.match(noticesOf(answer), /widened/);
    assert.ok(answer.statements.every(({ sql }) => !sql.includes('conv_10s')));
    assert.ok(kept.conv_10s === 604_800 && kept.conv_1m === 2_592_000, 'as configured by default');
  });
});
