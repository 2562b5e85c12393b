import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerBase,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Queries } from '../../query/index.js';
import type { ApiDependencies } from '../dependencies.js';
import type { ApiMetrics } from '../metrics/metrics.js';
import type { Gate } from '../security.js';
import type { Streams } from '../streams.js';

/** The HTTP framework with schemas of zod, over plain HTTP or TLS. */
export type App = FastifyInstance<
  RawServerBase,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What routes share. */
export interface RouteContext extends Required<Pick<ApiDependencies, 'now'>> {
  readonly dependencies: ApiDependencies;
  readonly queries: Queries;
  readonly metrics: ApiMetrics;
  readonly streams: Streams;
  readonly gate: Gate;
}

export type Route = (app: App, context: RouteContext) => void;
