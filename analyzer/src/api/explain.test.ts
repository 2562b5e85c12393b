import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { pcap } from '../../../test/traffic/capture-file.js';
import { talk, together } from '../../../test/traffic/talk.js';
import type { Batch } from '../flow/index.js';
import { defaultRecent } from '../pipeline/index.js';
import { Pipeline } from '../pipeline/pipeline.js';
import { midnight, openFilled } from '../query/query-fixture.js';
import { rowsOf } from '../store/store-fixture.js';
import type { Store } from '../store/store.js';
import { call, testApi } from './api-fixture.js';
import type { Api } from './index.js';
import { feedPcap } from '../../../test/traffic/feed.js';

interface Explanation {
  readonly connection: Record<string, unknown>;
  readonly limits: readonly string[];
  readonly displayFilter: string;
  readonly sequence: ReadonlyArray<Record<string, unknown>> | null;
  readonly text: string;
}

const start = midnight + 43_200;
const reset = talk({ client: '10.0.0.1:50001', start }).open().send('client', 100).rst('server');
const wide = talk({ client: '[2001:db8::1]:50002', server: '[2001:db8::2]:443', start }).syn().refuse();
const good = talk({ client: '10.0.0.1:50003', start }).open().exchange().close('client');

/** Rows as a live capture gives them. */
function batches(): Batch[] {
  const all: Batch[] = [];
  const pipeline = new Pipeline((batch) => all.push(batch), { maxConnections: 1024 }, defaultRecent);
  const bytes = pcap(together(reset, wide, good), { nanoseconds: true });
  feedPcap(bytes, pipeline);
  pipeline.finish();
  return all;
}

let store: Store;
let api: Api;
before(async () => {
  store = await openFilled();
  const target = store.beginImport({ probe: 'probe', hash: 'explain', layout: '1' });
  for (const batch of batches()) {
    await target.write(batch);
  }
  await target.complete();
  api = await testApi(store);
});
after(async () => {
  await api.stop();
  await store.stop();
});

async function idOf(port: number): Promise<string> {
  const [row] = await rowsOf(store, `SELECT id FROM connections WHERE client_port = ${port}`);
  return String(row?.[0]);
}

async function explained(port: number, query = ''): Promise<Explanation> {
  const response = await call(api, 'GET', `/api/v1/connections/${await idOf(port)}/explain${query}`);
  assert.equal(response.statusCode, 200, response.body);
  return response.json<Explanation>();
}

describe('GET /api/v1/connections/{id}/explain', () => {
  test('gives the packets that were kept, with what is remarkable about them', async () => {
    const { sequence, connection, displayFilter, text, limits } = await explained(50001);
    assert.deepEqual(
      sequence?.map(({ from, flags, seq, length }) => [from, flags, seq, length]),
      [
        ['client', 'SYN', 0, 0],
        ['server', 'SYN+ACK', 0, 0],
        ['client', 'ACK', 1, 0],
        ['client', 'PSH+ACK', 1, 100],
        ['server', 'RST+ACK', 1, 0],
      ]
    );
    const marks = sequence?.at(-1)?.['marks'] as Array<{ kind: string; text: string }>;
    assert.deepEqual(
      marks.map(({ kind }) => kind),
      ['reset']
    );
    assert.deepEqual(limits, []);
    assert.equal(connection['close'], 'rst');
    assert.equal(
      displayFilter,
      'ip.addr == 10.0.0.1 && ip.addr == 10.0.0.2 && tcp.port == 50001 && tcp.port == 80 && !icmp && ' +
        `frame.time_epoch >= ${start}.000000000 && frame.time_epoch <= ${start}.004000000`
    );
    assert.match(text, /RST\+ACK/);
    assert.match(text, /5 packets in/);
  });

  test('knows IPv6, and the width that is asked for', async () => {
    const { sequence, displayFilter, text } = await explained(50002, '?width=60');
    assert.deepEqual(
      sequence?.map(({ flags, ttl, 'ip.id': id }) => [flags, ttl, id]),
      [
        ['SYN', 64, null],
        ['RST+ACK', 60, null],
      ]
    );
    assert.match(displayFilter, /^ipv6\.addr == 2001:db8::1 && ipv6\.addr == 2001:db8::2 .* && !icmpv6 /);
    assert.match(text, /^\[2001:db8::1\]:50002 → \[2001:db8::2\]:443/);
  });

  test('says that nothing was kept of a connection that closed in order', async () => {
    const { sequence, limits, text, connection } = await explained(50003);
    assert.equal(sequence, null);
    assert.equal(connection['close'], 'fin');
    assert.match(limits.join(), /No packets were kept of this connection/);
    assert.ok(!text.includes('Sequence'));
  });

  test('refuses what is no connection', async () => {
    const of = async (id: string) =>
      (await call(api, 'GET', `/api/v1/connections/${id}/explain`)).json<{ code: string }>().code;
    assert.equal(await of('0'.repeat(32)), 'TCPS_E_CONNECTION_UNKNOWN');
    assert.equal(await of('nonsense'), 'TCPS_E_CONNECTION_ID');
  });
});
