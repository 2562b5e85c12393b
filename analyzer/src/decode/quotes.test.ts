import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketBatch, Pkt } from '../capture/packet-batch.js';
import { newDecoder } from '../../../test/traffic/decode.js';
import { ip, SYN, tcp, type IpFields } from '../../../test/traffic/frame.js';
import { extension, framed, icmpError, udp } from '../../../test/traffic/layers.js';
import { NOT_TCP } from './reasons.js';
import { Flag, Quote, Seg } from './segment.js';

const segment = tcp({ sourcePort: 40_000, destinationPort: 443, sequence: 0xfedcba98, flags: SYN });
const four = { source: '10.0.0.1', destination: '10.0.0.2', protocol: 6 };
const six = { source: '2001:db8::1', destination: '2001:db8::2', protocol: 6 };
const quoted4 = ip(four, segment);
const quoted6 = ip(six, segment);

/** A router's message about a packet; the router is not the packet's addressee unless `from` says so. */
function message(about: Uint8Array, change: { type?: number; code?: number; from?: string; length?: number } = {}) {
  const isSix = (about[0] ?? 0) >> 4 === 6;
  const fields: IpFields = isSix
    ? { source: change.from ?? '2001:db8::ff', destination: six.source, protocol: 58 }
    : { source: change.from ?? '10.0.0.254', destination: four.source, protocol: 1 };
  return framed(ip(fields, icmpError(change.type ?? (isSix ? 1 : 3), change.code ?? 1, about, change.length)));
}

/** What is handed on of a frame: the words of the message, or null; every frame is counted as `not_tcp`. */
function handedOn(frame: Uint8Array): Int32Array | null {
  const decoder = newDecoder();
  const batch = new PacketBatch();
  batch.bytes = frame;
  batch.view = new DataView(frame.buffer, frame.byteOffset);
  batch.length = 1;
  batch.words[Pkt.Captured] = frame.length;
  batch.words[Pkt.Wire] = frame.length;
  batch.words[Pkt.LinkType] = 1;
  const given = decoder.decodeBatch(batch, 0);
  assert.equal(decoder.outcomes[NOT_TCP], 1);
  assert.equal(
    decoder.outcomes.reduce((sum, count) => sum + count),
    1
  );
  assert.equal(given, decoder.quotes);
  return given === 0 ? null : decoder.segments;
}

for (const [name, about, reporter] of [
  ['IPv4', quoted4, 0x0a0000fe],
  ['IPv6', quoted6, 0],
] as const) {
  test(`${name}: a message about a segment names its connection, its number and who says so`, () => {
    const words = handedOn(message(about, { code: 3 }))!;
    assert.equal(words[Seg.Flags], Flag.Quote);
    assert.equal(words[Seg.Ports], (40_000 << 16) | 443);
    assert.equal(words[Seg.Sequence]! >>> 0, 0xfedcba98);
    assert.equal(words[Seg.Direction], 0);
    assert.equal(words[Quote.Code], 3);
    assert.equal(words[Quote.Reporter], reporter);
    assert.equal(words[Quote.FromAddressee], 0);
  });
}

test('the addressee itself is recognised', () => {
  assert.equal(handedOn(message(quoted4, { from: four.destination }))![Quote.FromAddressee], 1);
  assert.equal(handedOn(message(quoted6, { from: six.destination }))![Quote.FromAddressee], 1);
});

const saysNothing: Readonly<Record<string, Uint8Array>> = {
  'time exceeded': message(quoted4, { type: 11 }),
  'time exceeded of IPv6': message(quoted6, { type: 3 }),
  'a packet that was too large (path MTU discovery)': message(quoted4, { code: 4 }),
  'a quoted datagram of UDP': message(ip({ ...four, protocol: 17 }, udp(53, new Uint8Array(8)))),
  'a quoted datagram of UDP over IPv6': message(ip({ ...six, protocol: 17 }, udp(53, new Uint8Array(8)))),
  'a quoted fragment behind the first': message(ip({ ...four, fragment: 100 }, segment)),
  'a quoted IPv6 packet with an extension header': message(ip({ ...six, protocol: 0 }, extension(6, segment)), {
    length: 60,
  }),
  'ports without a sequence number': message(quoted4, { length: 27 }),
  'ports without a sequence number, IPv6': message(quoted6, { length: 47 }),
  'a quoted header of 16 bytes': message(Uint8Array.from(quoted4, (byte, at) => (at === 0 ? 0x44 : byte))),
  'a quoted packet of version 5': message(Uint8Array.from(quoted4, (byte, at) => (at === 0 ? 0x55 : byte))),
};

for (const [name, frame] of Object.entries(saysNothing)) {
  test(`${name} is not handed on`, () => assert.equal(handedOn(frame), null));
}
