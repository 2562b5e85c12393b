import { setImmediate } from 'node:timers/promises';
import { errorKinds, TcpscopeError } from '../../errors.js';
import { issueText } from '../../query/index.js';
import { knownError } from '../error-answers.js';
import { failure, type QueryDocument, type Result } from '../frames/document.js';
import { framesOf } from '../frames/frames.js';
import { errors, queryAnswerSchema, queryRequestDescription, queryRequestSchema } from '../schemas.js';
import type { Route } from './context.js';

/** `POST /api/v1/query`: many queries at once; one that is wrong does not keep the others from being answered. */
export const queryRoute: Route = (app, { dependencies, queries, metrics }) => {
  const { config, log } = dependencies;
  const envelope = queryRequestSchema(config.queries);
  app.post(
    '/api/v1/query',
    {
      schema: {
        summary: 'Answers queries with data frames',
        operationId: 'query',
        body: queryRequestDescription,
        response: { 200: queryAnswerSchema, ...errors },
      },
      // The envelope is checked here; each query is checked on its own when it is answered.
      validatorCompiler: () => (value) => ({ value }),
    },
    async (request, reply) => {
      const parsed = envelope.safeParse(request.body);
      if (!parsed.success) {
        throw new TcpscopeError(errorKinds.apiRequest, [issueText(parsed.error)]);
      }
      const { queries: asked, fromAlert } = parsed.data;
      const twice = asked.find(({ refId }, i) => asked.findIndex((other) => other.refId === refId) !== i);
      if (twice !== undefined) {
        throw new TcpscopeError(errorKinds.apiRequest, [`two queries have the refId "${twice.refId}"`]);
      }
      const isAlert = fromAlert || request.headers.fromalert === 'true';
      const answers = asked.map(async (query): Promise<readonly [string, Result]> => {
        const { refId } = query;
        const began = performance.now();
        try {
          const answer = await queries.answer(query, request.cancelled);
          metrics.queried(answer.kind, (performance.now() - began) / 1000);
          // Frames of ten thousand rows take 50 ms, and so did the answer: others have their turn in between.
          await setImmediate();
          const legend = typeof query.legend === 'string' ? query.legend.trim() : '';
          return [refId, { status: 200, frames: framesOf(answer, { refId, legend, fromAlert: isAlert }) }];
        } catch (thrown) {
          const error = knownError(thrown, request, config.bodyLimit, log);
          metrics.failed(error.code);
          return [refId, failure(error)];
        }
      });
      const document: QueryDocument = { results: Object.fromEntries(await Promise.all(answers)) };
      return reply.type('application/json').send(JSON.stringify(document) as never);
    }
  );
};
