import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fields, valueOfField } from '@tcpscope/filter';
import { windowCounters } from '../flow/index.js';
import { addCounters, metricOf, metricsOf, metricsText } from './metrics.js';

const counted = fc
  .array(fc.oneof(fc.constant(0), fc.nat(), fc.constant(2 ** 40)), {
    minLength: windowCounters.length,
    maxLength: windowCounters.length,
  })
  .map((values) => Float64Array.from(values));

test('metrics are what the language says of the same counters, as an object and as text', () => {
  const place = new Map(windowCounters.map(({ name }, i) => [name, i]));
  fc.assert(
    fc.property(counted, (counters) => {
      const metrics = metricsOf(counters);
      for (const [name, value] of Object.entries(metrics)) {
        const field = fields.find((one) => one.name === name);
        assert.ok(field !== undefined);
        const said = valueOfField(field, (stored) => counters[place.get(stored.name) ?? -1] ?? null);
        assert.equal(value, said, name);
        assert.equal(metricOf(name, counters), said, name);
      }
      assert.deepEqual(JSON.parse(`{${metricsText(counters)}}`), metrics);
    })
  );
});

test('a ratio without a divisor is null, in the text too', () => {
  const nothing = new Float64Array(windowCounters.length);
  assert.equal(metricsOf(nothing)['syn.ratio'], null);
  assert.match(metricsText(nothing), /"syn\.ratio":null/);
});

test('there is no metric of a name that the catalogue does not have', () => {
  assert.equal(metricOf('server.ip', new Float64Array(windowCounters.length)), null);
});

test('counters of a group add up, the longest stays the longest', () => {
  fc.assert(
    fc.property(counted, counted, (one, other) => {
      const sum = one.slice();
      addCounters(sum, other);
      windowCounters.forEach(({ aggregate, name }, i) => {
        const [a, b] = [one[i] as number, other[i] as number];
        assert.equal(sum[i], aggregate === 'max' ? Math.max(a, b) : a + b, name);
      });
    })
  );
});
