import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { traffic } from '../../../test/traffic/arbitrary.js';
import { pcap, type Packet } from '../../../test/traffic/capture-file.js';
import { RST, SYN } from '../../../test/traffic/frame.js';
import { talk, together, type Talk } from '../../../test/traffic/talk.js';
import { Seg } from '../decode/segment.js';
import type { Batch, ConnectionBatch } from '../flow/index.js';
import { Kept, keptVersion } from './kept-packets.js';
import { Pipeline } from './pipeline.js';
import { defaultRecent, type RecentOptions } from './recent-packets.js';
import { feedPcap } from '../../../test/traffic/feed.js';

interface KeptPacket {
  readonly time: bigint;
  readonly from: 'client' | 'server';
  readonly flags: number;
  readonly payload: number;
}

interface Ended {
  readonly client: string;
  /** Null when no packets were kept. */
  readonly packets: KeptPacket[] | null;
}

function run(packets: readonly Packet[], options: Partial<RecentOptions> = {}, emit?: (batch: Batch) => void): Ended[] {
  const ended: Ended[] = [];
  const pipeline = new Pipeline(
    (batch) => {
      emit?.(batch);
      if (batch.kind === 'connections') {
        ended.push(...Array.from({ length: batch.rows }, (_, row) => endedOf(batch, row)));
      }
    },
    { maxConnections: 4096, windowConnections: 4096, hashSeed: 77 },
    { ...defaultRecent, ...options }
  );
  const bytes = pcap(packets, { nanoseconds: true });
  feedPcap(bytes, pipeline);
  pipeline.finish();
  return ended;
}

function endedOf(batch: ConnectionBatch, row: number): Ended {
  const words = batch.packets?.get(row);
  const client = `${[...batch.clientIp.subarray(row * 16 + 12, row * 16 + 16)].join('.')}:${batch.clientPort[row]}`;
  if (words === undefined) {
    return { client, packets: null };
  }
  assert.equal(words[0], keptVersion);
  const packets: KeptPacket[] = [];
  for (let at = 1; at < words.length; at += Kept.Words) {
    const word = (place: number) => words[at + place] as number;
    packets.push({
      time: BigInt(word(Kept.Seconds) >>> 0) * 1_000_000_000n + BigInt(word(Kept.Nanos) & 0x3fff_ffff),
      from: (word(Kept.Nanos) & Kept.FromServer) !== 0 ? 'server' : 'client',
      flags: (word(Kept.Header) >>> 16) & 0xff,
      payload: word(Kept.Sizes) & 0xffff,
    });
  }
  return { client, packets };
}

const times = (packets: readonly Packet[]) => packets.map(({ time }) => time);
const kept = (ended: readonly Ended[], client: string) => ended.find((one) => one.client === client)?.packets ?? null;

/** A reset connection among many that close in order. */
function noise(connections: number, start: number): Talk[] {
  return Array.from({ length: connections }, (_, i) =>
    talk({ client: `10.1.0.${i % 250}:${30_000 + i}`, start: start + i / 1000 })
      .open()
      .exchange()
      .close('client')
  );
}

describe('packets kept with connections', () => {
  test('a connection that ends by RST keeps its packets, one that closes in order none', () => {
    const reset = talk({ client: '10.0.0.1:40000' }).open().exchange(100, 1000).rst('server');
    const ended = run(together(reset, talk({ client: '10.0.0.2:40000' }).open().exchange().close('client')));
    const packets = kept(ended, '10.0.0.1:40000');
    assert.deepEqual(
      packets?.map(({ time }) => time),
      times(reset.packets)
    );
    assert.deepEqual(packets?.map(({ from }) => from[0]).join(''), 'cscCssccs'.toLowerCase().slice(0, 3) + 'csscs');
    assert.equal(packets?.[0]?.flags, SYN);
    assert.equal((packets?.at(-1)?.flags ?? 0) & RST, RST);
    assert.equal(packets?.[5]?.payload, 1000);
    assert.equal(kept(ended, '10.0.0.2:40000'), null);
  });

  for (const [what, attempt] of [
    ['a SYN that nobody answers', talk().syn().wait(1).repeat().wait(3).repeat()],
    ['a refused SYN', talk().syn().refuse()],
    ['a handshake that is not completed', talk().syn().synAck()],
    ['a lone RST', talk().stateless('server')],
    ['IPv6', talk({ client: '[2001:db8::1]:40000', server: '[2001:db8::2]:80' }).open().rst('client')],
  ] as const) {
    test(`${what} keeps its packets`, () => {
      const [ended] = run(attempt.packets);
      assert.deepEqual(
        ended?.packets?.map(({ time }) => time),
        times(attempt.packets)
      );
    });
  }

  test('of a long connection the last packets are kept', () => {
    const long = talk().open();
    for (let i = 0; i < 100; i++) {
      long.send('server', 100).ack('client');
    }
    const [ended] = run(long.rst('client').packets, { each: 8 });
    assert.deepEqual(
      ended?.packets?.map(({ time }) => time),
      times(long.packets.slice(-8))
    );
  });

  test('packets are put aside before a busy ring overwrites them', () => {
    const reset = talk({ client: '10.0.0.1:40000' }).open().exchange().rst('server');
    // 64 packets are remembered; a hundred times as many follow before the connection is given up.
    const ended = run(together(reset, ...noise(640, 1_700_000_000.1)), { packets: 64 });
    assert.deepEqual(
      kept(ended, '10.0.0.1:40000')?.map(({ time }) => time),
      times(reset.packets)
    );
  });

  test('without a RST a busy ring forgets, and nothing is kept', () => {
    const unanswered = talk({ client: '10.0.0.1:40000' }).syn();
    const ended = run(together(unanswered, ...noise(640, 1_700_000_000.1)), { packets: 64 });
    assert.equal(kept(ended, '10.0.0.1:40000'), null);
  });

  test('a burst of RSTs does not push out what led to it', () => {
    const burst = talk().open().exchange();
    for (let i = 0; i < 500; i++) {
      burst.stateless('server');
    }
    const [ended] = run(burst.packets, { packets: 64, each: 16 });
    const before = ended?.packets?.filter(({ flags }) => (flags & RST) === 0) ?? [];
    assert.ok((ended?.packets?.length ?? 0) <= 32);
    assert.deepEqual(
      before.map(({ time }) => time),
      times(burst.packets.slice(0, 7))
    );
  });

  test('of the same ports used again each connection keeps its own', () => {
    const twice = talk().open().rst('server').wait(1).again(50_000, 60_000).open().exchange().rst('client');
    const [first, second] = run(twice.packets);
    assert.deepEqual(
      first?.packets?.map(({ time }) => time),
      times(twice.packets.slice(0, 4))
    );
    assert.deepEqual(
      second?.packets?.map(({ time }) => time),
      times(twice.packets.slice(4))
    );
  });

  test('a storm of one kind leaves room for others', () => {
    const refused = Array.from({ length: 50 }, (_, i) =>
      talk({ client: `10.2.0.${i}:40000`, server: '10.0.0.9:81' })
        .syn()
        .refuse()
    );
    const other = talk({ client: '10.0.0.1:40000' }).open().rst('server');
    const ended = run(together(...refused, other), { connections: 10, alike: 3 });
    assert.equal(ended.filter(({ packets }) => packets !== null).length, 4);
    assert.ok(kept(ended, '10.0.0.1:40000') !== null);
  });

  test('nothing is remembered when it is switched off', () => {
    const [ended] = run(talk().open().rst('server').packets, { packets: 0 });
    assert.equal(ended?.packets, null);
  });

  test('property: what is kept are packets of the connection, the last ones, in the order of capture', () => {
    fc.assert(
      fc.property(traffic(80), fc.constantFrom(64, 1024), (packets, size) => {
        const all = new Set(times(packets));
        for (const { packets: own } of run(packets, { packets: size, each: 6, connections: 1000, alike: 1000 })) {
          assert.ok(own === null || own.length <= 12);
          assert.ok(own?.every(({ time }) => all.has(time)) ?? true);
        }
      }),
      { numRuns: 200 }
    );
  });

  test('property: rows are the same with it and without', () => {
    const rows = (packets: readonly Packet[], size: number) => {
      const batches: unknown[] = [];
      run(packets, { packets: size }, (batch) => {
        const rest: Record<string, unknown> = { ...batch };
        delete rest['packets'];
        batches.push(structuredClone(rest));
      });
      return batches;
    };
    fc.assert(
      fc.property(traffic(60), (packets) => assert.deepEqual(rows(packets, 64), rows(packets, 0))),
      { numRuns: 50 }
    );
  });
});

test('the table finds connections by the hashes that the decoder makes', () => {
  const pipeline = new Pipeline(() => {}, { maxConnections: 16, hashSeed: 12_345 });
  const { packets } = talk().syn();
  feedPcap(pcap(packets), pipeline);
  const { segments, connections } = pipeline['flow'];
  assert.equal(connections.table.hashOf(connections.table.at(1)), segments[Seg.Hash]);
});
