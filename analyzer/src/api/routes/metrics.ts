import { errors, textAnswer } from '../schemas.js';
import type { Route } from './context.js';

/** `GET /metrics`: for Prometheus. */
export const metricsRoute: Route = (app, { metrics }) => {
  app.get(
    '/metrics',
    {
      schema: {
        summary: 'Metrics in Prometheus’ text format',
        operationId: 'metrics',
        response: { 200: textAnswer('text/plain', 'docs/metrics.md lists them'), ...errors },
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send((await metrics.text()) as never)
  );
};
