import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pcap, type Packet } from '../../../test/traffic/capture-file.js';
import { feedPcap } from '../../../test/traffic/feed.js';
import { etherTypeOf, ethernet, ip } from '../../../test/traffic/frame.js';
import { talk, together, type Talk } from '../../../test/traffic/talk.js';
import type { Part } from '../flow/part.js';
import type { FeedCounts } from '../flow/index.js';
import { Pipeline, type PipelineOptions } from './pipeline.js';

const small: PipelineOptions = { maxConnections: 4096, windowConnections: 4096 };
/** Begins a window. */
const start = 1_700_000_000;

function feedOf(packets: readonly Packet[], options: PipelineOptions = {}, live?: (pipeline: Pipeline) => void) {
  const feeds: FeedCounts[] = [];
  const pipeline = new Pipeline(
    (batch) => {
      if (batch.kind === 'connections' && batch.feed !== undefined) {
        assert.ok(batch.feed.epoch < batch.until, 'counts come when their epoch is over');
        feeds.push(batch.feed);
      }
    },
    { ...small, ...options }
  );
  live?.(pipeline);
  feedPcap(pcap([...packets], { nanoseconds: true }), pipeline);
  pipeline.finish();
  return feeds;
}

const udp = (time: number): Packet => {
  const packet = ip({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 17, ttl: 64, id: 1 }, new Uint8Array(16));
  return { time: BigInt(time) * 1_000_000_000n, frame: ethernet(etherTypeOf(packet), packet, []) };
};

describe('acknowledgements of data that were never seen', () => {
  interface Case {
    readonly name: string;
    readonly talk: () => Talk;
    readonly acks: number;
    readonly gapAcks: number;
  }
  /** Server's data that were sent and not captured: the numbers go on, no packet is there. */
  const unseen = (one: Talk, length: number): Talk => {
    one.send('server', length);
    one.packets.pop();
    return one;
  };
  const cases: Case[] = [
    { name: 'all was seen', talk: () => talk().open().exchange().close('client'), acks: 4, gapAcks: 0 },
    {
      name: 'the first answer is missing',
      talk: () => unseen(talk().open().send('client', 100).ack('server'), 1000).ack('client'),
      acks: 2,
      gapAcks: 1,
    },
    {
      name: 'an answer is missing on a connection that has stood for long',
      talk: () => unseen(talk().open().exchange().exchange().exchange(), 1000).ack('client').exchange(),
      acks: 9,
      gapAcks: 1,
    },
    {
      name: 'the same missing data acknowledged twice count once',
      talk: () => unseen(talk().open().exchange(), 1000).ack('client').ack('client'),
      acks: 3,
      gapAcks: 1,
    },
    {
      name: 'a FIN is missing',
      talk: () => {
        const one = talk().open().exchange().fin('server');
        one.packets.pop();
        return one.ack('client');
      },
      acks: 3,
      gapAcks: 1,
    },
    {
      name: 'data behind a hole show that it is one; the acknowledgement of both proves nothing more',
      talk: () => unseen(talk().open().exchange(), 1000).send('server', 500).ack('client'),
      acks: 3,
      gapAcks: 0,
    },
    {
      name: 'a start that was not seen: what came before the capture is not missed',
      talk: () => {
        const one = unseen(talk().open().exchange(), 1000).ack('client').exchange();
        one.packets.splice(0, 3);
        return one;
      },
      acks: 0,
      gapAcks: 0,
    },
    {
      name: 'one direction only',
      talk: () => {
        const one = talk().open().exchange().exchange();
        return Object.assign(one, { packets: one.packets.filter((_, i) => [0, 2, 3, 6, 7].includes(i)) });
      },
      acks: 0,
      gapAcks: 0,
    },
    {
      name: 'numbers wrap',
      talk: () =>
        unseen(talk({ serverIsn: 0xffff_ff00 }).open().exchange(), 1000)
          .ack('client')
          .exchange(),
      acks: 5,
      gapAcks: 1,
    },
  ];
  for (const { name, talk: make, acks, gapAcks } of cases) {
    test(name, () => {
      const [feed] = feedOf(make().packets);
      assert.deepEqual({ acks: feed?.acks, gapAcks: feed?.gapAcks }, { acks, gapAcks });
    });
  }
});

describe('packets are counted in the window of their time', () => {
  const several = () =>
    together(
      ...Array.from({ length: 40 }, (_, i) =>
        talk({ client: `10.0.1.${i + 1}:40000`, start: start + i * 1.1, step: 0.01 })
          .open()
          .exchange()
          .close('client')
      )
    );
  const inWindow = (packets: readonly Packet[], window: number) =>
    packets.filter(({ time }) => time >= BigInt(window) * 1_000_000_000n && time < BigInt(window + 10) * 1_000_000_000n)
      .length;

  test('whatever the batches that they come in', () => {
    const packets = several();
    const feeds = feedOf(packets);
    assert.deepEqual(
      feeds.map(({ window }) => window),
      [0, 10, 20, 30, 40].map((after) => start + after)
    );
    for (const { window, packets: count, tcp } of feeds) {
      assert.equal(count, inWindow(packets, window), `window ${window - start}`);
      assert.equal(tcp, count);
    }
  });

  test('other packets are read, too, and are no TCP', () => {
    const packets = [...several(), udp(start + 44), udp(start + 44)];
    const feeds = feedOf(packets);
    const last = feeds.at(-1)!;
    assert.equal(last.packets - last.tcp, 2);
  });

  test('what several workers count adds up to what one counts', () => {
    const packets = several();
    const expected = feedOf(packets);
    const shares = [0, 1, 2].map((index) => feedOf(packets, { part: { index, of: 3 } satisfies Part }));
    for (const one of expected) {
      const sum = { packets: 0, tcp: 0, acks: 0, gapAcks: 0 };
      for (const feed of shares.flat().filter(({ epoch }) => epoch === one.epoch)) {
        sum.packets += feed.packets;
        sum.tcp += feed.tcp;
        sum.acks += feed.acks;
        sum.gapAcks += feed.gapAcks;
      }
      const { packets: read, tcp, acks, gapAcks } = one;
      assert.deepEqual(sum, { packets: read, tcp, acks, gapAcks });
    }
  });
});

describe('what else is counted', () => {
  test('copies are unknown unless somebody looks for them', () => {
    const twice = talk()
      .open()
      .exchange()
      .close('client')
      .packets.flatMap((packet) => [packet, packet]);
    assert.equal(feedOf(twice)[0]?.duplicates, null);
    const [feed] = feedOf(twice, { dedup: 'on' });
    assert.equal(feed?.packets, 20);
    assert.ok((feed?.duplicates ?? 0) > 0);
    assert.equal(feed?.tcp, 20 - (feed?.duplicates ?? 0));
  });

  test('drops are unknown until somebody tells of them', () => {
    const packets = talk().open().exchange().close('client').packets;
    assert.equal(feedOf(packets)[0]?.drops, null);
    assert.equal(feedOf(packets, {}, (pipeline) => (pipeline.drops = 17))[0]?.drops, 17);
  });

  test('a clock that is set back is a step', () => {
    const packets = [
      ...talk({ start }).open().exchange().packets,
      ...talk({ start: start - 500, client: '10.0.0.1:40001' })
        .open()
        .exchange().packets,
    ];
    const feeds = feedOf(packets);
    assert.equal(
      feeds.reduce((sum, { clockSteps }) => sum + clockSteps, 0),
      1
    );
    assert.equal(
      feeds.reduce((sum, { packets: count }) => sum + count, 0),
      14
    );
  });
});
