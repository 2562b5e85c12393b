import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fields, histograms, isOfTimes, meanOf, percentileOf, valueOfField } from '@tcpscope/filter';
import { windowCounters } from '../flow/index.js';
import { metricOf, metricsOf, metricsText } from './metrics.js';
import { addSums, copyOf, emptySums, type Sums } from './sums.js';

const counted = fc
  .array(fc.oneof(fc.constant(0), fc.nat(), fc.constant(2 ** 40)), {
    minLength: windowCounters.length,
    maxLength: windowCounters.length,
  })
  .map((values) => Float64Array.from(values));

/** Buckets in rising order with how many times lie in each. */
const times = fc
  .array(fc.tuple(fc.nat(591), fc.integer({ min: 1, max: 1000 })), { maxLength: 20 })
  .map((pairs) => [...new Map(pairs)].sort(([a], [b]) => a - b).flat());

const sums: fc.Arbitrary<Sums> = fc.record({ counters: counted, times: fc.tuple(...histograms.map(() => times)) });

test('metrics are what the language says of the same counters, as an object and as text', () => {
  const place = new Map(windowCounters.map(({ name }, i) => [name, i]));
  fc.assert(
    fc.property(sums, (all) => {
      const metrics = metricsOf(all);
      for (const [name, value] of Object.entries(metrics)) {
        const field = fields.find((one) => one.name === name);
        assert.ok(field !== undefined);
        const said = valueOfField(field, (stored) => {
          if (!isOfTimes(stored)) {
            return all.counters[place.get(stored.name) ?? -1] ?? null;
          }
          const counted = all.times[histograms.findIndex(({ name }) => name === stored.of)] ?? [];
          return stored.kind === 'mean' ? meanOf(counted) : percentileOf(counted, stored.percent);
        });
        assert.equal(value, said, name);
        assert.equal(metricOf(name, all), said, name);
      }
      assert.deepEqual(JSON.parse(`{${metricsText(all)}}`), metrics);
    })
  );
});

test('a ratio without a divisor a percentile and the largest of nothing are null, in the text too', () => {
  const nothing = emptySums();
  assert.equal(metricsOf(nothing)['syn.ratio'], null);
  assert.match(metricsText(nothing), /"syn\.ratio":null/);
  assert.equal(metricsOf(nothing)['ct.p95'], null);
  assert.match(metricsText(nothing), /"ct\.p95":null/);
  assert.equal(metricsOf(nothing)['ct.max'], null);
});

test('there is no metric of a name that the catalogue does not have', () => {
  assert.equal(metricOf('server.ip', emptySums()), null);
});

test('counters and times of a group add up, the longest stays the longest', () => {
  fc.assert(
    fc.property(sums, sums, (one, other) => {
      const sum = copyOf(one);
      addSums(sum, other);
      windowCounters.forEach(({ aggregate, name }, i) => {
        const [a, b] = [one.counters[i] as number, other.counters[i] as number];
        assert.equal(sum.counters[i], aggregate === 'max' ? Math.max(a, b) : a + b, name);
      });
      sum.times.forEach((added, i) => {
        const counts = new Map<number, number>();
        for (const from of [one.times[i] as number[], other.times[i] as number[]]) {
          for (let at = 0; at < from.length; at += 2) {
            counts.set(from[at] as number, (counts.get(from[at] as number) ?? 0) + (from[at + 1] as number));
          }
        }
        assert.deepEqual(added, [...counts].sort(([a], [b]) => a - b).flat());
      });
    })
  );
});
