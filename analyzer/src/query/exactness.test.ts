import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { dimensions, fieldsOf, limits as filterLimits, parseFilter } from '@tcpscope/filter';
import fc from 'fast-check';
import { printFilter } from '../../../filter/src/print.js';
import { expressions } from '../../../filter/src/testing/expressions.js';
import type { Store } from '../store/store.js';
import type { SeriesAnswer, TableAnswer } from './answer.js';
import { isMetric } from './names.js';
import { expectedGroups, expectedSeries, storedRows, type OracleQuery, type StoredRow } from './oracle-fixture.js';
import { fill, midnight, openFilled, queriesOn, randomRows } from './query-fixture.js';
import type { Queries } from './queries.js';

/** Random queries against a look at every row. */
const runs = 250;

const metricNames = fieldsOf('windows')
  .filter(isMetric)
  .map(({ name }) => name);
const dimensionNames = dimensions.map(({ name }) => name);

const filters = fc.oneof(
  { weight: 2, arbitrary: fc.constant('') },
  {
    weight: 3,
    arbitrary: expressions('windows')
      .map(printFilter)
      .filter((text) => text.length <= filterLimits.textLength && parseFilter(text, 'windows').ok),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'rst.count > 0 and fin.count = 0',
      'rst.count.srv > 2 and client.ip in 10.0.0.0/8',
      'syn.ratio > 1 or (syn.count > 0 and ct.count = 0)',
      'ct.avg > 50ms and server.port in {80, 443}',
      'not rst.ratio.srv > 1',
      'vlan = 3 and fin.count > 1',
      'refused.count > 0 or client.zone in "/Local"',
      'client.count > 1',
      'ct.p95 > 100ms',
      'ct.p50 is null or ct.p99 < 1s'
    ),
  }
);

/** Ranges with ragged ends: seconds that are no multiple of any window. */
const ranges = fc
  .tuple(fc.integer({ min: -3600, max: 3 * 86_400 }), fc.integer({ min: 10, max: 3 * 86_400 }))
  .map(([start, length]) => ({ from: midnight + start, to: midnight + start + length }));

const queries: fc.Arbitrary<OracleQuery> = fc
  .record({
    range: ranges,
    metrics: fc.uniqueArray(fc.constantFrom(...metricNames), { minLength: 1, maxLength: 4 }),
    groupBy: fc.uniqueArray(fc.constantFrom(...dimensionNames), { maxLength: 4 }),
    filter: filters,
    scope: fc.constantFrom('flows' as const, 'rows' as const),
  })
  .map(({ range, ...rest }) => ({ ...range, ...rest }));

const probeDimension = dimensions.find(({ name }) => name === 'probe')!;
const valueOfProbe = ({ values }: StoredRow) => String(values.get(probeDimension));

describe('answers are what a look at every row gives', () => {
  let store: Store;
  let asked: Queries;
  let rows: StoredRow[];
  before(async () => {
    store = await openFilled();
    await fill(store, 'probe', randomRows(7, 900));
    await fill(store, 'web', randomRows(8, 300));
    rows = await storedRows(store);
    assert.ok(rows.length > 3000, 'there are rows to look at');
    asked = queriesOn(store, { config: { series: 1000, points: 100_000 } });
  });
  after(() => store.stop());

  const wire = (query: OracleQuery) => ({ refId: 'A', ...query, from: query.from * 1000, to: query.to * 1000 });

  /** Rows scope refuses a filter that mixes sums with dimensions that groups do not have: nothing to compare then. */
  async function unlessRefused<T>(answer: Promise<T>): Promise<T> {
    return answer.catch((error: Error & { code?: string }) => {
      fc.pre(error.code !== 'TCPS_E_QUERY_SCOPE');
      throw error;
    });
  }

  test('as groups, whatever is grouped, filtered and measured over whatever range', async () => {
    await fc.assert(
      fc.asyncProperty(queries, async (query) => {
        const answer = (await unlessRefused(
          asked.answer({ ...wire(query), kind: 'top', limit: 10_000 })
        )) as TableAnswer;
        const { columns } = answer;
        const keys = query.groupBy.length;
        const found = new Map(
          Array.from({ length: answer.rows }, (_, row) => [
            JSON.stringify(columns.slice(0, keys).map(({ values }) => values[row])),
            columns.slice(keys).map(({ values }) => values[row]),
          ])
        );
        const expected = expectedGroups(rows, query);
        if (keys === 0 && expected.size === 0) {
          // Totals of nothing: shown as 0 or not at all, see totals.test.ts.
          return;
        }
        assert.deepEqual(found, expected);
      }),
      { numRuns: runs }
    );
  });

  test('as series: conversations are chosen over the whole range, then divided', async () => {
    const steps = fc.record({
      intervalMs: fc.constantFrom(0, 10_000, 60_000, 3_600_000),
      maxDataPoints: fc.integer({ min: 1, max: 3000 }),
    });
    await fc.assert(
      fc.asyncProperty(queries, steps, async (query, wishes) => {
        const answer = (await unlessRefused(
          asked.answer({ ...wire(query), kind: 'timeseries', ...wishes, limit: 1000 })
        )) as SeriesAnswer;
        const { step, times } = answer;
        const expected = expectedSeries(rows, query, step, times);
        const from = Math.ceil(query.from / 10) * 10;
        const to = Math.ceil(query.to / 10) * 10;
        const probe = query.groupBy.indexOf('probe');
        const captured = new Set(
          rows
            .filter(({ ts }) => ts >= from && ts < to)
            .map((row) => `${Math.floor(row.ts / step) * step} ${probe < 0 ? '' : valueOfProbe(row)}`)
        );
        for (const { keys, values } of answer.series) {
          const typed = JSON.stringify(keys.map((key, i) => (/port|vlan/.test(query.groupBy[i]!) ? Number(key) : key)));
          const series = expected.get(typed);
          assert.ok(series !== undefined || keys.length === 0, `${typed} is a group`);
          expected.delete(typed);
          values.forEach((points, m) => {
            const name = query.metrics[m]!;
            const nothing = /ratio|\bct\.net$|\.(p\d\d|avg|max)\b|^dup\./.test(name) ? null : 0;
            const restricted = /\bprobe\b/.test(query.filter);
            points.forEach((value, i) => {
              const known = series?.[m]?.[i];
              if (known !== undefined) {
                assert.equal(value, known, `${name} at ${times[i]}`);
              } else if (!restricted) {
                assert.equal(
                  value,
                  captured.has(`${times[i]} ${keys[probe] ?? ''}`) ? nothing : null,
                  `${name} at ${times[i]}, where nothing is`
                );
              }
            });
          });
        }
        assert.deepEqual([...expected.keys()], []);
      }),
      { numRuns: runs }
    );
  });
});
