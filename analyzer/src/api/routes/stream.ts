import { errors, textAnswer } from '../schemas.js';
import type { Route } from './context.js';

const events = 'Events "totals": {time, connections, totals} with counters since the start';

/** `GET /api/v1/stream`: live totals, an event each second. */
export const streamRoute: Route = (app, { streams, metrics }) => {
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
    (request, reply) => {
      streams.check();
      // It lasts as long as its client likes, so it is counted when it begins.
      metrics.answered(request, 200, null);
      reply.hijack();
      streams.add(reply.raw);
    }
  );
};
