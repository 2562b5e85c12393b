import { z } from 'zod';
import { explainStored, explanationJson, explanationText } from '../../explain/index.js';
import { errors, explanationSchema } from '../schemas.js';
import type { Route } from './context.js';

/** `GET /api/v1/connections/{id}/explain`: the last packets of one connection, and why it ended. */
export const explainRoute: Route = (app, { queries }) => {
  app.get(
    '/api/v1/connections/:id/explain',
    {
      schema: {
        summary: 'One connection packet by packet, and why it ended',
        operationId: 'explain',
        params: z.object({ id: z.string().describe('The column "id" of connections') }),
        querystring: z.object({
          width: z.coerce.number().int().min(60).max(400).optional().describe('Characters in a line of `text`'),
        }),
        response: { 200: explanationSchema, ...errors },
      },
    },
    async ({ params, query, cancelled }) => {
      const facts = await queries.connection(params.id, cancelled);
      const explanation = explainStored(facts, await queries.packets(params.id, cancelled));
      const { width } = query;
      const source = `connection ${params.id}`;
      const text = explanationText(explanation, { color: false, source, ...(width === undefined ? {} : { width }) });
      const { sequence, ...rest } = explanationJson(explanation);
      const answer = { ...rest, sequence: sequence.length === 0 ? null : sequence, text };
      return answer as unknown as z.output<typeof explanationSchema>;
    }
  );
};
