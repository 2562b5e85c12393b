import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import {
  interfaceBlock,
  packetBlock,
  pcapng,
  sectionBlock,
  simplePacketBlock,
  statisticsBlock,
  type Block,
} from '../../../test/traffic/capture-file.js';
import { bytes, concat } from '../../../test/traffic/frame.js';
import { readBack, Scratch } from '../../../test/traffic/read-back.js';

const scratch = new Scratch();
after(() => scratch.remove());

const read = async (file: Uint8Array) => readBack(scratch.write(file, 'one'));
const SECOND = 1_700_000_000n;
/** A packet of one byte; blocks carry the time apart. */
const one = (value: number) => ({ time: 0n, frame: Uint8Array.of(value) });
const frames = async (file: Uint8Array) => (await read(file)).packets.map(({ frame }) => frame);

test('a file written down byte by byte is read as the format says', async () => {
  const file = Buffer.from(
    `0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
     00000001 00000014 0001 0000 00000060 00000014
     00000006 00000024 00000000 00060a24 181e4000 00000004 00000040 deadbeef 00000024`.replace(/\s/g, ''),
    'hex'
  );
  assert.deepEqual(await read(file), {
    packets: [{ time: 1_700_000_000_000_000_000n, frame: 'deadbeef', wire: 64, linkType: 1, interface: 0 }],
    damage: [null],
    drops: [null],
  });
});

describe('timestamps', () => {
  const cases: Readonly<Record<string, [{ resolution?: number; offset?: bigint }, bigint, bigint]>> = {
    'are microseconds by default': [{}, SECOND * 1_000_000n + 123_456n, 123_456_000n],
    'in nanoseconds': [{ resolution: 9 }, SECOND * 1_000_000_000n + 123_456_789n, 123_456_789n],
    'in picoseconds lose what is below a nanosecond': [
      { resolution: 12, offset: SECOND },
      123_456_789_999n,
      123_456_789n,
    ],
    'in milliseconds': [{ resolution: 3 }, SECOND * 1000n + 999n, 999_000_000n],
    'in seconds': [{ resolution: 0 }, SECOND, 0n],
    'in 2^-10 seconds': [{ resolution: 0x80 + 10 }, SECOND * 1024n + 512n, 500_000_000n],
    'in 2^-32 seconds': [{ resolution: 0x80 + 32 }, (SECOND << 32n) + 0x80000000n, 500_000_000n],
    'count from an offset': [{ resolution: 9, offset: SECOND }, 5n, 5n],
    'count from a negative offset': [{ resolution: 6, offset: -3600n }, (SECOND + 3600n) * 1_000_000n, 0n],
  };
  for (const [name, [options, units, nanos]] of Object.entries(cases)) {
    for (const bigEndian of [false, true]) {
      test(`${name}, ${bigEndian ? 'big' : 'little'} endian`, async () => {
        const blocks = [
          sectionBlock(bigEndian),
          interfaceBlock(1, options, bigEndian),
          packetBlock(0, units, one(7), bigEndian),
        ];
        const got = await read(pcapng(blocks, bigEndian));
        assert.deepEqual(
          got.packets.map(({ time }) => time),
          [SECOND * 1_000_000_000n + nanos]
        );
      });
    }
  }

  test('property: any moment until 2106 in nanoseconds is exact', async () => {
    const moment = fc.bigInt({ min: 0n, max: 0xffff_ffffn * 1_000_000_000n });
    await fc.assert(
      fc.asyncProperty(fc.array(moment, { minLength: 1, maxLength: 50 }), fc.boolean(), async (moments, bigEndian) => {
        const file = pcapng(
          [
            sectionBlock(bigEndian),
            interfaceBlock(1, { resolution: 9 }, bigEndian),
            ...moments.map((time) => packetBlock(0, time, one(1), bigEndian)),
          ],
          bigEndian
        );
        assert.deepEqual(
          (await read(file)).packets.map(({ time }) => time),
          moments
        );
      }),
      { numRuns: 100 }
    );
  });
});

test('every packet has the link type and resolution of its own interface', async () => {
  const file = pcapng([
    sectionBlock(),
    interfaceBlock(1),
    interfaceBlock(113, { resolution: 9 }),
    packetBlock(0, SECOND * 1_000_000n, one(1)),
    packetBlock(1, SECOND * 1_000_000_000n + 1n, one(2)),
    packetBlock(0, SECOND * 1_000_000n + 1n, one(3)),
  ]);
  const start = SECOND * 1_000_000_000n;
  assert.deepEqual(
    (await read(file)).packets.map(({ time, linkType, interface: number }) => [time - start, linkType, number]),
    [
      [0n, 1, 0],
      [1n, 113, 1],
      [1000n, 1, 0],
    ]
  );
});

test('a new section may have the other byte order; its interfaces are new ones', async () => {
  const section = (bigEndian: boolean, value: number) =>
    pcapng(
      [sectionBlock(bigEndian), interfaceBlock(value, {}, bigEndian), packetBlock(0, 0n, one(value), bigEndian)],
      bigEndian
    );
  const got = await read(concat(section(false, 1), section(true, 101), section(false, 113)));
  assert.deepEqual(
    got.packets.map(({ frame, linkType, interface: number }) => [frame, linkType, number]),
    [
      ['01', 1, 0],
      ['65', 101, 1],
      ['71', 113, 2],
    ]
  );
  assert.deepEqual(got.damage, [null]);
});

describe('simple packets', () => {
  test('belong to the first interface and come at the time of the packet before', async () => {
    const file = pcapng([
      sectionBlock(),
      interfaceBlock(101),
      interfaceBlock(1),
      simplePacketBlock(Uint8Array.of(1)),
      packetBlock(1, SECOND * 1_000_000n, one(2)),
      simplePacketBlock(Uint8Array.of(3)),
    ]);
    assert.deepEqual(
      (await read(file)).packets.map(({ time, frame, linkType }) => [time, frame, linkType]),
      [
        [0n, '01', 101],
        [SECOND * 1_000_000_000n, '02', 1],
        [SECOND * 1_000_000_000n, '03', 101],
      ]
    );
  });

  test('are cut at the snap length of the interface, without the padding', async () => {
    const file = pcapng([
      sectionBlock(),
      interfaceBlock(1, { snap: 5 }),
      simplePacketBlock(Uint8Array.of(1, 2, 3, 4, 5), 1500),
    ]);
    assert.deepEqual(
      (await read(file)).packets.map(({ frame, wire }) => [frame, wire]),
      [['0102030405', 1500]]
    );
  });
});

test('old packet blocks, with a count of drops beside the interface, are read', async () => {
  const old: Block = {
    type: 2,
    body: concat(bytes([2, 1], [2, 17], [4, 0], [4, 2_000_000], [4, 2], [4, 60]), Uint8Array.of(0xab, 0xcd)),
  };
  const file = pcapng([sectionBlock(true), interfaceBlock(1, {}, true), interfaceBlock(113, {}, true), old], true);
  assert.deepEqual((await read(file)).packets, [
    { time: 2_000_000_000n, frame: 'abcd', wire: 60, linkType: 113, interface: 1 },
  ]);
});

test('blocks of other kinds are skipped, also a very large one', async () => {
  const other = (type: number, size: number): Block => ({ type, body: new Uint8Array(size).fill(0x5a) });
  const file = pcapng([
    sectionBlock(),
    other(4, 24), // name resolution
    interfaceBlock(1),
    other(10, 3_000_000), // decryption secrets
    packetBlock(0, 0n, one(1)),
    other(0x0bad, 0), // custom
    other(0x80000123, 8), // for local use
    packetBlock(0, 0n, one(2)),
  ]);
  assert.deepEqual(await frames(file), ['01', '02']);
});

test('options that reach beyond their block, or behind the end mark, are not believed', async () => {
  const beyond = concat(bytes([2, 1], [2, 0], [4, 0]), bytes([2, 9], [2, 200], [1, 9], [1, 0], [2, 0]));
  const behind = concat(bytes([2, 1], [2, 0], [4, 0]), bytes([2, 0], [2, 0], [2, 9], [2, 1], [4, 0x09000000]));
  for (const body of [beyond, behind]) {
    const file = pcapng([sectionBlock(true), { type: 1, body }, packetBlock(0, 3_000_000n, one(1), true)], true);
    assert.equal((await read(file)).packets[0]?.time, 3_000_000_000n);
  }
});

test('what the capturing program lost is the sum of the last statistics of each interface', async () => {
  const file = pcapng([
    sectionBlock(),
    interfaceBlock(1),
    interfaceBlock(1),
    statisticsBlock(0, { 5: 1n, 7: 10n }),
    statisticsBlock(1, { 5: 0n, 7: 100n }),
    statisticsBlock(0, { 5: 2n, 7: 20n }),
  ]);
  assert.deepEqual((await read(file)).drops, [122]);
});

describe('damage ends the file, is named, and loses nothing before it', () => {
  const good = [sectionBlock(), interfaceBlock(1), packetBlock(0, 0n, one(1)), packetBlock(0, 0n, one(2))];
  const word = (value: number) => bytes([4, value]).reverse();
  const header = (length: number, magic = 0x1a2b3c4d, major = 1, minor = 0) =>
    concat(
      word(0x0a0d0d0a),
      word(length),
      word(magic),
      bytes([2, minor], [2, major]).reverse(),
      new Uint8Array(8),
      word(length)
    );
  const epb = (captured: number) =>
    pcapng([{ type: 6, body: concat(word(0), word(0), word(0), word(captured), word(60), new Uint8Array(8)) }]);
  const cases: Readonly<Record<string, [Uint8Array, RegExp]>> = {
    'a block shorter than its frame': [concat(word(6), word(8), word(8)), /a block of type 6 with length 8/],
    'a block of a length that is no multiple of 4': [concat(word(9), word(13), new Uint8Array(8)), /with length 13/],
    'a block of a gigabyte': [concat(word(9), word(1 << 30), new Uint8Array(8)), /with length 1073741824/],
    'a block whose two lengths differ': [
      concat(word(9), word(16), word(0), word(20)),
      /begins with length 16 and ends with length 20/,
    ],
    'a packet of an interface that is not described': [pcapng([packetBlock(5, 0n, one(9))]), /of interface 5/],
    'a packet larger than its block': [epb(9), /a packet of 9 bytes in a block of 28/],
    'a packet of four gigabytes': [epb(0xffffffff), /a packet of 4294967295 bytes/],
    'a packet block without room for its header': [pcapng([{ type: 6, body: word(0) }]), /a short packet block/],
    'a short interface description': [pcapng([{ type: 1, body: word(1) }]), /a short interface description/],
    'an interface that counts time finer than can be': [
      pcapng([interfaceBlock(1, { resolution: 19 })]),
      /an impossible time resolution/,
    ],
    'a section without its magic': [header(28, 0x12345678), /without its byte-order magic/],
    'a section of another version': [header(28, 0x1a2b3c4d, 2), /version 2\.0/],
    'a section of another minor version': [header(28, 0x1a2b3c4d, 1, 1), /version 1\.1/],
    'a simple packet in a section without interfaces': [
      concat(pcapng([sectionBlock()]), pcapng([simplePacketBlock(Uint8Array.of(9))])),
      /without an interface/,
    ],
  };
  for (const [name, [bad, message]] of Object.entries(cases)) {
    test(name, async () => {
      const got = await read(concat(pcapng(good), bad, pcapng([packetBlock(0, 0n, one(3))])));
      assert.deepEqual(
        got.packets.map(({ frame }) => frame),
        ['01', '02']
      );
      assert.equal(got.damage[0]?.code, 'TCPS_E_FILE_DAMAGED');
      assert.match(got.damage[0]?.message ?? '', message);
    });
  }
});

test('property: a byte changed anywhere gives packets or damage, and packets before the change stay', async () => {
  const blocks = [
    sectionBlock(),
    interfaceBlock(1, { resolution: 9, offset: 1n }),
    ...Array.from({ length: 8 }, (_, i) => packetBlock(0, BigInt(i), one(i))),
  ];
  const whole = pcapng(blocks);
  const ends = blocks.map((_, i) => pcapng(blocks.slice(0, i + 1)).length);
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const changed = Uint8Array.from(whole);
      changed[at] = (changed[at] as number) ^ change;
      fc.pre(at >= 4); // else it is no capture file
      const got = await read(changed);
      const before = Math.max(0, ends.filter((end) => end <= at).length - 2);
      assert.deepEqual(
        got.packets.slice(0, before).map(({ frame }) => frame),
        Array.from({ length: before }, (_, i) => `0${i}`)
      );
    }),
    { numRuns: 500 }
  );
});
