import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { call, capture, testApi, token } from './api-fixture.js';
import { apiConfigSchema, type Api } from './index.js';
import { Gate, hostName, isLoopback } from './security.js';

const locked = { config: { token } };
const bearer = (text: string) => ({ authorization: `Bearer ${text}` });

async function withApi(options: Parameters<typeof testApi>[1], run: (api: Api) => Promise<void>): Promise<void> {
  const api = await testApi(undefined, options);
  try {
    await run(api);
  } finally {
    await api.stop();
  }
}

async function refused(api: Api, method: string, url: string, headers: Record<string, string>): Promise<string> {
  const response = await call(api, method, url, { headers });
  return `${response.statusCode} ${response.json<{ code: string }>().code} ${response.headers['www-authenticate']}`;
}

describe('where a token is set', () => {
  const unauthorized = '401 TCPS_E_API_TOKEN Bearer';

  test('nothing but health is answered without it, not even that a route does not exist', () =>
    withApi(locked, async (api) => {
      const routes = [
        ...['GET /api/v1/fields', 'GET /api/v1/values', 'GET /api/v1/stream', 'GET /metrics', 'GET /openapi.json'],
        ...[
          'POST /api/v1/query',
          'POST /api/v1/filter',
          'GET /api/v1/connections/1',
          'GET /nothing',
          'GET /api/v1/query',
        ],
      ];
      for (const route of routes) {
        const [method, url] = route.split(' ') as [string, string];
        assert.equal(await refused(api, method, url, {}), unauthorized, route);
      }
    }));

  const wrong: ReadonlyArray<readonly [what: string, headers: Record<string, string>]> = [
    ['another one', bearer('another-token-of-some-length')],
    ['its beginning', bearer(token.slice(0, -1))],
    ['more than it', bearer(`${token}x`)],
    ['it in another case', bearer(token.toUpperCase())],
    ['nothing', { authorization: 'Bearer ' }],
    ['it without a scheme', { authorization: token }],
    ['it as a password', { authorization: `Basic ${Buffer.from(`:${token}`).toString('base64')}` }],
    ['two', bearer(`${token} ${token}`)],
    ['something endless', bearer('x'.repeat(8000))],
  ];
  for (const [what, headers] of wrong) {
    test(`${what} is not it`, () =>
      withApi(locked, async (api) => {
        assert.equal(await refused(api, 'GET', '/api/v1/fields', headers), unauthorized);
        assert.equal(await refused(api, 'GET', '/api/v1/health', headers), unauthorized);
      }));
  }

  test('who sends it is answered, however the scheme is written', () =>
    withApi(locked, async (api) => {
      for (const authorization of [`Bearer ${token}`, `bearer  ${token}`]) {
        const response = await call(api, 'GET', '/api/v1/fields', { headers: { authorization } });
        assert.equal(response.statusCode, 200);
      }
    }));

  test('health without it tells the state and nothing of this machine', () =>
    withApi({ ...locked, captures: [{ ...capture, state: 'failed' }] }, async (api) => {
      const short = (await call(api, 'GET', '/api/v1/health')).json<object>();
      const long = (await call(api, 'GET', '/api/v1/health', { headers: bearer(token) })).json<object>();
      assert.deepEqual(Object.keys(short), ['status', 'version']);
      assert.deepEqual(Object.keys(long), ['status', 'version', 'reasons', 'store', 'capture']);
    }));

  test('the body of a stranger is not read', () =>
    withApi({ config: { token, bodyLimit: 100 } }, async (api) => {
      const response = await call(api, 'POST', '/api/v1/query', { body: { text: 'x'.repeat(1000) } });
      assert.equal(response.statusCode, 401);
    }));

  test('the description says so', async () => {
    const securityOf = async (config: Record<string, unknown>) => {
      const api = await testApi(undefined, { config });
      const response = await call(api, 'GET', '/openapi.json', { headers: bearer(token) });
      await api.stop();
      return response.json<{ security?: unknown }>().security;
    };
    assert.deepEqual(await securityOf({ token }), [{ token: [] }]);
    assert.equal(await securityOf({}), undefined);
  });
});

describe('an API that others can reach', () => {
  const code = (config: Record<string, unknown>) =>
    testApi(undefined, { config }).then(
      async (api) => {
        await api.stop();
        return 'starts';
      },
      (error: { code: string }) => error.code
    );

  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'tcpscope.example.org', '127.0.0.1.example.org']) {
    test(`does not start on ${host} without a token`, async () => {
      assert.equal(await code({ host }), 'TCPS_E_API_EXPOSED');
      assert.equal(await code({ host, token }), 'starts');
    });
  }

  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) {
    test(`starts on ${host}, which others cannot reach`, async () => {
      assert.equal(await code({ host }), 'starts');
    });
  }

  test('does not start without a token because it has TLS: that says who answers, not who asks', async () => {
    const tls = { cert: '/nowhere/cert.pem', key: '/nowhere/key.pem' };
    assert.equal(await code({ host: '0.0.0.0', tls }), 'TCPS_E_API_EXPOSED');
  });

  test('warns that its token travels unencrypted', async () => {
    const api = await testApi(undefined, { config: { host: '0.0.0.0', token } });
    assert.ok(api.log.lines.some((line) => line.startsWith('warn') && line.includes('unencrypted')));
    assert.ok(api.log.lines.every((line) => !line.includes(token)));
    await api.stop();
  });
});

describe('a token', () => {
  for (const [what, bad] of [
    ['shorter than 16 characters', 'short'],
    ['with a blank', 'a token of some length'],
    ['beyond ASCII', 'ein-schlüssel-mit-länge'],
  ] as const) {
    test(`${what} is refused`, () => {
      assert.equal(apiConfigSchema.safeParse({ token: bad }).success, false);
    });
  }

  test('is compared without a hint of where it differs, whatever its length', () => {
    const gate = new Gate(apiConfigSchema.parse({ token }));
    assert.equal(gate.knows(`Bearer ${token}`), true);
    for (let length = 0; length < token.length; length++) {
      assert.equal(gate.knows(`Bearer ${token.slice(0, length)}`), false);
    }
  });
});

describe('without a token', () => {
  test('a name that only points here is not answered, so that no web page asks in its own name', () =>
    withApi({}, async (api) => {
      for (const host of ['evil.example.org', 'evil.example.org:8477', '192.0.2.1', '127.0.0.1.evil.org']) {
        const response = await call(api, 'GET', '/api/v1/fields', { headers: { host } });
        assert.equal(response.statusCode, 403, host);
        assert.equal(response.json<{ code: string }>().code, 'TCPS_E_API_HOST');
      }
    }));

  test('every name of this machine alone is answered', () =>
    withApi({}, async (api) => {
      for (const host of ['127.0.0.1:8477', 'localhost', 'LOCALHOST:1', '[::1]:8477', '127.0.0.2']) {
        assert.equal((await call(api, 'GET', '/api/v1/fields', { headers: { host } })).statusCode, 200, host);
      }
    }));

  test('with one the name does not matter', () =>
    withApi(locked, async (api) => {
      const headers = { host: 'tcpscope.example.org', ...bearer(token) };
      assert.equal((await call(api, 'GET', '/api/v1/fields', { headers })).statusCode, 200);
    }));
});

test('the name in a host header ends before its port', () => {
  const names = { 'a:1': 'a', a: 'a', 'a:': 'a', '[::1]:8477': '::1', '[::1]': '::1', '::1': '', 'a:b': '', '': '' };
  assert.deepEqual(Object.fromEntries(Object.keys(names).map((header) => [header, hostName(header)])), names);
});

test('loopback is 127.0.0.0/8, ::1 and localhost, and no name that looks like them', () => {
  assert.deepEqual(
    ['127.255.0.1', '::1', '0:0:0:0:0:0:0:1', 'Localhost'].filter((host) => !isLoopback(host)),
    []
  );
  assert.deepEqual(['128.0.0.1', '::2', '::', '0.0.0.0', 'localhost.org', '127.1'].filter(isLoopback), []);
});
