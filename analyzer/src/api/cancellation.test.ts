import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { describe, test } from 'node:test';
import { errorKinds, TcpscopeError } from '../errors.js';
import type { SelectOptions } from '../store/index.js';
import { storeThat, testApi, type TestStore } from './api-fixture.js';

/** A store whose answers never come: they end when they are cancelled. */
function endless(asked: (signal: AbortSignal) => void): TestStore {
  return storeThat({
    select: (_sql: string, _parameters: unknown, { signal }: SelectOptions) =>
      new Promise((_, reject) => {
        assert.ok(signal);
        signal.addEventListener('abort', () => reject(new TcpscopeError(errorKinds.queryCancelled)));
        asked(signal);
      }),
  });
}

const body = JSON.stringify({
  queries: [
    { refId: 'A', from: '2026-01-01T00:00:00Z', to: '2026-01-01T01:00:00Z', kind: 'top', groupBy: ['server.ip'] },
  ],
});
const headers = { 'content-type': 'application/json' };

/** These go over real connections: what ends a request there is not what ends an injected one. */
describe('a query sent over a connection', () => {
  test('goes on though its body has come to its end, until it has taken too long', async () => {
    let signal: AbortSignal | null = null;
    const api = await testApi(
      endless((given) => (signal = given)),
      { config: { timeout: 1 } }
    );
    const url = await api.listen();
    try {
      const response = await fetch(`${url}/api/v1/query`, { method: 'POST', headers, body });
      const { results } = (await response.json()) as { results: Record<string, { error: string; status: number }> };
      assert.match(results['A']!.error, /TCPS_E_API_TIMEOUT/);
      assert.equal((signal as AbortSignal | null)?.aborted, true);
    } finally {
      await api.stop();
    }
  });

  test('may stand beside many others without a warning of a leak', async () => {
    const warnings: string[] = [];
    const warned = ({ message }: Error) => warnings.push(message);
    process.on('warning', warned);
    const api = await testApi(
      endless(() => undefined),
      { config: { timeout: 1 } }
    );
    const url = await api.listen();
    try {
      const from = Date.UTC(2026, 0, 1);
      const queries = Array.from({ length: 30 }, (_, i) => ({
        ...{ refId: `Q${i}`, kind: 'top', groupBy: ['server.ip'], filter: `server.port = ${i}` },
        ...{ from, to: from + 3_600_000 },
      }));
      const response = await fetch(`${url}/api/v1/query`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ queries }),
      });
      assert.equal(Object.keys(((await response.json()) as { results: object }).results).length, queries.length);
      assert.deepEqual(warnings, []);
    } finally {
      process.off('warning', warned);
      await api.stop();
    }
  });

  test('is cancelled when the client goes away', async () => {
    let asked = (_: AbortSignal): void => undefined;
    const running = new Promise<AbortSignal>((resolve) => (asked = resolve));
    const api = await testApi(endless((signal) => asked(signal)));
    const url = await api.listen();
    try {
      const client = request(`${url}/api/v1/query`, { method: 'POST', headers });
      client.on('error', () => undefined);
      client.end(body);
      const signal = await running;
      assert.equal(signal.aborted, false);
      const cancelled = once(signal, 'abort');
      client.destroy();
      await cancelled;
    } finally {
      await api.stop();
    }
  });
});
