import { z } from 'zod';
import { errors } from '../schemas.js';
import type { Route } from './context.js';

/** `GET /openapi.json`: the description of this API, made from the schemas that requests are checked with. */
export const descriptionRoute: Route = (app) => {
  app.get(
    '/openapi.json',
    {
      schema: {
        summary: 'The description of this API',
        operationId: 'description',
        response: { 200: z.looseObject({ openapi: z.string() }).describe('OpenAPI 3.1'), ...errors },
      },
    },
    async (_request, reply) => reply.type('application/json').send(JSON.stringify(app.swagger()) as never)
  );
};
