import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { pcap, pcapHeader, pcapRecord, type Packet } from '../../../test/traffic/capture-file.js';
import { concat } from '../../../test/traffic/frame.js';
import { readBack, Scratch } from '../../../test/traffic/read-back.js';

const scratch = new Scratch();
after(() => scratch.remove());

const read = async (bytes: Uint8Array) => readBack(scratch.write(bytes, 'one'));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytesOf = (text: string) => Buffer.from(text.replace(/\s/g, ''), 'hex');

test('a file written down byte by byte is read as the format says', async () => {
  // Big endian, microseconds: magic, 2.4, zone, accuracy, snap length 96, Ethernet; one packet of 4 of 60 bytes at 1.5 s.
  const big = bytesOf(`a1b2c3d4 0002 0004 00000000 00000000 00000060 00000001
    00000001 0007a120 00000004 0000003c deadbeef`);
  const packet = { time: 1_500_000_000n, frame: 'deadbeef', wire: 60, linkType: 1, interface: 0 };
  assert.deepEqual(await read(big), { packets: [packet], damage: [null], drops: [null] });
  const little = bytesOf(`d4c3b2a1 0200 0400 00000000 00000000 60000000 01000000
    01000000 20a10700 04000000 3c000000 deadbeef`);
  assert.deepEqual(await read(little), { packets: [packet], damage: [null], drops: [null] });
});

describe('either byte order, microseconds or nanoseconds', () => {
  const time = 4_000_000_000n * 1_000_000_000n + 123_456_789n;
  for (const bigEndian of [false, true]) {
    for (const nanoseconds of [false, true]) {
      test(`${bigEndian ? 'big' : 'little'} endian, ${nanoseconds ? 'nanoseconds' : 'microseconds'}`, async () => {
        const frame = Uint8Array.of(1, 2, 3);
        const got = await read(pcap([{ time, frame, wire: 1500 }], { bigEndian, nanoseconds, linkType: 113 }));
        const expected = nanoseconds ? time : time - 789n;
        assert.deepEqual(got.packets, [{ time: expected, frame: '010203', wire: 1500, linkType: 113, interface: 0 }]);
      });
    }
  }
});

test('the variant with longer record headers (old Linux kernels) is read', async () => {
  const bytes = bytesOf(`34cdb2a1 0200 0400 00000000 00000000 ffff0000 01000000
    01000000 02000000 02000000 02000000 03000000 0008 00 00 abcd
    01000000 03000000 01000000 01000000 03000000 0008 00 00 ef`);
  const got = await read(bytes);
  assert.deepEqual(
    got.packets.map(({ time, frame }) => [time, frame]),
    [
      [1_000_002_000n, 'abcd'],
      [1_000_003_000n, 'ef'],
    ]
  );
});

test('bits above the link type, which tell of a frame check sequence, are no link type', async () => {
  const got = await read(pcap([{ time: 0n, frame: Uint8Array.of(1) }], { linkType: 0x24000001 | 0 }));
  assert.equal(got.packets[0]?.linkType, 1);
});

test('a fraction of more than a second carries over', async () => {
  const bytes = bytesOf(`a1b23c4d 0002 0004 00000000 00000000 00000060 00000001
    00000001 77359400 00000000 00000000`);
  assert.equal((await read(bytes)).packets[0]?.time, 3_000_000_000n);
});

test('a file without packets is empty, not damaged', async () => {
  assert.deepEqual(await read(pcapHeader()), { packets: [], damage: [null], drops: [null] });
});

for (const [major, minor] of [
  [1, 4],
  [2, 5],
  [3, 0],
] as const) {
  test(`version ${major}.${minor} is damage: nobody knows how its packets are written`, async () => {
    const file = pcap([{ time: 1n, frame: Uint8Array.of(1, 2) }]);
    file.set([major, 0, minor, 0], 4);
    const got = await read(file);
    assert.deepEqual(got.packets, []);
    assert.equal(got.damage[0]?.code, 'TCPS_E_FILE_DAMAGED');
    assert.match(got.damage[0]?.message ?? '', new RegExp(`version ${major}\\.${minor}, not 2.0 to 2.4`));
  });
}

test('version 2.3 is read like 2.4', async () => {
  const file = pcap([{ time: 1n, frame: Uint8Array.of(1, 2) }]);
  file[6] = 3;
  assert.equal((await read(file)).packets.length, 1);
});

test('a packet larger than any snap length ends the file as damaged, what came before stays', async () => {
  const packet: Packet = { time: 5n, frame: Uint8Array.of(9) };
  const record = pcapRecord(packet, {});
  new DataView(record.buffer).setUint32(8, 262_145, true);
  const got = await read(concat(pcap([packet, packet]), record, pcapRecord(packet, {})));
  assert.equal(got.packets.length, 2);
  assert.equal(got.damage[0]?.code, 'TCPS_E_FILE_DAMAGED');
  assert.match(got.damage[0]?.message ?? '', /a packet of 262145 bytes, more than 262144/);
});

test('a length on the wire below the captured one, or beyond all sizes, is passed on as it is', async () => {
  const frame = new Uint8Array(100);
  const got = await read(pcap([0, 99, 0x7fffffff, 0xffffffff].map((wire) => ({ time: 0n, frame, wire }))));
  assert.deepEqual(
    got.packets.map(({ wire }) => wire),
    [0, 99, 0x7fffffff, 0xffffffff]
  );
});

test('property: what is written is read', async () => {
  const packet = fc.record({
    time: fc.bigInt({ min: 0n, max: 0xffff_ffffn * 1_000_000_000n }),
    frame: fc.uint8Array({ maxLength: 100 }),
    wire: fc.integer({ min: 0, max: 0x7fffffff }),
  });
  const file = fc.record({ bigEndian: fc.boolean(), linkType: fc.integer({ min: 0, max: 0xffff }) });
  await fc.assert(
    fc.asyncProperty(fc.array(packet, { maxLength: 100 }), file, async (packets, options) => {
      const got = await read(pcap(packets, { ...options, nanoseconds: true }));
      assert.deepEqual(
        got.packets,
        packets.map(({ time, frame, wire }) => ({
          time,
          frame: hex(frame),
          wire,
          linkType: options.linkType,
          interface: 0,
        }))
      );
      assert.deepEqual(got.damage, [null]);
    }),
    { numRuns: 100 }
  );
});
