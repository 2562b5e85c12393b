import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startBackend, type Backend, type DataSource } from './backend.js';
import { startFakeAnalyzer, type FakeAnalyzer } from './fakeAnalyzer.js';
import { missing } from './paths.js';

const given = process.env.TCPSCOPE_URL;
const to = Date.UTC(2026, 0, 2, 12);
const range = given === undefined ? { from: to - 3_600_000, to } : { from: Date.now() - 3_600_000, to: Date.now() };

interface Frame {
  schema: {
    refId: string;
    meta?: { type?: string; typeVersion?: number[] };
    fields: Array<{ name: string; type: string }>;
  };
  data: { values: unknown[][] };
}
const parse = (frames: Buffer[]) => frames.map((frame) => JSON.parse(String(frame)) as Frame);

describe('the backend as Grafana runs it', { skip: missing('backend') }, () => {
  let backend: Backend;
  let analyzer: FakeAnalyzer | undefined;
  let source: DataSource;

  before(async () => {
    backend = await startBackend();
    analyzer = given === undefined ? await startFakeAnalyzer() : undefined;
    const token = process.env.TCPSCOPE_TOKEN;
    source = {
      uid: 'tcpevents',
      name: 'TCP Events',
      url: given ?? analyzer?.url ?? '',
      ...(token !== undefined && { secureJsonData: { token } }),
    };
  });
  after(async () => {
    await backend?.stop();
    await analyzer?.close();
  });

  it('is healthy when a query is answered, and tells the version and what it counted', async () => {
    const { status, message, details } = await backend.health(source);
    assert.equal(status, 'OK', message);
    assert.match(message, /^tcpscope \S+ answers\. Last hour: \d+ segments, \d+ attempts, \d+ handshakes, \d+ RST\./);
    assert.equal(typeof details?.version, 'string');
  });

  const queries = [
    { kind: 'timeseries', metrics: ['rst.count.srv'], types: ['timeseries-multi', 'timeseries-wide'] },
    {
      kind: 'timeseries',
      metrics: ['rst.count.srv'],
      groupBy: ['server.ip'],
      types: ['timeseries-multi', 'timeseries-wide'],
    },
    { kind: 'top', metrics: ['syn.count', 'rst.count.srv'], groupBy: ['client.ip'], types: ['numeric-long'] },
    { kind: 'conversations', metrics: ['rst.count.srv'] },
    { kind: 'connections' },
    { kind: 'closes' },
    { kind: 'values', field: 'server.port' },
    { kind: 'health' },
  ];
  for (const { types, ...query } of queries) {
    const grouped = 'groupBy' in query ? ' by a group' : '';
    it(`answers ${query.kind}${grouped}`, async () => {
      const { A } = await backend.query(
        source,
        [{ refId: 'A', filter: '', scope: 'flows', limit: 10, ...query }],
        range
      );
      assert.equal(A?.error, '');
      assert.equal(A.status, 200);
      const frames = parse(A.frames);
      assert.notEqual(frames.length, 0);
      for (const { schema, data } of frames) {
        assert.equal(schema.refId, 'A');
        assert.equal(schema.fields.length, data.values.length);
        assert.equal(new Set(data.values.map((values) => values.length)).size, schema.fields.length === 0 ? 0 : 1);
        if (types) {
          assert.ok(types.includes(schema.meta?.type ?? ''), schema.meta?.type);
          assert.deepEqual(schema.meta?.typeVersion, [0, 1]);
        }
      }
    });
    it(`answers ${query.kind}${grouped} in Arrow, the form that Grafana asks for`, async () => {
      const { A } = await backend.query(source, [{ refId: 'A', limit: 10, ...query }], { ...range, format: 'ARROW' });
      assert.equal(A?.error, '');
      assert.notEqual(A.frames.length, 0);
      for (const frame of A.frames) {
        assert.equal(frame.subarray(0, 6).toString(), 'ARROW1');
      }
    });
  }

  it('answers the good query beside a bad one, and names what is wrong with the bad one', async () => {
    const { A, B } = await backend.query(
      source,
      [
        { refId: 'A', kind: 'timeseries', metrics: ['rst.count'] },
        { refId: 'B', kind: 'timeseries', metrics: ['rst.count'], filter: 'rst.cuont > 0' },
      ],
      range
    );
    assert.equal(A?.error, '');
    assert.equal(B?.status, 400);
    assert.equal(B.errorSource, 'downstream');
    assert.match(B.error, /rst\.cuont/);
    assert.match(B.error, /TCPS_E_FILTER_FIELD/);
  });

  it('answers a saved query that is empty, as alert rules and expressions may send one', async () => {
    const { A } = await backend.query(source, [{ refId: 'A' }], range);
    assert.equal(A?.error, '');
  });

  it('gives editors the fields, the values and the judgement of a filter', async () => {
    const fields = await backend.resource(source, 'GET', 'fields');
    assert.equal(fields.code, 200);
    assert.equal(fields.contentType, 'application/json');
    const { fields: list } = JSON.parse(String(fields.body)) as { fields: Array<{ name: string }> };
    assert.ok(list.some(({ name }) => name === 'rst.count.srv'));

    const values = await backend.resource(source, 'GET', 'values?field=server.port&limit=5');
    assert.equal(values.code, 200);
    assert.ok(Array.isArray((JSON.parse(String(values.body)) as { values: unknown }).values));

    const filter = await backend.resource(source, 'POST', 'filter', '{"text":"rst.cuont > 0","rows":"windows"}');
    assert.equal(filter.code, 200);
    const { ok, problem } = JSON.parse(String(filter.body)) as { ok: boolean; problem: { position: object } };
    assert.equal(ok, false);
    assert.deepEqual(problem.position, { start: 0, end: 9 });

    const advised = await backend.resource(source, 'POST', 'filter', '{"text":"syn.ratio > 3","rows":"windows"}');
    const { advice } = JSON.parse(String(advised.body)) as { advice: Array<{ filter: string }> };
    assert.match(advice[0]?.filter ?? 'no filter', /^syn\.ratio > 3 or /);
  });

  for (const [method, path] of [
    ['GET', 'query'],
    ['POST', 'query'],
    ['GET', 'connections/1'],
    ['GET', 'health'],
    ['POST', 'fields'],
    ['GET', '../../metrics'],
    ['GET', 'fields/../connections/1'],
  ] as const) {
    it(`does not let ${method} ${path} through to the analyzer`, async () => {
      const seen = analyzer?.requests.length;
      const { code } = await backend.resource(source, method, path);
      assert.ok(code >= 300, `answered ${code}`);
      assert.equal(analyzer?.requests.length, seen);
    });
  }
});

describe('the backend without a working analyzer', { skip: missing('backend') }, () => {
  let backend: Backend;
  before(async () => {
    backend = await startBackend();
  });
  after(() => backend?.stop());
  const at = (url: string, more: Partial<DataSource> = {}): DataSource => ({
    uid: `at ${url}`,
    name: 'TCP',
    url,
    ...more,
  });

  it('says that nothing listens, and to whom that is an error', async () => {
    const source = at('http://127.0.0.1:1');
    const { status, message } = await backend.health(source);
    assert.equal(status, 'ERROR');
    assert.match(message, /Nothing listens at http:\/\/127\.0\.0\.1:1\./);
    const { A } = await backend.query(source, [{ refId: 'A' }], range);
    assert.equal(A?.status, 502);
    assert.equal(A.errorSource, 'downstream');
    assert.match(A.error, /Nothing listens/);
    const fields = await backend.resource(source, 'GET', 'fields');
    assert.equal(fields.code, 502);
    assert.match(String(fields.body), /Nothing listens/);
  });

  it('sends the token, and passes the analyzer’s refusal on when it is wrong', async () => {
    const analyzer = await startFakeAnalyzer({ token: 'right' });
    try {
      const right = await backend.health({ ...at(analyzer.url), uid: 'right', secureJsonData: { token: 'right' } });
      assert.equal(right.status, 'OK', right.message);
      const wrong = await backend.health({ ...at(analyzer.url), uid: 'wrong', secureJsonData: { token: 'wrong' } });
      assert.equal(wrong.status, 'ERROR');
      assert.match(wrong.message, /The token is missing or unknown\. \(TCPS_E_API_TOKEN\)/);
    } finally {
      await analyzer.close();
    }
  });

  it('unpacks what a proxy packed, also for a browser that takes other packings', async () => {
    const analyzer = await startFakeAnalyzer({ packs: true });
    try {
      const source = at(analyzer.url);
      const { A } = await backend.query(source, [{ refId: 'A' }], range);
      assert.equal(A?.error, '');
      for (const accepted of ['gzip', 'gzip, deflate, br, zstd']) {
        const fields = await backend.resource(source, 'GET', 'fields', '', { 'Accept-Encoding': accepted });
        assert.equal(fields.code, 200, String(fields.body));
        assert.ok(Array.isArray((JSON.parse(String(fields.body)) as { fields: unknown }).fields));
      }
    } finally {
      await analyzer.close();
    }
  });

  it('hands on who asks in an editor, and nothing else of the browser and the proxies before Grafana', async () => {
    const analyzer = await startFakeAnalyzer();
    try {
      const source = {
        ...at(analyzer.url),
        jsonData: { httpHeaderName1: 'X-Tenant' },
        secureJsonData: { httpHeaderValue1: 'blue' },
      };
      const who = { 'X-Grafana-Id': 'who', 'X-Id-Token': 'id', Cookie: 'kept=1' };
      const others = {
        'If-None-Match': '"1"',
        'X-Forwarded-Access-Token': 'x'.repeat(20_000),
        'X-Tenant': 'of the browser',
        'Accept-Language': 'fr',
      };
      const { code, body } = await backend.resource(source, 'POST', 'filter', '{"text":""}', { ...who, ...others });
      assert.equal(code, 200, String(body));
      const { headers } = analyzer.requests.at(-1)!;
      for (const [name, value] of Object.entries(who)) {
        assert.equal(headers[name.toLowerCase()], value);
      }
      assert.equal(headers['x-tenant'], 'blue', 'the settings say');
      for (const name of ['if-none-match', 'x-forwarded-access-token', 'accept-language']) {
        assert.equal(headers[name], undefined, name);
      }
    } finally {
      await analyzer.close();
    }
  });

  it('reads changed settings anew', async () => {
    const [one, two] = [await startFakeAnalyzer(), await startFakeAnalyzer()];
    try {
      await backend.health({ ...at(one.url), uid: 'same', updated: 1 });
      await backend.health({ ...at(two.url), uid: 'same', updated: 2 });
      assert.equal(two.requests.length, one.requests.length);
    } finally {
      await one.close();
      await two.close();
    }
  });

  it('takes an answer without one of the queries for an error, not for no data', async () => {
    const analyzer = await startFakeAnalyzer({
      instead: () => ({ status: 200, body: '{"results":{"A":{"frames":[]}}}' }),
    });
    try {
      const { A, B } = await backend.query(at(analyzer.url), [{ refId: 'A' }, { refId: 'B' }], range);
      assert.equal(A?.error, '');
      assert.match(B?.error ?? '', /did not answer query B/);
    } finally {
      await analyzer.close();
    }
  });

  for (const [what, jsonData, told] of [
    ['a timeout in quotes that is no number', { timeout: 'soon' }, /jsonData\.timeout must be a number/],
    ['a flag in quotes', { tlsSkipVerify: 'true' }, /jsonData\.tlsSkipVerify must be true or false/],
    ['a server name that is a number', { tlsAuth: true, serverName: 5 }, /jsonData\.serverName must be a text/],
    ['a header name that is a number', { httpHeaderName1: 5 }, /jsonData\.httpHeaderName1 must be a text/],
    ['settings that are a list', [1], /jsonData must be an object/],
  ] as const) {
    it(`lives on after ${what}, and says what is wrong`, async () => {
      const source = { ...at('http://127.0.0.1:1'), uid: what, jsonData };
      const wrong = await backend.health(source);
      assert.equal(wrong.status, 'ERROR');
      assert.match(wrong.message, told);
      const { A } = await backend.query(source, [{ refId: 'A' }], range);
      assert.match(A?.error ?? '', told);
      assert.equal(A?.errorSource, 'downstream');
      const next = await backend.health(at('http://127.0.0.1:1'));
      assert.match(next.message, /Nothing listens/);
    });
  }
});
