import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { inRepository } from '../plugin-host/paths.js';

/** Status with which the healthcheck of the image ends. */
async function check(url: string): Promise<number | null> {
  const child = spawn(process.execPath, [inRepository('analyzer/health.mjs'), url], { stdio: 'ignore' });
  const [status] = (await once(child, 'exit')) as [number | null];
  return status;
}

describe('the healthcheck of the image', () => {
  for (const [what, status, body, expected] of [
    ['passes while all is well', 200, '{"status":"ok"}', 0],
    ['passes while a capture has failed, which a restart would not mend', 200, '{"status":"degraded"}', 0],
    ['fails when the store is down', 200, '{"status":"down"}', 1],
    ['fails when something else answers', 200, 'hello', 1],
    ['fails when the answer is an error', 500, '{"status":"ok"}', 1],
  ] as const) {
    it(what, async () => {
      const server = createServer((_, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      assert.equal(await check(url), expected);
      server.close();
      await once(server, 'close');
      assert.equal(await check(url), 1, 'and when nobody answers');
    });
  }
});
