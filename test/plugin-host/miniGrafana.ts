import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { Answer, Backend, DataSource, Query } from './backend.js';

export interface MiniGrafanaOptions {
  backend: Backend;
  datasource: DataSource;
  /** Folders served as files: URL prefix, ending in a slash, to folder. */
  files?: Record<string, string>;
}

/** The part of Grafana's HTTP API that a data source's frontend uses, in front of a running backend. */
export interface MiniGrafana {
  url: string;
  close(): Promise<void>;
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

export async function startMiniGrafana({ backend, datasource, files = {} }: MiniGrafanaOptions): Promise<MiniGrafana> {
  const own = `/api/datasources/uid/${datasource.uid}`;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://mini-grafana');
    if (url.pathname === '/api/ds/query' && request.method === 'POST') {
      return send(response, ...(await query(await body(request))));
    }
    if (url.pathname === `${own}/health`) {
      const { status, message, details } = await backend.health(datasource);
      return send(response, status === 'OK' ? 200 : 400, { status, message, details });
    }
    if (url.pathname.startsWith(`${own}/resources/`)) {
      const path = url.pathname.slice(`${own}/resources/`.length) + url.search;
      const answer = await backend.resource(datasource, request.method ?? 'GET', path, await body(request));
      response.writeHead(answer.code, { 'content-type': answer.contentType ?? 'text/plain' });
      response.end(answer.body);
      return;
    }
    const file = fileFor(url.pathname);
    if (file === null) {
      return send(response, 404, { message: `nothing at ${url.pathname}` });
    }
    response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
  }

  /** Grafana answers 400 when any query failed, with the others' frames in the same document. */
  async function query(text: string): Promise<[number, object]> {
    const { queries, from, to } = JSON.parse(text) as { queries: Query[]; from: string; to: string };
    const { intervalMs, maxDataPoints } = (queries[0] ?? {}) as { intervalMs?: number; maxDataPoints?: number };
    const answers = await backend.query(datasource, queries, {
      from: Number(from),
      to: Number(to),
      ...(intervalMs !== undefined && { intervalMs }),
      ...(maxDataPoints !== undefined && { maxDataPoints }),
    });
    const results = Object.fromEntries(Object.entries(answers).map(([refId, answer]) => [refId, toResult(answer)]));
    return [Object.values(answers).some(({ error }) => error !== '') ? 400 : 200, { results }];
  }

  function fileFor(pathname: string): string | null {
    const prefix = Object.keys(files)
      .filter((start) => pathname.startsWith(start))
      .sort((a, b) => b.length - a.length)[0];
    if (prefix === undefined) {
      return null;
    }
    const rest = normalize(pathname.slice(prefix.length) || 'index.html');
    const file = join(files[prefix] ?? '', rest);
    return rest.startsWith('..') || !statSync(file, { throwIfNoEntry: false })?.isFile() ? null : file;
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => send(response, 500, { message: String(error) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

function toResult({ frames, error, status, errorSource }: Answer): object {
  const parsed = frames.map((frame) => JSON.parse(String(frame)) as object);
  return error === '' ? { status, frames: parsed } : { status, frames: parsed, error, errorSource };
}

async function body(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) {
    text += part;
  }
  return text;
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
