import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import {
  fieldSchema,
  filterAnswerSchema,
  healthSchema,
  queryAnswerSchema,
  valuesAnswerSchema,
} from '../../analyzer/src/api/schemas.js';
import { startFakeAnalyzer, type FakeAnalyzer } from './fakeAnalyzer.js';

/**
 * Tests of the plugin alone prove something of the analyzer only as far as the one that stands in its place answers as it
 * does: nothing that the API does not describe, and nothing of that missing.
 */
describe('the analyzer that tests of the plugin ask', () => {
  let fake: FakeAnalyzer;
  before(async () => {
    fake = await startFakeAnalyzer();
  });
  after(() => fake.close());

  const query = (kind: string) => ({
    refId: kind,
    kind,
    metrics: ['rst.count'],
    from: 0,
    to: 3_600_000,
    intervalMs: 10_000,
    maxDataPoints: 100,
  });
  const kinds = ['timeseries', 'top', 'conversations', 'connections', 'closes', 'causes', 'values', 'health', 'feed'];
  for (const [name, schema, path, body] of [
    ['health', healthSchema, 'health'],
    ['fields', z.object({ fields: z.array(fieldSchema) }), 'fields'],
    ['values', valuesAnswerSchema, 'values?field=server.port'],
    ['a right filter', filterAnswerSchema, 'filter', { text: 'rst.count>0', rows: 'windows' }],
    ['a filter with advice', filterAnswerSchema, 'filter', { text: 'rst.ratio = null', rows: 'windows' }],
    ['a wrong filter', filterAnswerSchema, 'filter', { text: 'rst.cuont > 0', rows: 'windows' }],
    ['queries', queryAnswerSchema, 'query', { queries: kinds.map(query) }],
    ['a wrong query', queryAnswerSchema, 'query', { queries: [{ ...query('top'), filter: 'rst.cuont > 0' }] }],
  ] as const) {
    it(`answers as the analyzer does: ${name}`, async () => {
      const response = await fetch(
        `${fake.url}/api/v1/${path}`,
        body && { method: 'POST', body: JSON.stringify(body) }
      );
      assert.equal(response.status, 200);
      const answer: unknown = await response.json();
      // Parsing takes away what the schema does not know.
      assert.deepEqual(schema.parse(answer), answer);
    });
  }
});
