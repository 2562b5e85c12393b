import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { analyze } from '../../../test/traffic/analyze.js';
import { traffic } from '../../../test/traffic/arbitrary.js';
import { pcap, type Packet } from '../../../test/traffic/capture-file.js';
import { talk, together, type Talk } from '../../../test/traffic/talk.js';
import { PacketBatch } from '../capture/packet-batch.js';
import { PcapReader, pcapVariant } from '../capture/pcap.js';
import { Pipeline, type PipelineOptions } from '../pipeline/pipeline.js';
import { connectionCounters, windowCounters, type Batch } from './batch.js';

/** Begins a window. */
const start = 1_700_000_000;

/** Each packet, and 50 µs later the same from another VLAN, as a mirror of two ports delivers it. */
function mirrored(packets: readonly Packet[], delay = 50_000n): Packet[] {
  const copies = packets.map(({ time, frame }) => ({
    time: time + delay,
    frame: Uint8Array.from([...frame.subarray(0, 12), 0x81, 0, 0, 20, ...frame.subarray(12)]),
  }));
  return [...packets, ...copies].sort((a, b) => Number(a.time - b.time));
}

const sides = ['dup.count.clt', 'dup.count.srv', 'dup.count'];
const copiesOf = (row: Readonly<Record<string, unknown>>) => sides.map((name) => row[name]);
const both = (...talks: readonly Talk[]) => mirrored(together(...talks));

describe('copies of packets', () => {
  const web = () => talk({ start }).open().exchange().close('client');
  const vpn = () => talk({ client: '10.0.0.9:50000', server: '10.0.0.94:1194', start: start + 0.4 });

  test('are counted by side, at their connection and conversation', () => {
    const { connections, conversations, totals, packets } = analyze(both(web(), vpn().syn().refuse()), {
      dedup: 'auto',
    });
    assert.deepEqual(connections.map(copiesOf), [
      [6, 4, 10],
      [1, 1, 2],
    ]);
    assert.deepEqual(conversations.map(copiesOf), [
      [6, 4, 10],
      [1, 1, 2],
    ]);
    assert.deepEqual(copiesOf(totals), [7, 5, packets.duplicate]);
    assert.deepEqual(
      connections.map((row) => [row['packets.clt'], row['packets.srv'], row['retrans.count.clt'], row['close']]),
      [
        [6, 4, 0, 'fin'],
        [1, 1, 0, 'refused'],
      ],
      'and are no packets of it'
    );
  });

  test('are 0 where there are none, and unknown where nobody looked for any', () => {
    const looked = analyze(web(), { dedup: 'auto' });
    assert.deepEqual(
      [copiesOf(looked.totals), copiesOf(looked.connections[0]!)],
      [
        [0, 0, 0],
        [0, 0, 0],
      ]
    );
    for (const options of [{ dedup: 'off' }, {}] as PipelineOptions[]) {
      const { totals, connections, windows } = analyze(both(web()), options);
      assert.deepEqual(copiesOf(totals), [null, null, null]);
      assert.deepEqual(copiesOf(connections[0]!), [null, null, null]);
      assert.ok(windows.every(({ counters }) => Number.isNaN(counters['dup.count.clt'])));
    }
  });

  test('count for a connection of IPv6, of one direction, and for a RST that has no connection', () => {
    const six = talk({ client: '[2001:db8::1]:40000', server: '[2001:db8::2]:443', start }).open();
    const deaf = talk({ client: '10.0.0.3:40000', start: start + 0.3 })
      .send('client', 10)
      .send('client', 10);
    const lone = talk({ client: '10.0.0.4:40000', start: start + 0.6 }).rst('server');
    const { connections, packets } = analyze(both(six, deaf, lone), { dedup: 'auto' });
    assert.deepEqual(connections.map(copiesOf), [
      [2, 1, 3],
      [2, 0, 2],
      [0, 1, 1],
    ]);
    assert.equal(packets.duplicate, 6);
  });

  test('are found though the connection is given up before the next packet comes', () => {
    // In one batch: refused attempts are forgotten after some two seconds, and the next one comes four seconds later.
    const tries = Array.from({ length: 3 }, (_, i) =>
      talk({ client: `10.0.0.${i + 1}:40000`, start: start + 0.9999 + i * 4 })
        .syn()
        .refuse()
    );
    const { connections, windows } = analyze(both(...tries), { dedup: 'auto' });
    assert.deepEqual(
      connections.map(copiesOf),
      tries.map(() => [1, 1, 2])
    );
    const counted = windows.reduce((sum, { counters }) => sum + (counters['dup.count.clt'] ?? 0), 0);
    assert.equal(counted, 3);
  });

  test('count in the window that they come in', () => {
    const one = talk({ start: start + 8 })
      .open()
      .wait(1.9969)
      .send('client', 10);
    // The data come 100 µs before the window ends, its copy 100 µs after.
    const { windows } = analyze(
      mirrored([...one.packets, ...talk({ start: start + 10 }).ack('client').packets], 200_000n),
      {
        dedup: 'auto',
      }
    );
    const byWindow = new Map<number, number>();
    for (const { window, counters } of windows) {
      byWindow.set(window - start, (byWindow.get(window - start) ?? 0) + (counters['dup.count.clt'] ?? 0));
    }
    assert.deepEqual([...byWindow].sort(), [
      [0, 2],
      [10, 2],
    ]);
  });

  test('go to the connection of their VLAN where VLANs are kept apart', () => {
    // What comes untagged is mirrored in VLAN 20, in which nobody is known.
    const { connections, totals, packets } = analyze(both(web()), { dedup: 'auto', separateVlans: true });
    assert.equal(connections.length, 1);
    assert.equal(packets.duplicate, 10);
    assert.equal(totals['dup.count'], 0);
  });
});

describe('property: copies', () => {
  /** All rows of an input that is handed over `size` packets at a time. */
  function rowsOf(bytes: Uint8Array, size: number, part?: PipelineOptions['part']): string[] {
    const rows: string[] = [];
    const add = (batch: Batch) => {
      const known = batch.kind === 'windows' ? windowCounters : connectionCounters;
      for (let row = 0; row < batch.rows; row++) {
        const name = Buffer.from(batch.clientIp.slice(row * 16, row * 16 + 16)).toString('hex');
        const time = batch.kind === 'windows' ? batch.window : `${batch.startSeconds[row]}.${batch.startNanos[row]}`;
        const counters = known.map(({ name: counter }, i) => `${counter}=${batch.counters[i]?.[row]}`);
        rows.push(`${batch.kind} ${time} ${name} ${batch.serverPort[row]} ${counters.join(' ')}`);
      }
    };
    const small = { maxConnections: 4096, windowConnections: 4096, dedup: 'auto' } as const;
    const pipeline = new Pipeline(add, { ...small, ...(part === undefined ? {} : { part }) });
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const reader = new PcapReader(pcapVariant(view.getUint32(0))!);
    Object.assign(reader, { bytes, view, end: bytes.length });
    const batch = new PacketBatch(size);
    do {
      batch.length = 0;
      reader.fill(batch);
      pipeline.batch(batch);
    } while (batch.length > 0);
    pipeline.finish();
    return rows.sort();
  }

  test('are the same however many packets are handed over at a time, and add up to those of the capture', () => {
    fc.assert(
      fc.property(traffic(60), fc.integer({ min: 1, max: PacketBatch.size }), (packets, size) => {
        const input = mirrored(packets);
        const bytes = pcap(input, { nanoseconds: true });
        assert.deepEqual(rowsOf(bytes, size), rowsOf(bytes, PacketBatch.size));
        const { totals, connections, packets: read } = analyze(input, { dedup: 'auto' });
        const sum = connections.reduce((all, row) => all + Number(row['dup.count']), 0);
        assert.equal(totals['dup.count'], sum);
        assert.ok(sum <= read.duplicate);
      }),
      { numRuns: 60 }
    );
  });

  test('are the same with two workers', () => {
    fc.assert(
      fc.property(traffic(60), (packets) => {
        const bytes = pcap(mirrored(packets), { nanoseconds: true });
        const shares = [0, 1].flatMap((index) => rowsOf(bytes, PacketBatch.size, { index, of: 2 }));
        assert.deepEqual(shares.sort(), rowsOf(bytes, PacketBatch.size));
      }),
      { numRuns: 30 }
    );
  });
});
