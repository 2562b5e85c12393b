import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ethernet, etherTypeOf, ip } from '../../../../test/traffic/frame.js';
import { fragmentHeader, framed, icmpError, mpls, ppp, pppoe, udp } from '../../../../test/traffic/layers.js';
import { run } from './bpf-fixture.js';
import { fanoutProgram } from './fanout.js';

const onEthernet = fanoutProgram(14);
const onRawIp = fanoutProgram(0);

/** What the program says of a frame that comes in and, which must be the same, that goes out. */
function hash(frame: Uint8Array): number {
  const protocol = new DataView(frame.buffer, frame.byteOffset).getUint16(12);
  const incoming = run(onEthernet, { bytes: frame.subarray(14), protocol, outgoing: false });
  assert.equal(
    run(onEthernet, { bytes: frame, protocol, outgoing: true }),
    incoming,
    'the direction makes no difference'
  );
  return incoming;
}

const packet = (source: string, destination: string, port = 1, extra: Uint8Array = new Uint8Array(0)) =>
  ip({ source, destination, protocol: 17 }, udp(port, extra));

const ipv4Address = fc.ipV4();
const ipv6Address = fc
  .array(fc.integer({ min: 1, max: 0xffff }), { minLength: 8, maxLength: 8 })
  .map((words) => words.map((word) => word.toString(16)).join(':'));
const pair = fc.oneof(fc.tuple(ipv4Address, ipv4Address), fc.tuple(ipv6Address, ipv6Address));

/** How a packet may be wrapped below IP. */
const wraps: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  'no tag': (bytes) => framed(bytes),
  'one VLAN tag': (bytes) => framed(bytes, [7]),
  'two VLAN tags': (bytes) => framed(bytes, [7, 8]),
  PPPoE: (bytes) => ethernet(0x8864, pppoe(ppp(bytes))),
  'PPPoE in a VLAN': (bytes) => ethernet(0x8864, pppoe(ppp(bytes)), [7]),
  'one MPLS label': (bytes) => ethernet(0x8847, mpls(bytes)),
  'four MPLS labels': (bytes) => ethernet(0x8847, mpls(bytes, [16, 17, 18, 19])),
};

/** Pairs of hosts as networks have them. */
const pairsOf: ReadonlyArray<(host: number) => readonly [string, string]> = [
  (host) => [`10.1.0.${host}`, '10.20.1.5'],
  (host) => [`10.98.0.${host}`, `10.98.1.${host}`],
  (host) => [`192.168.${host}.1`, '10.0.0.1'],
  (host) => [`2001:db8:0:0:0:0:0:${host.toString(16)}`, '2001:db8:0:0:0:0:1:1'],
  (host) => [`2001:db8:0:${host.toString(16)}:0:0:0:1`, `2001:db8:1:${host.toString(16)}:0:0:0:1`],
];

describe('the worker of a packet', () => {
  for (const [name, wrap] of Object.entries(wraps)) {
    test(`depends on the pair of addresses alone, in either direction: ${name}`, () => {
      fc.assert(
        fc.property(pair, fc.nat(65535), fc.nat(65535), ([a, b], port, other) => {
          const there = hash(wrap(packet(a, b, port)));
          assert.equal(hash(wrap(packet(b, a, other, new Uint8Array(40)))), there);
          assert.equal(there, hash(framed(packet(a, b))), 'what it is wrapped in makes no difference');
        })
      );
    });
  }

  test('of an ICMP message is that of the packet it is about', () => {
    for (const [reporter, client, server, protocol, message] of [
      ['10.9.9.9', '10.0.0.1', '10.0.0.2', 1, icmpError(3, 13, packet('10.0.0.1', '10.0.0.2'))],
      ['2001:db8::9', '2001:db8::1', '2001:db8::2', 58, icmpError(1, 1, packet('2001:db8::1', '2001:db8::2'))],
    ] as const) {
      for (const wrap of Object.values(wraps)) {
        const frame = wrap(ip({ source: reporter, destination: client, protocol }, message));
        assert.equal(hash(frame), hash(wrap(packet(server, client))));
      }
      const echo = ip({ source: reporter, destination: client, protocol }, new Uint8Array(8));
      assert.equal(hash(framed(echo)), hash(framed(packet(client, reporter))));
    }
  });

  test('is the same for every fragment', () => {
    const ends = { source: '10.0.0.1', destination: '10.0.0.2', protocol: 6 };
    const whole = hash(framed(ip(ends, new Uint8Array(20))));
    assert.equal(hash(framed(ip({ ...ends, fragment: 0x2000 }, new Uint8Array(8)))), whole);
    assert.equal(hash(framed(ip({ ...ends, fragment: 1 }, new Uint8Array(12)))), whole);
    const wide = { source: '2001:db8::1', destination: '2001:db8::2', protocol: 44 };
    assert.equal(
      hash(framed(ip(wide, fragmentHeader(6, 8, false)))),
      hash(framed(ip({ ...wide, protocol: 6 }, new Uint8Array(20))))
    );
  });

  test('is found on interfaces without a link header', () => {
    fc.assert(
      fc.property(pair, fc.boolean(), ([a, b], outgoing) => {
        const bytes = packet(a, b);
        const seen = { bytes, protocol: etherTypeOf(bytes), outgoing };
        assert.equal(run(onRawIp, seen), hash(framed(packet(b, a))));
      })
    );
  });

  test('is the first for what is not understood or cut', () => {
    assert.equal(hash(ethernet(0x0806, new Uint8Array(28))), 0, 'ARP');
    assert.equal(hash(framed(packet('10.0.0.1', '10.0.0.9'), [1, 2, 3])), 0, 'three tags');
    assert.equal(hash(ethernet(0x8847, mpls(packet('10.0.0.1', '10.0.0.9'), [1, 2, 3, 4, 5]))), 0, 'five labels');
    assert.equal(hash(ethernet(0x8847, mpls(new Uint8Array(40)))), 0, 'a pseudowire');
    for (let length = 14; length < 34; length++) {
      assert.equal(hash(framed(packet('10.0.0.1', '10.0.0.9')).slice(0, length)), 0, `${length} bytes`);
    }
  });

  test('is not the same for all: neighbouring addresses are shared among workers', () => {
    for (const workers of [2, 3, 4, 8]) {
      for (const pairOf of pairsOf) {
        const counts = new Array<number>(workers).fill(0);
        for (let host = 1; host <= 250; host++) {
          const [a, b] = pairOf(host);
          counts[hash(framed(packet(a, b))) % workers]!++;
        }
        assert(
          counts.every((count) => count > 250 / workers / 2),
          `${workers} workers, ${pairOf(1).join(' and ')}: ${counts.join(', ')}`
        );
      }
    }
  });

  test('is decided within what the kernel takes', () => {
    assert(onEthernet.length < 256);
    assert(onEthernet.every(([, yes, no]) => yes >= 0 && yes < 256 && no >= 0 && no < 256));
  });
});
