import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bucketError } from '@tcpscope/filter';
import fc from 'fast-check';
import { analyze } from '../../../test/traffic/analyze.js';
import { talk, together, type Talk } from '../../../test/traffic/talk.js';

/** Seconds, as likely short as long, from 1 µs on. */
const waits = (most: number) => fc.double({ min: -6, max: Math.log10(most), noNaN: true }).map((power) => 10 ** power);

const connection = fc.record({
  port: fc.constantFrom(80, 443),
  start: fc.integer({ min: 0, max: 40 }),
  answer: waits(10),
  acknowledgement: waits(10),
  idle: waits(3600),
  end: fc.constantFrom('refused' as const, 'open' as const, 'fin' as const, 'rst' as const, 'finrst' as const),
  side: fc.constantFrom('client' as const, 'server' as const),
});
type Connection = typeof connection extends fc.Arbitrary<infer T> ? T : never;

function played({ port, start, answer, acknowledgement, idle, end, side }: Connection, at: number): Talk {
  const client = `10.0.0.1:${40_000 + at}`;
  const one = talk({ client, server: `10.0.0.2:${port}`, start: 1_700_000_000 + start, step: 0 });
  one.syn().wait(answer);
  if (end === 'refused') {
    return one.refuse();
  }
  one.synAck().wait(acknowledgement).ack('client');
  switch (end) {
    case 'fin':
      return one.wait(idle).close(side);
    case 'rst':
      return one.wait(idle).rst(side);
    case 'finrst':
      return one
        .fin(side)
        .wait(idle)
        .rst(side === 'client' ? 'server' : 'client');
    default:
      return one;
  }
}

/** What each histogram holds of one connection, seconds, `%` being the part; null when it is not among its times. */
const timesOf: Readonly<Record<string, (one: Connection) => number | null>> = {
  'ct.%': ({ answer, acknowledgement, end }) => (end === 'refused' ? null : answer + acknowledgement),
  'duration.%': ({ answer, acknowledgement, idle, end }) =>
    end === 'refused' || end === 'open' ? null : answer + acknowledgement + idle,
  'rst.idle.%': ({ idle, end }) => (end === 'rst' || end === 'finrst' ? idle : null),
  'rtt.%.clt': ({ acknowledgement, end }) => (end === 'refused' ? null : acknowledgement),
  'rtt.%.srv': ({ answer, end }) => (end === 'refused' ? null : answer),
};

/** The time of the rank that a percentile names. */
function exactly(times: readonly number[], percent: number): number | null {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? null;
}

function mean(times: readonly number[]): number | null {
  return times.length === 0 ? null : times.reduce((sum, time) => sum + time, 0) / times.length;
}

function assertNear(found: unknown, exact: number | null, name: string): void {
  // Packets are a nanosecond off at most, silences are kept to 0.02 %, and times are rounded to microseconds first.
  const near =
    exact === null || typeof found !== 'number'
      ? found === exact
      : Math.abs(found - exact) <= exact * (bucketError + 0.0003) + 0.6e-6;
  assert.ok(near, `${name} is ${String(found)}, exactly it is ${exact}`);
}

test('percentiles, means and the longest are those of what happened, within 1/32, of every conversation and of all', () => {
  fc.assert(
    fc.property(fc.array(connection, { minLength: 1, maxLength: 40 }), (all) => {
      const { conversations, totals } = analyze(together(...all.map(played)));
      const groups = conversations.map((row) => [row, all.filter(({ port }) => port === row['server.port'])] as const);
      for (const [metrics, members] of [[totals, all] as const, ...groups]) {
        for (const [name, timeOf] of Object.entries(timesOf)) {
          const times = members.map(timeOf).filter((time) => time !== null);
          const named = (part: string) => name.replace('%', part);
          for (const percent of [50, 95, 99]) {
            assertNear(metrics[named(`p${percent}`)], exactly(times, percent), named(`p${percent}`));
          }
          assertNear(metrics[named('max')], exactly(times, 100), named('max'));
          assertNear(metrics[named('avg')], mean(times), named('avg'));
        }
      }
    }),
    { numRuns: 300 }
  );
});

test('the duration of a connection is that of its row, its silence that before the first RST', () => {
  const { connections, totals } = analyze(talk({ step: 0.25 }).open().exchange().wait(7).rst('server').rst('server'));
  const [row] = connections;
  assertNear(totals['duration.p50'], Number(row?.['duration']), 'duration');
  assertNear(totals['rst.idle.p50'], 7.25, 'silence');
});

test('connections of which the beginning was not seen have no duration, and a stray RST no silence', () => {
  const { totals } = analyze(
    together(
      talk({ client: '10.0.0.1:1' }).exchange().close('client'),
      talk({ client: '10.0.0.1:2' }).stateless('server')
    )
  );
  assert.equal(totals['close.fin'], 1);
  assert.equal(totals['rst.noconn'], 1);
  assert.equal(totals['duration.p50'], null);
  assert.equal(totals['rst.idle.p50'], null);
});

describe('a round trip is measured where nothing came twice and all came in order', () => {
  const trips = (one: Talk) => {
    const { connections, totals } = analyze(one);
    const [row] = connections;
    const times = [row?.['rtt.clt'], row?.['rtt.srv']];
    const known = [totals['rtt.avg.clt'], totals['rtt.max.srv']].map((time) => time !== null);
    return { times: times.map((time) => (typeof time === 'number' ? Math.round(time * 1000) : time)), known };
  };
  const start = { start: 1_700_000_005, step: 0 };
  const measured = (client: number, server: number) => ({ times: [client, server], known: [true, true] });
  const unmeasured = { times: [null, null], known: [false, false] };
  const cases: ReadonlyArray<readonly [string, Talk, unknown]> = [
    ['SYN, SYN+ACK, ACK', talk(start).syn().wait(0.03).synAck().wait(0.002).ack('client'), measured(2, 30)],
    [
      'the same, later data',
      talk(start).syn().wait(0.03).synAck().wait(0.002).ack('client').exchange(),
      measured(2, 30),
    ],
    [
      'data instead of the bare ACK',
      talk(start).syn().wait(0.03).synAck().wait(0.002).send('client', 10),
      measured(2, 30),
    ],
    ['each in another window', talk(start).syn().wait(11).synAck().wait(12).ack('client'), measured(12_000, 11_000)],
    ['SYN twice', talk(start).syn().wait(1).syn().wait(0.03).synAck().wait(0.002).ack('client'), unmeasured],
    ['SYN+ACK twice', talk(start).syn().wait(0.03).synAck().wait(1).synAck().wait(0.002).ack('client'), unmeasured],
    ['SYN+ACK captured first', talk(start).synAck().wait(0.001).syn().wait(0.002).ack('client'), unmeasured],
    ['no ACK', talk(start).syn().wait(0.03).synAck(), unmeasured],
    ['refused', talk(start).syn().wait(0.03).refuse(), unmeasured],
  ];
  for (const [name, one, expected] of cases) {
    test(name, () => assert.deepEqual(trips(one), expected));
  }
});
