import { errors, textAnswer } from '../schemas.js';
import type { Route } from './context.js';

const events = 'Events "totals": {time, connections, totals} with counters since the start';

/** `GET /api/v1/stream`: live totals, an event each second. */
export const streamRoute: Route = (app, { streams }) => {
  app.get(
    '/api/v1/stream',
    {
      exposeHeadRoute: false,
      schema: {
        summary: 'Live totals as server-sent events',
        operationId: 'stream',
        response: { 200: textAnswer('text/event-stream', events), ...errors },
      },
    },
    (_request, reply) => {
      streams.check();
      reply.hijack();
      streams.add(reply.raw);
    }
  );
};
