import { parseTime } from '../../query/index.js';
import { errors, valuesAnswerSchema, valuesRequestSchema } from '../schemas.js';
import type { Route } from './context.js';

const dayMs = 86_400_000;

/** `GET /api/v1/values`: the values that a field takes in a range, for variables and lists. */
export const valuesRoute: Route = (app, { queries, now }) => {
  app.get(
    '/api/v1/values',
    {
      schema: {
        summary: 'The values of a field in a range',
        operationId: 'values',
        querystring: valuesRequestSchema,
        response: { 200: valuesAnswerSchema, ...errors },
      },
    },
    async ({ query, cancelled }) => {
      const { field, search, limit } = query;
      const to = query.to ?? now();
      const from = query.from ?? parseTime(to, 'to') - dayMs;
      const answer = await queries.answer(
        { refId: 'values', kind: 'values', field, search, limit, from, to },
        cancelled
      );
      const column = answer.shape === 'table' ? answer.columns[0] : undefined;
      const truncated = answer.shape === 'table' && answer.more;
      return { field: column?.name ?? field, values: column?.values.map(String) ?? [], truncated };
    }
  );
};
