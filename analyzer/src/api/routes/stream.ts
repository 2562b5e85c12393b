import { z } from 'zod';
import { errors } from '../schemas.js';
import type { Route } from './context.js';

/** `GET /api/v1/stream`: live totals, an event each second. */
export const streamRoute: Route = (app, { streams }) => {
  app.get(
    '/api/v1/stream',
    {
      exposeHeadRoute: false,
      schema: {
        summary: 'Live totals as server-sent events',
        produces: ['text/event-stream'],
        response: {
          200: z.string().describe('Events "totals": {time, connections, totals} with counters since the start'),
          ...errors,
        },
      },
    },
    (_request, reply) => {
      streams.check();
      reply.hijack();
      streams.add(reply.raw);
    }
  );
};
