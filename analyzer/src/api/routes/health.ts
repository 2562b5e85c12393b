import type { z } from 'zod';
import type { CaptureStatus } from '../../query/index.js';
import { version } from '../../version.js';
import { errors, healthSchema } from '../schemas.js';
import type { Route } from './context.js';

/**
 * `GET /api/v1/health`: answers 200 as long as the process lives; `status` says how well. Who has no token where one is
 * needed learns that, and the version, and nothing else.
 */
export const healthRoute: Route = (app, { dependencies, gate }) => {
  const { store, captures } = dependencies;
  app.get(
    '/api/v1/health',
    {
      schema: {
        summary: 'Liveness, state of store and captures',
        operationId: 'health',
        security: [],
        response: { 200: healthSchema, ...errors },
      },
    },
    ({ headers }) => {
      const { state, reasons, stats } = store.health();
      const capture = captures.snapshot();
      const faults = capture.filter((each) => each.state === 'failed').map(faultOf);
      const status = state !== 'ok' ? state : faults.length > 0 ? 'degraded' : 'ok';
      const short = { status, version } as const;
      return gate.knows(headers.authorization)
        ? {
            ...short,
            reasons: [...reasons, ...faults],
            store: { state, engine: stats.engine.state },
            capture: capture.map(plain),
          }
        : short;
    }
  );
};

function faultOf({ interface: name, reason }: CaptureStatus): string {
  return `capture on ${name} failed${reason === undefined ? '' : `: ${reason}`}`;
}

function plain({ packets, ...status }: CaptureStatus): NonNullable<z.output<typeof healthSchema>['capture']>[number] {
  return { ...status, packets: { ...packets, undecoded: { ...packets.undecoded } } };
}
