import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, request as plainRequest, type RequestOptions } from 'node:http';
import { request as tlsRequest, type RequestOptions as TlsOptions } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { temporaryFolder, until } from '../store/store-fixture.js';
import { apiDependencies, storeThat, testApi, type TestStore } from './api-fixture.js';
import { startApi } from './index.js';

/** The server as a process meets it: ports, certificates, callers that leave, the end. */

/** What a server answers to bytes, until it closes or pauses. */
function answerTo(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    socket.setEncoding('utf8');
    socket.on('data', (more: string) => (text += more));
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

const portOf = (url: string) => Number(new URL(url).port);
const query = { refId: 'A', kind: 'top', metrics: ['rst.count'], from: 0, to: 60_000 };
const asked = JSON.stringify({ queries: [query] });
const post = { method: 'POST', headers: { 'content-type': 'application/json' } } as const;

/** A store whose answer never comes; it says who gave up waiting. */
function slowStore(): TestStore & { waiting: number; aborted: number } {
  const slow = {
    ...storeThat(),
    waiting: 0,
    aborted: 0,
    select: ((_sql, _parameters, { signal }) =>
      new Promise((_resolve, reject) => {
        slow.waiting++;
        signal?.addEventListener('abort', () => {
          slow.aborted++;
          reject(signal.reason as Error);
        });
      })) as TestStore['select'],
  };
  return slow;
}

describe('where it listens', () => {
  test('is told, with the port that was free', async () => {
    const api = await startApi(apiDependencies());
    assert.match(api.url, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal((await fetch(`${api.url}/api/v1/health`)).status, 200);
    await api.stop();
  });

  test('keeps connections longer than the 90 s after which Grafana closes those it does not use', async () => {
    const api = await startApi(apiDependencies());
    const { headers } = await fetch(`${api.url}/api/v1/health`);
    const [, seconds] = /^timeout=(\d+)$/.exec(headers.get('keep-alive') ?? '') ?? [];
    assert.ok(Number(seconds) > 90, `keep-alive: ${headers.get('keep-alive')}`);
    await api.stop();
  });

  test('is said with its code when somebody listens there already', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const api = await testApi(undefined, { config: { port } });
    await assert.rejects(api.listen(), (error: { code: string; message: string }) => {
      assert.equal(error.code, 'TCPS_E_API_LISTEN');
      assert.match(
        error.message,
        new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: another process listens there; .*--port`)
      );
      return true;
    });
    await api.stop();
    other.close();
  });

  test('is said with its code when there is no such address', async () => {
    const api = await testApi(undefined, { config: { host: '192.0.2.1', token: 'a-token-of-some-length' } });
    await assert.rejects(api.listen(), { code: 'TCPS_E_API_LISTEN' });
    await api.stop();
  });
});

describe('bytes that are no request', () => {
  const cases: ReadonlyArray<readonly [what: string, bytes: string, status: RegExp, code: string]> = [
    ['noise', '\x16\x03\x01 hello\r\n\r\n', /^HTTP\/1\.1 400 /, 'TCPS_E_API_REQUEST'],
    ['a request without a host', 'GET /api/v1/fields HTTP/1.0\r\n\r\n', /^HTTP\/1\.1 403 /, 'TCPS_E_API_HOST'],
    ['headers without end', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 4\d\d /, 'TCPS_E_API_REQUEST'],
  ]; // prettier-ignore
  for (const [what, bytes, status, code] of cases) {
    test(`${what}: answered with ${code}`, async () => {
      const api = await testApi();
      const text = await answerTo(portOf(await api.listen()), bytes);
      await api.stop();
      assert.match(text, status);
      assert.ok(text.includes(`"code":"${code}"`), text);
    });
  }
});

describe('an answer that does not come', () => {
  test('is given up after the time that it may take', async () => {
    const store = slowStore();
    const api = await testApi(store, { config: { timeout: '1s' } });
    const url = await api.listen();
    const response = await fetch(`${url}/api/v1/connections/${'0'.repeat(32)}`);
    assert.equal(response.status, 503);
    assert.equal(((await response.json()) as { code: string }).code, 'TCPS_E_API_TIMEOUT');
    assert.equal(store.aborted, 1);
    assert.equal((await fetch(`${url}/api/v1/health`)).status, 200);
    await api.stop();
  });

  test('is not waited for when its caller has gone, and that is counted', async () => {
    const store = slowStore();
    const api = await testApi(store);
    const url = await api.listen();
    const caller = new AbortController();
    const gone = assert.rejects(fetch(`${url}/api/v1/query`, { ...post, body: asked, signal: caller.signal }));
    await until('the store is asked', () => store.waiting === 1);
    caller.abort();
    await gone;
    await until('the store was told', () => store.aborted === 1);
    const counted = /^tcpscope_api_requests_total\{route="\/api\/v1\/query",method="POST",status="499"\} 1$/m;
    await until('it is counted', async () => counted.test(await (await fetch(`${url}/metrics`)).text()));
    await api.stop();
  });
});

describe('the end', () => {
  test('waits for what is in hand and takes nothing more', async () => {
    let answer: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => (answer = resolve));
    let began = false;
    const empty = {
      columns: [],
      rows: 0,
      data: [[], [], []],
      truncated: false,
      elapsedMs: 0,
      rowsRead: 0,
      bytesRead: 0,
    };
    const store = storeThat({
      select: async () => {
        began = true;
        await waiting;
        return empty;
      },
    });
    const api = await testApi(store);
    const url = await api.listen();
    const response = fetch(`${url}/api/v1/query`, { ...post, body: asked });
    await until('it is asked', () => began);
    const stopped = api.stop();
    await until('nobody is let in', () =>
      fetch(`${url}/api/v1/health`).then(
        ({ status }) => status === 503,
        () => true
      )
    );
    answer();
    assert.equal((await response).status, 200);
    assert.equal((await response).headers.get('connection'), 'close');
    await stopped;
    await assert.rejects(fetch(`${url}/api/v1/health`));
  });

  test('comes once, however often it is asked for', async () => {
    const api = await testApi();
    await api.listen();
    await Promise.all([api.stop(), api.stop()]);
  });
});

/** OpenSSL makes the certificates, because Node cannot. */
function certificates(): { folder: string; problem: string | false } {
  const folder = temporaryFolder();
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = (name: string) => openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
  try {
    for (const name of ['server', 'client', 'stranger']) {
      key(name);
      const extra = name === 'server' ? ['-addext', 'subjectAltName=IP:127.0.0.1'] : [];
      openssl('req', '-x509', '-new', '-key', `${name}.key`, '-days', '2', '-subj', `/CN=${name}`, '-out', `${name}.pem`, ...extra);
    }
    return { folder, problem: false };
  } catch (error) {
    return { folder, problem: `openssl is needed: ${(error as Error).message}` };
  }
} // prettier-ignore

const { folder, problem } = certificates();
const file = (name: string) => join(folder, name);
const tls = { cert: file('server.pem'), key: file('server.key') };

function statusOf(url: string, options: RequestOptions & TlsOptions): Promise<number | string> {
  return new Promise((resolve) => {
    const request = url.startsWith('https') ? tlsRequest : plainRequest;
    const sent = request(url, { ...options, agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode!));
    });
    sent.on('error', () => resolve('refused'));
    sent.end();
  });
}

describe('TLS', () => {
  test('is what callers speak when there is a certificate', { skip: problem }, async () => {
    const api = await testApi(undefined, { config: { tls } });
    const url = await api.listen();
    assert.match(url, /^https:/);
    const fields = `${url}/api/v1/fields`;
    assert.equal(await statusOf(fields, { ca: readFileSync(tls.cert) }), 200);
    assert.equal(await statusOf(fields, {}), 'refused');
    assert.notEqual(await statusOf(fields.replace('https', 'http'), {}), 200);
    await api.stop();
  });

  test('with authorities of clients lets their clients in, and nobody else', { skip: problem }, async () => {
    const config = { tls: { ...tls, clientCa: file('client.pem') }, host: '0.0.0.0' };
    const api = await testApi(undefined, { config });
    const url = `https://127.0.0.1:${portOf(await api.listen())}/api/v1/fields`;
    const ca = readFileSync(tls.cert);
    const identity = (name: string) => ({ ca, cert: readFileSync(file(`${name}.pem`)), key: readFileSync(file(`${name}.key`)) });
    assert.equal(await statusOf(url, identity('client')), 200);
    assert.equal(await statusOf(url, identity('stranger')), 'refused');
    assert.equal(await statusOf(url, { ca }), 'refused');
    await api.stop();
  }); // prettier-ignore

  test('settings that cannot be used are said before anything listens', async () => {
    writeFileSync(file('noise.pem'), 'noise');
    const wrong: ReadonlyArray<{ cert: string; key: string; clientCa?: string }> = [
      { ...tls, cert: file('missing.pem') },
      { ...tls, key: file('missing.key') },
      { ...tls, cert: file('noise.pem') },
      { ...tls, key: file('noise.pem') },
      { ...tls, key: file('client.key') },
      { ...tls, clientCa: file('missing.pem') },
    ];
    for (const each of wrong) {
      await assert.rejects(testApi(undefined, { config: { tls: each } }), { code: 'TCPS_E_API_TLS' });
    }
  });
});
