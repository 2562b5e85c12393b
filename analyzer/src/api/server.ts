import swagger from '@fastify/swagger';
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { errorKinds, TcpscopeError } from '../errors.js';
import { Queries } from '../query/index.js';
import { version } from '../version.js';
import { watchCancellation } from './cancellation.js';
import type { ApiConfig } from './config.js';
import type { ApiDependencies } from './dependencies.js';
import { descriptionOptions } from './description.js';
import { errorAnswer, knownError, sendError } from './error-answers.js';
import { ApiMetrics } from './metrics/metrics.js';
import { connectionRoute } from './routes/connection.js';
import { explainRoute } from './routes/explain.js';
import type { App, RouteContext } from './routes/context.js';
import { descriptionRoute } from './routes/description.js';
import { fieldsRoute } from './routes/fields.js';
import { filterRoute } from './routes/filter.js';
import { healthRoute } from './routes/health.js';
import { metricsRoute } from './routes/metrics.js';
import { queryRoute } from './routes/query.js';
import { streamRoute } from './routes/stream.js';
import { valuesRoute } from './routes/values.js';
import { Gate, refuseExposure } from './security.js';
import { Streams } from './streams.js';

/** How long requests may still be answered when the server stops. */
const graceMs = 5000;
/** How long a connection is kept on which nothing is asked. */
const keepAliveSeconds = 120;

export interface Api {
  /** The server before it listens, for tests. */
  readonly app: FastifyInstance;
  /** Listens; resolves with the address, such as `http://127.0.0.1:8477`. Throws `apiListen`. */
  listen(): Promise<string>;
  /** Answers what is in hand, ends streams, closes. */
  stop(): Promise<void>;
}

/** Builds the HTTP API. Throws `apiExposed` when others could reach it without a token, and `apiTls`. */
export async function createApi(dependencies: ApiDependencies): Promise<Api> {
  const { config } = dependencies;
  refuseExposure(config);
  const server = new Server(dependencies, await optionsOf(dependencies));
  await server.prepare();
  return server;
}

/** The same, listening. */
export async function startApi(dependencies: ApiDependencies): Promise<Api & { readonly url: string }> {
  const api = await createApi(dependencies);
  const url = await api.listen();
  return { app: api.app, url, listen: () => Promise.resolve(url), stop: () => api.stop() };
}

async function optionsOf({ config, log }: ApiDependencies): Promise<FastifyServerOptions> {
  const https = await tlsOf(config);
  const seconds = 1000;
  const options: FastifyServerOptions = {
    logger: false,
    bodyLimit: config.bodyLimit,
    requestTimeout: 30 * seconds,
    // Longer than clients keep a connection that nothing asks on (Go, and with it Grafana: 90 s; nginx: 60 s), so that they
    // close it: closed from here, it may meet a request that is already under way, which is then answered by a RST.
    keepAliveTimeout: keepAliveSeconds * seconds,
    genReqId: () => randomUUID(),
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    frameworkErrors: (error, request, reply) =>
      void sendError(reply, knownError(error, request, config.bodyLimit, log)),
    clientErrorHandler: answerUnreadable,
  };
  return https === null ? options : ({ ...options, https } as FastifyServerOptions);
}

async function tlsOf({ tls }: ApiConfig): Promise<object | null> {
  if (tls === undefined) {
    return null;
  }
  try {
    const [cert, key, ca] = await Promise.all([tls.cert, tls.key, tls.clientCa].map((path) => path && readFile(path)));
    const options = { cert, key, ...(ca ? { ca, requestCert: true, rejectUnauthorized: true } : {}) };
    // Reads what the files hold, so that what is no certificate, or fits no key, is named here.
    createSecureContext(options);
    return options;
  } catch (error) {
    throw new TcpscopeError(errorKinds.apiTls, [(error as Error).message], { cause: error });
  }
}

/** Bytes that are no HTTP request. */
function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(errorAnswer(new TcpscopeError(errorKinds.apiRequest, ['it is not readable as HTTP'])));
  const head = `HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
  socket.end(`${head}\r\n\r\n${body}`);
}

class Server implements Api {
  readonly app: App & FastifyInstance;
  private readonly gate: Gate;
  private readonly streams: Streams;
  private readonly metrics: ApiMetrics;
  private readonly queries: Queries;
  private stopping: Promise<void> | null = null;

  constructor(
    private readonly dependencies: ApiDependencies,
    options: FastifyServerOptions
  ) {
    const { store, retention, captures, live, config, limits, thresholds, now = Date.now, heartbeatMs } = dependencies;
    this.gate = new Gate(config);
    this.streams = new Streams(live, config.streams, heartbeatMs);
    this.queries = new Queries({ store, retention, captures, config: limits, thresholds, now });
    this.metrics = new ApiMetrics(() => {
      const { user, system } = process.cpuUsage();
      return {
        captures: captures.snapshot(),
        store: store.stats(),
        queries: this.queries.stats,
        streams: this.streams.count,
        memory: process.memoryUsage.rss(),
        processor: (user + system) / 1e6,
        version,
      };
    });
    this.app = Fastify(options) as App & FastifyInstance;
  }

  async prepare(): Promise<void> {
    const { app, dependencies, gate } = this;
    const { config, log, now = Date.now } = dependencies;
    app.setValidatorCompiler(validatorCompiler);
    app.setSerializerCompiler(serializerCompiler);
    // Nothing but JSON: what a web page may send to another site unasked is refused, too.
    app.removeContentTypeParser('text/plain');
    await app.register(swagger, descriptionOptions(gate.isLocked));
    watchCancellation(app, config.timeout * 1000);
    this.guard();
    this.endConnections();
    this.answerErrors();
    this.countRequests();

    const context: RouteContext = {
      dependencies,
      queries: this.queries,
      metrics: this.metrics,
      streams: this.streams,
      gate,
      now,
    };
    const taken = new Map<string, Set<string>>();
    app.addHook('onRoute', ({ url, method }) => {
      const methods = taken.get(url) ?? new Set<string>();
      [method].flat().forEach((each) => methods.add(each));
      taken.set(url, methods);
    });
    for (const route of [
      queryRoute,
      fieldsRoute,
      filterRoute,
      valuesRoute,
      connectionRoute,
      explainRoute,
      streamRoute,
      healthRoute,
      metricsRoute,
      descriptionRoute,
    ]) {
      route(app, context);
    }
    refuseOtherMethods(app, [...taken]);
    app.addHook('preClose', (done) => {
      this.streams.end();
      done();
    });
    if (
      config.token !== undefined &&
      config.tls === undefined &&
      !['127.0.0.1', '::1', 'localhost'].includes(config.host)
    ) {
      log.warn({ host: config.host }, 'the token travels unencrypted; set api.tls or put a proxy with tls in front');
    }
    await app.ready();
  }

  async listen(): Promise<string> {
    const { config, log } = this.dependencies;
    try {
      await this.app.listen({ host: config.host, port: config.port });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const why = code === 'EADDRINUSE' ? 'another process listens there; stop it, or choose another --port' : message;
      throw new TcpscopeError(errorKinds.apiListen, [`${config.host}:${config.port}`, why], { cause: error });
    }
    const { address, port, family } = this.app.server.address() as AddressInfo;
    const scheme = config.tls === undefined ? 'http' : 'https';
    const url = `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
    log.info({ url, token: this.gate.isLocked, clientCertificates: config.tls?.clientCa !== undefined }, 'api listens');
    return url;
  }

  stop(): Promise<void> {
    this.stopping ??= this.shutDown();
    return this.stopping;
  }

  private async shutDown(): Promise<void> {
    const force = setTimeout(() => this.app.server.closeAllConnections?.(), graceMs);
    await this.app.close();
    clearTimeout(force);
    await this.queries.stop();
  }

  /** While it stops, answers end their connection: those that callers keep would keep the server from closing. */
  private endConnections(): void {
    this.app.addHook('onSend', (_request, reply, _payload, done) => {
      if (this.stopping !== null) {
        void reply.header('connection', 'close');
      }
      done();
    });
  }

  /** Asks for the token, before anything of a request is read. */
  private guard(): void {
    this.app.addHook('onRequest', (request, _reply, done) => {
      const { headers, routeOptions } = request;
      if (this.stopping !== null) {
        done(new TcpscopeError(errorKinds.apiStopping));
      } else if (!this.gate.answersFor(headers.host)) {
        done(new TcpscopeError(errorKinds.apiHost, [(headers.host ?? '').slice(0, 100)]));
      } else if (!this.gate.knows(headers.authorization) && !isFree(routeOptions.url, headers.authorization)) {
        done(new TcpscopeError(errorKinds.apiToken));
      } else {
        done();
      }
    });
  }

  /** Counts requests when their answer is sent, or when their caller leaves before that. */
  private countRequests(): void {
    const { app, metrics, dependencies } = this;
    app.addHook('onResponse', (request, reply, done) => {
      const { statusCode: status, elapsedTime: ms } = reply;
      metrics.answered(request, status, ms / 1000);
      const { id, method, routeOptions } = request;
      const fields = { request: id, method, route: routeOptions.url, status, ms: Math.round(ms) };
      dependencies.log.debug(fields, 'request answered');
      done();
    });
    app.addHook('onRequest', (request, { raw }, done) => {
      raw.once('close', () => {
        if (!raw.writableFinished) {
          metrics.answered(request, errorKinds.queryCancelled.status, null);
        }
      });
      done();
    });
  }

  private answerErrors(): void {
    const { config, log } = this.dependencies;
    this.app.setErrorHandler((error, request, reply) =>
      sendError(reply, knownError(error, request, config.bodyLimit, log))
    );
    this.app.setNotFoundHandler((request, reply) =>
      sendError(reply, new TcpscopeError(errorKinds.apiRoute, [request.url.replace(/\?.*$/s, '').slice(0, 200)]))
    );
  }
}

/** Liveness is told to everybody; a wrong token is wrong there, too, so that whoever set it learns of it. */
function isFree(url: string | undefined, authorization: string | undefined): boolean {
  return url === '/api/v1/health' && authorization === undefined;
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const;

/** Every other method of a known route is answered with those that it takes. */
function refuseOtherMethods(app: App, taken: ReadonlyArray<readonly [string, ReadonlySet<string>]>): void {
  for (const [url, known] of taken) {
    const others = methods.filter((method) => !known.has(method));
    const allowed = [...known].join(', ');
    app.route({
      url,
      method: others,
      schema: { hide: true },
      // Refused before a body is looked at.
      onRequest: (_request, reply, done) => {
        void reply.header('allow', allowed);
        done(new TcpscopeError(errorKinds.apiMethod, [url, allowed]));
      },
      handler: () => undefined,
    });
  }
}
