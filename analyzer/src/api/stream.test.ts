import assert from 'node:assert/strict';
import { get, type IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { until } from '../store/store-fixture.js';
import { storeThat, TestFeed, testApi, token } from './api-fixture.js';
import type { LiveTotals } from './index.js';

/** Live totals over real connections. */

const totals = (count: number): LiveTotals => ({
  time: count * 1000,
  connections: count,
  totals: { 'syn.count': count },
});

interface Follower {
  readonly response: IncomingMessage;
  readonly text: () => string;
  readonly ended: () => boolean;
}

function follow(url: string, headers: Record<string, string> = {}): Promise<Follower> {
  return new Promise((resolve, reject) => {
    const request = get(`${url}/api/v1/stream`, { headers, agent: false }, (response) => {
      let text = '';
      let ended = false;
      response.setEncoding('utf8');
      response.on('data', (more: string) => (text += more));
      response.on('error', () => undefined);
      response.on('close', () => (ended = true));
      resolve({ response, text: () => text, ended: () => ended });
    });
    request.on('error', reject);
  });
}

async function streaming(
  options: Parameters<typeof testApi>[1],
  run: (url: string, feed: TestFeed, stop: () => Promise<void>) => Promise<void>
): Promise<void> {
  const feed = new TestFeed();
  const api = await testApi(storeThat(), { feed, ...options });
  try {
    await run(await api.listen(), feed, () => api.stop());
  } finally {
    await api.stop();
  }
}

test('each follower gets each event, as text/event-stream, numbered', () =>
  streaming({}, async (url, feed) => {
    const [anna, bert] = await Promise.all([follow(url), follow(url)]);
    await until('both follow', () => feed.followers === 2);
    feed.tell(totals(1));
    feed.tell(totals(2));
    for (const { response, text } of [anna, bert]) {
      await until('two events', () => text().split('event: totals').length === 3);
      assert.equal(response.statusCode, 200);
      assert.equal(response.headers['content-type'], 'text/event-stream');
      assert.equal(response.headers['cache-control'], 'no-store');
      const events = [...text().matchAll(/^event: totals\nid: (\d+)\ndata: (.*)\n\n/gm)];
      assert.deepEqual(
        events.map(([, , data]) => JSON.parse(data!) as unknown),
        [totals(1), totals(2)]
      );
      assert.equal(new Set(events.map(([, id]) => id)).size, 2);
      response.destroy();
    }
  }));

test('a follower who leaves is forgotten', () =>
  streaming({}, async (url, feed) => {
    const { response } = await follow(url);
    await until('it follows', () => feed.followers === 1);
    response.destroy();
    await until('it is forgotten', () => feed.followers === 0);
    feed.tell(totals(1));
  }));

test('a quiet stream shows that it lives', () =>
  streaming({ heartbeatMs: 20 }, async (url) => {
    const { response, text } = await follow(url);
    await until('signs of life', () => text().split(': alive\n\n').length > 2);
    response.destroy();
  }));

test('a stream outlasts the time that an answer may take', () =>
  streaming({ config: { timeout: '1s' }, heartbeatMs: 50 }, async (url, feed) => {
    const { response, text, ended } = await follow(url);
    await until('it lasted', () => text().split(': alive').length > 30);
    feed.tell(totals(7));
    await until('an event', () => text().includes('event: totals'));
    assert.equal(ended(), false);
    response.destroy();
  }));

test('a follower who takes nothing is let go, and no queue grows for it meanwhile', () =>
  streaming({ heartbeatMs: 20 }, async (url, feed) => {
    const { response } = await follow(url);
    await until('it follows', () => feed.followers === 1);
    response.pause();
    const much = { ...totals(1), totals: { ['x'.repeat(1 << 20)]: 1 } };
    const events = setInterval(() => feed.tell(much), 1);
    try {
      await until('it is let go', () => feed.followers === 0);
    } finally {
      clearInterval(events);
    }
    response.destroy();
  }));

test('one follower more than allowed is refused, and has the place of one who leaves', () =>
  streaming({ config: { streams: 1 } }, async (url, feed) => {
    const first = await follow(url);
    await until('it follows', () => feed.followers === 1);
    const refused = await fetch(`${url}/api/v1/stream`);
    assert.equal(refused.status, 503);
    assert.equal(((await refused.json()) as { code: string }).code, 'TCPS_E_API_STREAMS');
    first.response.destroy();
    await until('it is forgotten', () => feed.followers === 0);
    const second = await follow(url);
    assert.equal(second.response.statusCode, 200);
    second.response.destroy();
  }));

test('streams end when the analyzer stops', () =>
  streaming({}, async (url, feed, stop) => {
    const { ended } = await follow(url);
    await until('it follows', () => feed.followers === 1);
    await stop();
    await until('it ended', ended);
    assert.equal(feed.followers, 0);
  }));

test('strangers do not follow', () =>
  streaming({ config: { token } }, async (url, feed) => {
    const { response } = await follow(url);
    assert.equal(response.statusCode, 401);
    response.resume();
    const known = await follow(url, { authorization: `Bearer ${token}` });
    assert.equal(known.response.statusCode, 200);
    await until('one follows', () => feed.followers === 1);
    known.response.destroy();
  }));

test('followers are counted, and their time is not taken for that of an answer', () =>
  streaming({}, async (url, feed) => {
    const { response } = await follow(url);
    await until('it follows', () => feed.followers === 1);
    const during = await (await fetch(`${url}/metrics`)).text();
    assert.match(during, /^tcpscope_api_streams 1$/m);
    response.destroy();
    await until('it is forgotten', () => feed.followers === 0);
    const afterwards = async () => (await fetch(`${url}/metrics`)).text();
    await until('it is counted', async () =>
      /^tcpscope_api_requests_total\{route="\/api\/v1\/stream",method="GET",status="200"\} 1$/m.test(await afterwards())
    );
    assert.doesNotMatch(await afterwards(), /tcpscope_api_request_seconds_count\{route="\/api\/v1\/stream"\}/);
  }));
