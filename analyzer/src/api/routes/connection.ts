import { z } from 'zod';
import { connectionSchema, errors } from '../schemas.js';
import type { Route } from './context.js';

/** `GET /api/v1/connections/{id}`: what is known of one connection. */
export const connectionRoute: Route = (app, { queries }) => {
  app.get(
    '/api/v1/connections/:id',
    {
      schema: {
        summary: 'The facts of one connection',
        operationId: 'connection',
        params: z.object({ id: z.string().describe('The column "id" of connections') }),
        response: { 200: connectionSchema, ...errors },
      },
    },
    async ({ params, cancelled }) => {
      const facts = await queries.connection(params.id, cancelled);
      return facts as z.output<typeof connectionSchema>;
    }
  );
};
