import type { FastifyInstance } from 'fastify';
import { setMaxListeners } from 'node:events';
import { errorKinds, TcpscopeError } from '../errors.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Aborted when nobody waits for the answer any more, or when it has taken too long; the reason then is `apiTimeout`. */
    cancelled: AbortSignal;
  }
}

/**
 * Tells handlers when to give up. The framework's own `request.signal` and `handlerTimeout` (fastify 5.12) watch for the
 * end of the request, which is also that of its body: every POST would be cancelled at once, and none would time out
 * (fastify pull request 6725). The end of the response is what counts.
 */
export function watchCancellation(app: FastifyInstance, timeoutMs: number): void {
  app.decorateRequest('cancelled');
  app.addHook('onRequest', (request, reply, done) => {
    const controller = new AbortController();
    // Every query of a request listens; from eleven on Node would take them for a leak, and say so in the log each time.
    setMaxListeners(0, controller.signal);
    const tooLong = setTimeout(() => controller.abort(new TcpscopeError(errorKinds.apiTimeout)), timeoutMs);
    reply.raw.once('close', () => {
      clearTimeout(tooLong);
      controller.abort(new TcpscopeError(errorKinds.queryCancelled));
    });
    request.cancelled = controller.signal;
    done();
  });
}
