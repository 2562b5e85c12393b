import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketError } from '@tcpscope/filter';
import fc from 'fast-check';
import { analyze } from '../../../test/traffic/analyze.js';
import { talk, together, type Talk } from '../../../test/traffic/talk.js';

/** Seconds, as likely short as long: 1 µs to some hours. */
const waits = (most: number) => fc.double({ min: -6, max: Math.log10(most), noNaN: true }).map((power) => 10 ** power);

const connection = fc.record({
  port: fc.constantFrom(80, 443),
  start: fc.integer({ min: 0, max: 40 }),
  answer: waits(10),
  acknowledgement: waits(10),
  handshake: fc.constantFrom(true, true, true, false),
});
type Connection = typeof connection extends fc.Arbitrary<infer T> ? T : never;

function played({ port, start, answer, acknowledgement, handshake }: Connection, at: number): Talk {
  const conversation = talk({
    client: `10.0.0.1:${40_000 + at}`,
    server: `10.0.0.2:${port}`,
    start: 1_700_000_000 + start,
    step: 0,
  });
  conversation.syn().wait(answer);
  return handshake ? conversation.synAck().wait(acknowledgement).ack('client') : conversation.refuse();
}

/** The time of the rank that a percentile names. */
function exactly(times: readonly number[], percent: number): number | null {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? null;
}

function assertNear(found: number | null | undefined, exact: number | null, name: string): void {
  // Times are rounded to microseconds before they are put into buckets.
  const near =
    exact === null || typeof found !== 'number'
      ? found === exact
      : Math.abs(found - exact) <= exact * bucketError + 0.6e-6;
  assert.ok(near, `${name} is ${found}, exactly it is ${exact}`);
}

test('percentiles are those of the connections, within 1/32', () => {
  fc.assert(
    fc.property(fc.array(connection, { minLength: 1, maxLength: 40 }), (all) => {
      const { connections, conversations, totals } = analyze(together(...all.map(played)));
      for (const percent of [50, 95, 99]) {
        const name = `ct.p${percent}`;
        const times = (rows: typeof connections) => rows.flatMap(({ ct }) => (ct === null ? [] : [Number(ct)]));
        assert.equal(times(connections).length, all.filter(({ handshake }) => handshake).length);
        assertNear(totals[name], exactly(times(connections), percent), name);
        for (const row of conversations) {
          const own = connections.filter((each) => each['server.port'] === row['server.port']);
          assertNear(
            row[name] as number | null,
            exactly(times(own), percent),
            `${name} of ${String(row['server.port'])}`
          );
        }
      }
    }),
    { numRuns: 300 }
  );
});
