import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { analyze } from '../../../test/traffic/analyze.js';
import { pcap, type Packet } from '../../../test/traffic/capture-file.js';
import { rowsOf } from '../../../test/traffic/rows.js';
import { talk, together, type Change, type Talk } from '../../../test/traffic/talk.js';
import type { DedupMode } from './duplicates.js';

/** What a packet looks like where it was captured. */
interface Place {
  /** Seconds after it was captured at the first place. */
  readonly delay?: number;
  /** Last byte of the sender's and the receiver's MAC address. */
  readonly mac?: number;
  readonly vlan?: number;
  /** Routers between the two places. */
  readonly hops?: number;
}

function seenAt(packet: Packet, { delay = 0.000_05, mac, vlan, hops = 0 }: Place): Packet {
  let frame = Uint8Array.from(packet.frame);
  frame[14 + 8] = (frame[14 + 8] as number) - hops;
  if (mac !== undefined) {
    frame[5] = mac;
    frame[11] = mac;
  }
  if (vlan !== undefined) {
    frame = Uint8Array.from([...frame.subarray(0, 12), 0x81, 0, vlan >> 8, vlan & 255, ...frame.subarray(12)]);
  }
  return { time: packet.time + BigInt(Math.round(delay * 1e9)), frame };
}

/** The packets as they come from several places, the first one as it is. */
function atPlaces(packets: readonly Packet[], ...places: readonly Place[]): Packet[] {
  const all = [...packets, ...places.flatMap((place) => packets.map((packet) => seenAt(packet, place)))];
  return all.sort((a, b) => Number(a.time - b.time));
}

function duplicates(input: Talk | readonly Packet[], dedup: DedupMode = 'auto'): number {
  const { packets, totals } = analyze(input, { dedup });
  const undecoded = Object.values(packets.undecoded).reduce((sum, count) => sum + count, 0);
  assert.equal(packets.read, packets.tcp + packets.duplicate + undecoded);
  assert.equal(totals['packets'], packets.tcp);
  // Each was left out of a connection that was followed.
  assert.equal(totals['dup.count'], dedup === 'off' ? null : packets.duplicate);
  return packets.duplicate;
}

/** Ten packets. */
const exchange = (change: Change = {}) =>
  talk()
    .syn(change)
    .synAck(change)
    .ack('client', change)
    .send('client', 100, change)
    .ack('server', change)
    .send('server', 900, change)
    .ack('client', change)
    .fin('client', change)
    .fin('server', change)
    .ack('client', change).packets;

/** IP id 0: nothing but the place tells a copy from a repetition. */
const unnamed = () => exchange({ id: 0 });

describe('a packet captured at two places counts once', () => {
  const places: Readonly<Record<string, Place>> = {
    'in another VLAN': { vlan: 20 },
    'with other MAC addresses': { mac: 9 },
    'behind a router': { mac: 9, hops: 1 },
    'with another time to live only': { hops: 1 },
    'in another VLAN 15 ms later': { vlan: 20, delay: 0.015 },
  };
  for (const [name, place] of Object.entries(places)) {
    test(name, () => {
      assert.equal(duplicates(atPlaces(unnamed(), place)), 10);
    });
  }

  test('connections and counts are those without the copies', () => {
    const names = ['syn.count', 'fin.count', 'retrans.count', 'bytes', 'ct.count', 'close.fin'];
    const once = analyze(unnamed()).totals;
    const twice = analyze(atPlaces(unnamed(), { vlan: 20 }), { dedup: 'auto' }).totals;
    assert.deepEqual(
      names.map((name) => twice[name]),
      names.map((name) => once[name])
    );
  });

  test('at three places once, too', () => {
    assert.equal(duplicates(atPlaces(unnamed(), { vlan: 20 }, { mac: 9, delay: 0.0001 })), 20);
  });

  test('an IPv6 packet, which has no id', () => {
    const packets = talk({ client: '[2001:db8::1]:40000', server: '[2001:db8::2]:80' }).open().exchange().packets;
    const copies = packets.map((packet) => seenAt(packet, { vlan: 20 }));
    assert.equal(duplicates([...packets, ...copies].sort((a, b) => Number(a.time - b.time))), packets.length);
  });

  test('off leaves everything as it is', () => {
    assert.equal(duplicates(atPlaces(exchange(), { vlan: 20 }), 'off'), 0);
  });
});

describe('a packet captured twice at one place', () => {
  test('counts once when it has an IP id and comes within 1 ms', () => {
    assert.equal(duplicates(atPlaces(exchange(), { delay: 0.000_9 })), 10);
  });

  test('counts twice when it comes later: the sender repeats itself', () => {
    assert.equal(duplicates(atPlaces(exchange(), { delay: 0.001_1 })), 0);
  });

  test('counts twice without an IP id', () => {
    assert.equal(duplicates(atPlaces(unnamed(), { delay: 0.000_1 })), 0);
  });

  test('counts once without an IP id when looks are enough', () => {
    assert.equal(duplicates(atPlaces(unnamed(), { delay: 0.000_1 }), 'on'), 10);
  });

  test('counts twice when a byte of it differs', () => {
    const packets = talk().open().send('client', 60).packets;
    const last = packets.at(-1) as Packet;
    const other = seenAt(last, {});
    other.frame[14 + 40 + 20] = 0x62;
    assert.equal(duplicates([...packets, other]), 0);
    assert.equal(duplicates([...packets, seenAt(last, {})]), 1);
  });

  test('counts twice under other addresses: NAT makes two connections of one', () => {
    const inside = talk({ client: '10.0.0.1:40000' }).open().packets;
    const outside = talk({ client: '192.0.2.1:40000' }).open().packets;
    assert.equal(duplicates(together({ packets: inside } as Talk, { packets: outside } as Talk)), 0);
  });
});

describe('a burst of byte-identical RSTs is never thinned', () => {
  /** Data to a dead socket: every segment is answered by the same RST. */
  const burst = (answers: number) => {
    const one = talk({ step: 0.000_01 }).open();
    for (let i = 0; i < answers; i++) {
      one.segment('server', 4, 0, { id: 0, acknowledgement: 0, window: 0, sequence: 9001 });
    }
    return one.packets;
  };

  for (const mode of ['auto', 'on'] as const) {
    test(`20 of 20 remain (${mode})`, () => {
      const { packets, totals } = analyze(burst(20), { dedup: mode });
      assert.deepEqual([packets.duplicate, totals['rst.count.srv']], [0, 20]);
    });

    test(`20 of 20 remain with an IP id (${mode})`, () => {
      const packets = burst(20).map((packet) => seenAt(packet, {}));
      packets.forEach(({ frame }) => (frame[14 + 5] = 7));
      assert.equal(analyze(packets, { dedup: mode }).totals['rst.count.srv'], 20);
    });
  }

  test('seen at two places 20 of 40 remain, in any order', () => {
    const once = burst(20);
    for (const delay of [0.000_001, 0.000_004, 0.000_03, 0.001]) {
      const { totals, packets } = analyze(atPlaces(once, { mac: 9, delay }), { dedup: 'auto' });
      assert.deepEqual([totals['rst.count.srv'], packets.duplicate], [20, once.length], `${delay} s apart`);
    }
  });

  test('a RST with another time to live alone is another RST', () => {
    const packets = burst(1);
    const rst = packets.at(-1) as Packet;
    assert.equal(duplicates([...packets, seenAt(rst, { hops: 3 })]), 0);
  });

  test('… until other segments have shown that the two places are that far apart', () => {
    const packets = burst(1);
    assert.equal(duplicates(atPlaces(packets, { hops: 3, delay: 0.000_005 })), packets.length);
  });
});

describe('the delay between two places is learned', () => {
  const many = talk({ step: 0.05 }).open();
  for (let i = 0; i < 20; i++) {
    many.send('client', 10, { id: 0 });
  }
  const last = many.packets.at(-1) as Packet;
  const before = many.packets.slice(0, -1);

  test('what comes much later than usual is no copy', () => {
    const usual = atPlaces(before, { mac: 9, delay: 0.000_1 });
    assert.equal(duplicates([...usual, last, seenAt(last, { mac: 9, delay: 0.01 })]), before.length);
    assert.equal(duplicates([...usual, last, seenAt(last, { mac: 9, delay: 0.000_2 })]), before.length + 1);
  });

  test('where all copies come late, late ones are copies', () => {
    const usual = atPlaces(before, { mac: 9, delay: 0.012 });
    assert.equal(duplicates([...usual, last, seenAt(last, { mac: 9, delay: 0.013 })]), before.length + 1);
  });

  test('before anything is known, 30 ms are too long', () => {
    assert.equal(duplicates([last, seenAt(last, { mac: 9, delay: 0.03 })]), 0);
  });
});

test('copies are the same for any number of workers and any reads', () => {
  const clients = ['10.0.0.1:40000', '10.0.0.3:40001', '10.0.0.5:40002'];
  const packets = atPlaces(
    together(
      ...clients.map((client, i) =>
        talk({ client, start: 1_700_000_000 + i / 100 })
          .open()
          .exchange()
          .close('client')
      )
    ),
    { vlan: 7 },
    { mac: 3, hops: 1, delay: 0.002 }
  );
  const file = pcap(packets, { nanoseconds: true });
  const flow = { dedup: 'auto' } as const;
  const one = rowsOf(file, { flow });
  assert.equal(one.packets.duplicate, (packets.length / 3) * 2);
  for (const options of [{ workers: 2 }, { workers: 3 }, { batches: [1] }, { batches: [1, 32], reads: [100] }]) {
    assert.deepEqual(rowsOf(file, { flow, ...options }), one);
  }
});
