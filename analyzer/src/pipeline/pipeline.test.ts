import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { traffic } from '../../../test/traffic/arbitrary.js';
import { pcap, type Packet } from '../../../test/traffic/capture-file.js';
import { rowsOf, type Rows } from '../../../test/traffic/rows.js';
import { talk, together } from '../../../test/traffic/talk.js';

const fileOf = (packets: readonly Packet[]) => pcap(packets, { nanoseconds: true });

interface Json {
  readonly totals: Record<string, number>;
  readonly conversations: ReadonlyArray<Record<string, number>>;
  readonly connections: ReadonlyArray<Record<string, number>>;
}
const parse = (rows: Rows) => JSON.parse(rows.report) as Json;

/** Every packet read is counted once; every TCP packet is in one connection and one conversation. */
function addsUp(rows: Rows): void {
  const { read, tcp, duplicate, undecoded } = rows.packets;
  const lost = Object.values(undecoded).reduce((sum, count) => sum + count, 0);
  assert.equal(read, tcp + duplicate + lost);
  const { totals, conversations, connections } = parse(rows);
  assert.equal(totals['packets'], tcp);
  // Both sides together: a guess of who is the client that is corrected later does not change windows that are written.
  for (const name of ['packets', 'bytes', 'syn.count', 'synack.count', 'ct.count', 'fin.count', 'rst.count']) {
    for (const list of [conversations, connections]) {
      const sum = list.reduce((all, row) => all + (row[name] as number), 0);
      assert.equal(sum, totals[name], name);
    }
  }
}

describe('rows do not depend on how packets come', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 32 }), { minLength: 1, maxLength: 6 });
  const reads = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 6 });

  test('property: on the sizes of batches', () => {
    fc.assert(
      fc.property(traffic(), sizes, (packets, batches) => {
        const file = fileOf(packets);
        assert.deepEqual(rowsOf(file, { batches }), rowsOf(file));
      }),
      { numRuns: 400 }
    );
  });

  test('property: on where reads divide the file', () => {
    fc.assert(
      fc.property(traffic(60), reads, (packets, list) => {
        const file = fileOf(packets);
        assert.deepEqual(rowsOf(file, { reads: list }), rowsOf(file));
      }),
      { numRuns: 200 }
    );
  });

  test('on reads, where the clock jumps far ahead and back between packets that are read together', () => {
    const at = (start: number) => talk({ client: '10.0.0.99:80', server: '10.0.0.1:40000', start }).syn();
    const stray = talk({ client: '10.0.0.99:80', server: '10.0.0.2:40000', start: 1_700_000_000 }).fin('server');
    const jumping = [at(1_700_000_000), at(2_700_000_000), at(2_700_000_000), at(1_700_000_000), stray];
    const file = fileOf(jumping.flatMap(({ packets }) => packets));
    assert.deepEqual(rowsOf(file, { reads: [1] }), rowsOf(file));
    assert.deepEqual(rowsOf(file, { batches: [1] }), rowsOf(file));
  });

  test('property: on the number of workers', () => {
    fc.assert(
      fc.property(traffic(), fc.constantFrom(2, 3, 5), (packets, workers) => {
        const file = fileOf(packets);
        assert.deepEqual(rowsOf(file, { workers }), rowsOf(file));
      }),
      { numRuns: 400 }
    );
  });

  test('property: on what the rows of the flow table held before', () => {
    fc.assert(
      fc.property(traffic(), fc.constantFrom(-1, 0x5555_5555), (packets, remains) => {
        const file = fileOf(packets);
        assert.deepEqual(rowsOf(file, { remains }), rowsOf(file));
      }),
      { numRuns: 200 }
    );
  });

  test('property: on the seed of the hashes', () => {
    fc.assert(
      fc.property(traffic(), fc.integer(), (packets, hashSeed) => {
        const file = fileOf(packets);
        assert.deepEqual(rowsOf(file, { flow: { hashSeed } }), rowsOf(file));
      }),
      { numRuns: 200 }
    );
  });
});

test('property: read = tcp + duplicate + undecoded, and connections add up to totals', () => {
  fc.assert(
    fc.property(traffic(), (packets) => addsUp(rowsOf(fileOf(packets)))),
    { numRuns: 400 }
  );
});

test('property: with bytes changed anywhere every packet is still counted once', () => {
  const change = fc.tuple(fc.nat(199), fc.nat(120), fc.nat(255));
  fc.assert(
    fc.property(traffic(), fc.array(change, { maxLength: 20 }), (packets, changes) => {
      const damaged = packets.map((packet) => ({ ...packet, frame: Uint8Array.from(packet.frame) }));
      for (const [packet, at, value] of changes) {
        const frame = damaged[packet % Math.max(1, damaged.length)]?.frame;
        frame?.fill(value, at % frame.length, (at % frame.length) + 1);
      }
      const rows = rowsOf(fileOf(damaged));
      assert.equal(rows.packets.read, packets.length);
      addsUp(rows);
    }),
    { numRuns: 400 }
  );
});

test('property: a capture cut after any packet gives the same beginning', () => {
  // Totals of events grow with the capture; nothing that comes later takes them back.
  fc.assert(
    fc.property(traffic(), fc.nat(120), (packets, length) => {
      const part = parse(rowsOf(fileOf(packets.slice(0, length)))).totals;
      const whole = parse(rowsOf(fileOf(packets))).totals;
      for (const name of ['packets', 'bytes', 'syn.count', 'synack.count', 'fin.count', 'rst.count', 'ct.count']) {
        assert.ok((part[name] as number) <= (whole[name] as number), name);
      }
    }),
    { numRuns: 200 }
  );
});

test('connections in several tables of workers are the same as in one, in the same order', () => {
  const talks = Array.from({ length: 200 }, (_, i) =>
    talk({ client: `10.0.${i >> 4}.${i & 15}:${40_000 + i}`, start: 1_700_000_000 + i / 100 })
      .open()
      .exchange(i, 2 * i)
      .close(i % 2 === 0 ? 'client' : 'server')
  );
  const file = fileOf(together(...talks));
  const alone = rowsOf(file);
  assert.equal(parse(alone).connections.length, 200);
  assert.equal(rowsOf(file, { workers: 3 }).report, alone.report);
});
