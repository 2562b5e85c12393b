import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { advise, feedFields, fields, parseFilter, printFilter, type RowKind } from '../../filter/src/index.js';
import { framesFor, valuesOf, type FlatQuery } from './fakeFrames.js';

export interface FakeAnalyzerOptions {
  /** When given, every request must carry it. */
  token?: string;
  /** Answers a request instead of the fake; `undefined` leaves it to the fake. */
  instead?: (path: string) => { status: number; body: string } | undefined;
  /** Packs answers for whoever takes them so, as a proxy in front of an analyzer may do. */
  packs?: boolean;
}

export interface FakeAnalyzer {
  url: string;
  /** Method, path with query, and body of every request so far. */
  readonly requests: Array<{ method: string; path: string; body: string; headers: IncomingMessage['headers'] }>;
  close(): Promise<void>;
}

/**
 * An analyzer's API with made-up numbers, for tests of the plugin alone. Names, frames and errors have the analyzer's
 * shapes; the same tests run against a real one with TCPSCOPE_URL.
 */
export async function startFakeAnalyzer({ token, instead, packs }: FakeAnalyzerOptions = {}): Promise<FakeAnalyzer> {
  const requests: FakeAnalyzer['requests'] = [];

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/', headers } = request;
    let body = '';
    for await (const part of request.setEncoding('utf8')) {
      body += part;
    }
    requests.push({ method, path, body, headers });
    const other = instead?.(path);
    if (other) {
      response.writeHead(other.status, { 'content-type': 'application/json' });
      response.end(other.body);
      return;
    }
    const [status, answer] =
      token !== undefined && headers.authorization !== `Bearer ${token}`
        ? [401, { code: 'TCPS_E_API_TOKEN', message: 'The token is missing or unknown.' }]
        : route(method, new URL(path, 'http://fake'), body);
    const text = JSON.stringify(answer);
    const taken = packs ? String(headers['accept-encoding']) : '';
    const [encoding, bytes] = taken.includes('br')
      ? ['br', brotliCompressSync(text)]
      : taken.includes('gzip')
        ? ['gzip', gzipSync(text)]
        : ['identity', text];
    response.writeHead(status, { 'content-type': 'application/json', 'content-encoding': encoding });
    response.end(bytes);
  }

  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

function route(method: string, url: URL, body: string): [number, unknown] {
  switch (`${method} ${url.pathname}`) {
    case 'GET /api/v1/health':
      return [
        200,
        { status: 'ok', version: '0.1.0', reasons: [], store: { state: 'ok', engine: 'none' }, capture: [] },
      ];
    case 'GET /api/v1/fields':
      return [
        200,
        {
          fields: [...fields, ...feedFields].map(
            ({ name, aliases, kind, type, unit, side, summary, rows, ...rest }) => ({
              ...{ name, aliases, kind, type, unit, side, summary, rows },
              ...('values' in rest && { values: rest.values }),
            })
          ),
        },
      ];
    case 'GET /api/v1/values': {
      const field = url.searchParams.get('field') ?? '';
      return [200, { field, values: valuesOf(field, url.searchParams.get('search') ?? ''), truncated: false }];
    }
    case 'POST /api/v1/filter': {
      const { text, rows } = JSON.parse(body) as { text: string; rows: RowKind };
      return [200, judge(text, rows)];
    }
    case 'POST /api/v1/query': {
      const { queries } = JSON.parse(body) as { queries: FlatQuery[] };
      return [200, { results: Object.fromEntries(queries.map((query) => [query.refId, result(query)])) }];
    }
    default:
      return [404, { code: 'TCPS_E_API_ROUTE', message: `There is no ${url.pathname}.` }];
  }
}

function result(query: FlatQuery): object {
  const verdict = parseFilter(query.filter ?? '', query.kind === 'connections' ? 'connections' : 'windows');
  if (!verdict.ok) {
    const { message, code } = verdict.problem;
    return { error: `${message} (${code})`, status: 400, errorSource: 'downstream' };
  }
  const frames = framesFor(query);
  return Array.isArray(frames) ? { status: 200, frames } : { ...frames, errorSource: 'downstream' };
}

function judge(text: string, rows: RowKind) {
  const parsed = parseFilter(text, rows, { variables: 'refuse' });
  if (!parsed.ok) {
    return parsed;
  }
  const advice = advise(parsed.expression, rows).map(({ code, message, suggestion }) => ({
    ...{ code, message },
    ...(suggestion !== null && { filter: suggestion }),
  }));
  return { ok: true, advice, canonical: printFilter(parsed.expression) };
}
