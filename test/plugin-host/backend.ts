import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { backendBinary } from './paths.js';

/** A data source as Grafana stores it, its secrets decrypted. */
export interface DataSource {
  uid: string;
  name: string;
  url: string;
  basicAuth?: boolean;
  basicAuthUser?: string;
  jsonData?: unknown;
  secureJsonData?: Record<string, string>;
  /** Milliseconds since 1970; a change makes the plugin read the settings anew. */
  updated?: number;
}

export interface Query {
  refId: string;
  [key: string]: unknown;
}

export interface QueryOptions {
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  intervalMs?: number;
  maxDataPoints?: number;
  /** ARROW is what Grafana asks for, JSON what a test can read. */
  format?: 'ARROW' | 'JSON';
  fromAlert?: boolean;
  /** Milliseconds until the caller gives up. */
  deadline?: number;
}

/** One query's answer; frames are Arrow files or JSON texts. */
export interface Answer {
  frames: Buffer[];
  error: string;
  status: number;
  errorSource: string;
}

export interface Health {
  status: 'UNKNOWN' | 'OK' | 'ERROR';
  message: string;
  details: Record<string, unknown> | null;
}

export interface ResourceAnswer {
  code: number;
  contentType: string | undefined;
  body: Buffer;
}

/** A running backend of the plugin, called as Grafana calls it. */
export interface Backend {
  query(source: DataSource, queries: Query[], options: QueryOptions): Promise<Record<string, Answer>>;
  health(source: DataSource): Promise<Health>;
  /** `headers` are those of the browser, which Grafana hands on with the call. */
  resource(
    source: DataSource,
    method: string,
    path: string,
    body?: string,
    headers?: Record<string, string>
  ): Promise<ResourceAnswer>;
  /** What the process wrote to its log so far. */
  readonly log: string;
  stop(): Promise<void>;
}

const pluginId = 'tcpscope-tcpevents-datasource';
const protocol = fileURLToPath(new URL('backend.proto', import.meta.url));

/* eslint-disable @typescript-eslint/no-explicit-any -- messages are shaped by the protocol file at run time */
type Call = (request: object, options: object, done: (error: Error | null, answer: any) => void) => void;

/**
 * Starts the plugin's binary as Grafana does: the environment of HashiCorp's go-plugin with the magic cookie, its handshake
 * line `core|protocol|network|address|grpc|` on standard output, then gRPC in plain text over a Unix socket.
 */
export async function startBackend(binary = backendBinary): Promise<Backend> {
  const child = spawn(binary, [], {
    env: {
      PATH: process.env.PATH,
      TMPDIR: process.env.TMPDIR,
      grafana_plugin_type: 'datasource',
      PLUGIN_PROTOCOL_VERSIONS: '2',
      PLUGIN_MIN_PORT: '10000',
      PLUGIN_MAX_PORT: '25000',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (bytes) => (log += bytes));
  const ended = once(child, 'exit');
  const first = once(createInterface(child.stdout), 'line');
  const line = await Promise.race([
    first.then(([text]) => String(text)),
    ended.then(([code]) => Promise.reject(new Error(`the backend ended with status ${code}: ${log}`))),
  ]);
  const [, version, network, address, kind] = line.split('|');
  if (version !== '2' || kind !== 'grpc') {
    child.kill();
    throw new Error(`unexpected handshake: ${line}`);
  }

  const target = network === 'unix' ? `unix:${address}` : String(address);
  const services = (
    grpc.loadPackageDefinition(
      loadSync(protocol, { keepCase: true, longs: Number, enums: String, defaults: true })
    ) as any
  ).pluginv2;
  const limits = { 'grpc.max_receive_message_length': 64 * 2 ** 20 };
  const connect = (service: string) => new services[service](target, grpc.credentials.createInsecure(), limits);
  const [data, diagnostics, resource] = ['Data', 'Diagnostics', 'Resource'].map(connect);

  const call = (client: any, method: string, request: object, options: object = {}) =>
    new Promise<any>((resolve, reject) =>
      (client[method] as Call).call(client, request, options, (error, answer) =>
        error ? reject(error) : resolve(answer)
      )
    );

  const context = (source: DataSource) => ({
    orgId: 1,
    pluginId,
    grafanaConfig: {},
    dataSourceInstanceSettings: {
      uid: source.uid,
      name: source.name,
      url: source.url,
      basicAuthEnabled: source.basicAuth ?? false,
      basicAuthUser: source.basicAuthUser ?? '',
      jsonData: Buffer.from(JSON.stringify(source.jsonData ?? {})),
      decryptedSecureJsonData: source.secureJsonData ?? {},
      lastUpdatedMS: source.updated ?? 1,
    },
  });

  return {
    get log() {
      return log;
    },

    async query(source, queries, options) {
      const {
        from,
        to,
        intervalMs = 10_000,
        maxDataPoints = 100,
        format = 'JSON',
        fromAlert = false,
        deadline,
      } = options;
      const answer = await call(
        data,
        'QueryData',
        {
          pluginContext: context(source),
          headers: fromAlert ? { FromAlert: 'true' } : {},
          format,
          queries: queries.map((query) => ({
            refId: query.refId,
            maxDataPoints,
            intervalMS: intervalMs,
            timeRange: { fromEpochMS: from, toEpochMS: to },
            json: Buffer.from(JSON.stringify(query)),
          })),
        },
        deadline === undefined ? {} : { deadline: Date.now() + deadline }
      );
      return answer.responses;
    },

    async health(source) {
      const { status, message, jsonDetails } = await call(diagnostics, 'CheckHealth', {
        pluginContext: context(source),
      });
      return { status, message, details: jsonDetails.length > 0 ? JSON.parse(String(jsonDetails)) : null };
    },

    async resource(source, method, path, body = '', headers = {}) {
      const stream = resource.CallResource({
        pluginContext: context(source),
        method,
        path: path.replace(/\?.*$/s, ''),
        url: path,
        headers: Object.fromEntries(
          Object.entries({ 'Content-Type': 'application/json', ...headers }).map(([name, value]) => [
            name,
            { values: [value] },
          ])
        ),
        body: Buffer.from(body),
      });
      const parts: Buffer[] = [];
      let code = 0;
      let contentType: string | undefined;
      for await (const part of stream) {
        code ||= part.code;
        contentType ??= part.headers['Content-Type']?.values[0];
        parts.push(part.body);
      }
      return { code, contentType, body: Buffer.concat(parts) };
    },

    async stop() {
      for (const client of [data, diagnostics, resource]) {
        client.close();
      }
      child.kill('SIGTERM');
      await ended;
    },
  };
}
