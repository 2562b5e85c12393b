import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import {
  interfaceBlock,
  packetBlock,
  pcap,
  pcapng,
  sectionBlock,
  type Packet,
} from '../../../test/traffic/capture-file.js';
import { concat } from '../../../test/traffic/frame.js';
import { readBack, Scratch, type ReadBack } from '../../../test/traffic/read-back.js';
import { TcpscopeError } from '../errors.js';

const scratch = new Scratch();
after(() => scratch.remove());

const SECOND = 1_700_000_000n * 1_000_000_000n;

/** Packets of 1, 2, 3 … bytes, a millisecond apart. */
function numbered(count: number, first = SECOND, apart = 1_000_000n): Packet[] {
  return Array.from({ length: count }, (_, i) => ({
    time: first + BigInt(i) * apart,
    frame: new Uint8Array((i % 50) + 1).fill(i),
  }));
}

function ng(packets: readonly Packet[]): Uint8Array {
  return pcapng([
    sectionBlock(),
    interfaceBlock(1, { resolution: 9 }),
    ...packets.map((packet) => packetBlock(0, packet.time, packet)),
  ]);
}

async function read(bytes: Uint8Array): Promise<ReadBack> {
  return readBack(scratch.write(bytes, 'one'));
}

async function refusal(path: string): Promise<{ code: string; message: string }> {
  try {
    await readBack(path);
  } catch (error) {
    assert.ok(error instanceof TcpscopeError, String(error));
    return { code: error.code, message: error.message };
  }
  return assert.fail(`${path} was read`);
}

const frames = (read: ReadBack) => read.packets.map(({ frame }) => frame);
const framesOf = (packets: readonly Packet[]) => packets.map(({ frame }) => Buffer.from(frame).toString('hex'));

const formats: Readonly<Record<string, (packets: readonly Packet[]) => Uint8Array>> = {
  pcap: (packets) => pcap(packets, { nanoseconds: true }),
  pcapng: ng,
};

describe('a file that is no capture is refused with a code and the reason', () => {
  const refused: Readonly<Record<string, [() => string, string, RegExp]>> = {
    'an empty file': [() => scratch.write(new Uint8Array(0)), 'TCPS_E_FILE_FORMAT', /it is empty/],
    'three bytes': [() => scratch.write(Uint8Array.of(0xa1, 0xb2, 0xc3)), 'TCPS_E_FILE_FORMAT', /too short/],
    'a text': [() => scratch.write(Buffer.from('# notes\n')), 'TCPS_E_FILE_FORMAT', /begins with 0x23206e6f/],
    'a gzipped text': [() => scratch.write(gzipSync('# notes\n')), 'TCPS_E_FILE_FORMAT', /begins with 0x23206e6f/],
    'a gzipped nothing': [() => scratch.write(gzipSync('')), 'TCPS_E_FILE_FORMAT', /it is empty/],
    'a gzip header without content': [
      () => scratch.write(gzipSync(pcap(numbered(1))).subarray(0, 12)),
      'TCPS_E_FILE_UNREADABLE',
      /unexpected end/,
    ],
    'a file that is not there': [() => `${scratch.folder}/absent.pcap`, 'TCPS_E_FILE_UNREADABLE', /no such file/],
    'a folder': [() => scratch.folder, 'TCPS_E_FILE_UNREADABLE', /a folder/],
  };
  for (const [name, [path, code, message]] of Object.entries(refused)) {
    test(name, async () => {
      const found = await refusal(path());
      assert.equal(found.code, code);
      assert.match(found.message, message);
    });
  }
});

describe('a file cut at any byte gives every packet that is whole, and says that it is cut', () => {
  for (const [name, format] of Object.entries(formats)) {
    test(name, async () => {
      const packets = numbered(6);
      const whole = format(packets);
      // Where each packet ends in the file: there a cut leaves no half packet.
      const ends = packets.map((_, i) => format(packets.slice(0, i + 1)).length);
      const start = format([]).length;
      for (let length = 4; length <= whole.length; length++) {
        const got = await read(whole.subarray(0, length));
        const complete = ends.filter((end) => end <= length).length;
        assert.deepEqual(frames(got), framesOf(packets.slice(0, complete)), `cut at ${length}`);
        const clean = length === start || ends.includes(length) || (name === 'pcapng' && length === 28);
        assert.equal(got.damage[0]?.code, clean ? undefined : 'TCPS_E_FILE_DAMAGED', `cut at ${length}`);
        if (!clean) {
          assert.match(got.damage[0]?.message ?? '', /middle of (a packet|its header), \d+ bytes are left/);
        }
      }
    });
  }
});

test('a gzipped file cut at any byte gives a longer or equal part the later it is cut, never an exception', async () => {
  const packets = numbered(2000);
  const packed = gzipSync(pcap(packets, { nanoseconds: true }), { level: 1 });
  let most = 0;
  for (let length = 200; length <= packed.length; length += Math.max(1, Math.floor(packed.length / 150))) {
    const got = await read(packed.subarray(0, length));
    assert.ok(got.packets.length >= most, `${got.packets.length} packets of ${length} bytes, had ${most}`);
    assert.deepEqual(frames(got), framesOf(packets.slice(0, got.packets.length)));
    most = got.packets.length;
    if (length < packed.length) {
      assert.equal(got.damage[0]?.code, 'TCPS_E_FILE_DAMAGED');
      assert.match(got.damage[0]?.message ?? '', /unexpected end of file/);
    }
  }
  assert.ok(most > 1900, `${most} packets at the end`);
});

test('a gzipped file with a wrong checksum is read to its end and named damaged', async () => {
  const packets = numbered(500);
  const packed = gzipSync(pcap(packets, { nanoseconds: true }));
  packed[packed.length - 8] = (packed[packed.length - 8] as number) ^ 1;
  const got = await read(packed);
  assert.deepEqual(frames(got), framesOf(packets));
  assert.equal(got.damage[0]?.code, 'TCPS_E_FILE_DAMAGED');
  assert.match(got.damage[0]?.message ?? '', /incorrect data check/);
});

test('a gzipped file with a wrong byte in the middle is read up to shortly before it', async () => {
  const packets = Array.from({ length: 3000 }, (_, i) => ({
    time: SECOND + BigInt(i),
    frame: Uint8Array.from({ length: 100 }, (__, at) => (i * 31 + at * 17 + (i * at) / 7) & 255),
  }));
  const whole = pcap(packets, { nanoseconds: true });
  const packed = gzipSync(whole);
  packed.fill(0xff, packed.length >> 1, (packed.length >> 1) + 8);
  const got = await read(packed);
  const most = packets.length >> 1;
  const lost = Math.ceil((16 << 10) / 116);
  assert.deepEqual(frames(got).slice(0, most - lost), framesOf(packets.slice(0, most - lost)));
  assert.equal(got.damage[0]?.code, 'TCPS_E_FILE_DAMAGED');
});

test('members of a gzipped file that were joined are one capture', async () => {
  const packets = numbered(40);
  const whole = pcap(packets, { nanoseconds: true });
  const got = await read(concat(gzipSync(whole.subarray(0, 300)), gzipSync(whole.subarray(300))));
  assert.deepEqual(frames(got), framesOf(packets));
  assert.deepEqual(got.damage, [null]);
});

test('packets do not depend on where the file is read in two', async () => {
  // More than several chunks of the file, with packets of every size up to the largest.
  const packets: Packet[] = [];
  for (let i = 0; i < 60; i++) {
    packets.push({ time: SECOND + BigInt(i), frame: new Uint8Array((i * 7919) % 65_000).fill(i) });
  }
  packets.push({ time: SECOND, frame: new Uint8Array(262_144).fill(7) });
  packets.push({ time: SECOND, frame: new Uint8Array(1).fill(8) });
  for (const format of [(all: readonly Packet[]) => pcap(all, { nanoseconds: true, snap: 262_144 }), ng]) {
    for (const pack of [(bytes: Uint8Array) => bytes, (bytes: Uint8Array) => gzipSync(bytes, { level: 1 })]) {
      const got = await read(pack(format(packets)));
      assert.deepEqual(got.damage, [null]);
      assert.deepEqual(frames(got), framesOf(packets));
    }
  }
});

test('the event loop turns while a file is read, so that nothing that waits for it piles up', async () => {
  const large = Array.from({ length: 100 }, (_, i) => ({ time: SECOND + BigInt(i), frame: new Uint8Array(60_000) }));
  const path = scratch.write(pcap(large), 'large');
  let turns = 0;
  let reading = true;
  const turn = () => {
    turns++;
    if (reading) {
      setImmediate(turn);
    }
  };
  setImmediate(turn);
  await readBack(path);
  reading = false;
  assert.ok(turns >= 5, `${turns} turns in 6 MB`);
});

describe('several files', () => {
  test('are interleaved by time, and keep their order at equal times', async () => {
    const a = numbered(5, SECOND, 10n).map((packet, i) => ({ ...packet, frame: Uint8Array.of(0xa0 + i) }));
    const b = numbered(5, SECOND, 20n).map((packet, i) => ({ ...packet, frame: Uint8Array.of(0xb0 + i) }));
    const paths = [scratch.write(pcap(a, { nanoseconds: true }), 'a'), scratch.write(ng(b), 'b')];
    const got = await readBack(...paths);
    assert.deepEqual(frames(got), ['a0', 'b0', 'a1', 'a2', 'b1', 'a3', 'a4', 'b2', 'b3', 'b4']);
    assert.deepEqual(frames(await readBack(...paths.reverse()))[0], 'b0');
  });

  test('that follow one another in time are read one after the other, whatever order they are named in', async () => {
    const early = numbered(100);
    const late = numbered(100, SECOND + 3600n * 1_000_000_000n);
    const got = await readBack(scratch.write(pcap(late), 'late'), scratch.write(pcap(early), 'early'));
    assert.deepEqual(frames(got), framesOf([...early, ...late]));
  });

  test('lose nothing of the others when one is damaged', async () => {
    const packets = numbered(100);
    const cut = pcap(packets).subarray(0, pcap(packets.slice(0, 50)).length + 5);
    const got = await readBack(scratch.write(cut, 'cut'), scratch.write(pcap(packets), 'whole'));
    assert.equal(got.packets.length, 150);
    assert.deepEqual(
      got.damage.map((damage) => damage?.code ?? null),
      ['TCPS_E_FILE_DAMAGED', null]
    );
    assert.match(got.damage[0]?.message ?? '', /cut is damaged/);
  });

  test('property: their packets are all packets sorted by time, stable', async () => {
    const file = fc
      .array(fc.integer({ min: 0, max: 30 }), { maxLength: 20 })
      .map((times) => times.sort((x, y) => x - y));
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 4 }), async (files) => {
        const packets = files.map((times, number) =>
          times.map((time, i) => ({ time: SECOND + BigInt(time), frame: Uint8Array.of(number, i) }))
        );
        const got = await readBack(
          ...packets.map((list, i) => scratch.write(pcap(list, { nanoseconds: true }), `file${i}`))
        );
        const all = packets.flat().map((packet, i) => ({ packet, i }));
        all.sort((x, y) => Number(x.packet.time - y.packet.time) || x.i - y.i);
        assert.deepEqual(frames(got), framesOf(all.map(({ packet }) => packet)));
      }),
      { numRuns: 100 }
    );
  });
});

test('property: any bytes behind a good beginning give packets or damage, never an exception', async () => {
  const beginnings = [pcap(numbered(1)), pcap(numbered(1), { bigEndian: true }), ng(numbered(1))];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...beginnings), fc.uint8Array({ maxLength: 200 }), async (good, bad) => {
      const got = await read(concat(good, bad));
      assert.equal(got.packets[0]?.frame, '00');
      assert.ok(got.damage[0] === null || got.damage[0]?.code === 'TCPS_E_FILE_DAMAGED');
    }),
    { numRuns: 300 }
  );
});
