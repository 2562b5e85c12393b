import { z } from 'zod';
import { errors } from '../schemas.js';
import type { Route } from './context.js';

/** `GET /metrics`: for Prometheus. */
export const metricsRoute: Route = (app, { metrics }) => {
  app.get(
    '/metrics',
    {
      schema: {
        summary: 'Metrics in Prometheus’ text format',
        produces: ['text/plain'],
        response: { 200: z.string(), ...errors },
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send((await metrics.text()) as never)
  );
};
