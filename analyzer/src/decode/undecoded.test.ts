import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeAll, decodeOne, newDecoder, type Captured } from '../../../test/traffic/decode.js';
import { ACK, bytes, concat, ethernet, ip, SYN, tcp } from '../../../test/traffic/frame.js';
import * as layers from '../../../test/traffic/layers.js';
import { undecodedReasons, type UndecodedReason } from './index.js';

const { around, framed, udp } = layers;

const segment = tcp({ sourcePort: 1, destinationPort: 2, sequence: 3, flags: ACK });
const hosts = { source: '10.0.0.1', destination: '10.0.0.2' };
const hosts6 = { source: '2001:db8::1', destination: '2001:db8::2' };
const v4 = ip({ ...hosts, protocol: 6 }, segment);
const v6 = ip({ ...hosts6, protocol: 6 }, segment);
const frame4 = framed(v4);

const plain = (frame: Uint8Array, linkType = 1): Captured => ({ frame, linkType });
const inIpv4 = (packet: Uint8Array) => plain(framed(packet));
const cut = (packet: Captured, captured: number): Captured => ({ ...packet, captured });
const patched = (frame: Uint8Array, at: number, ...values: number[]) => {
  const copy = Uint8Array.from(frame);
  copy.set(values, at);
  return copy;
};
const nested = (depth: number) => {
  let packet = v4;
  for (let i = 0; i < depth; i++) {
    packet = around(4, packet);
  }
  return packet;
};

const cases: Readonly<Record<UndecodedReason, Readonly<Record<string, Captured>>>> = {
  not_tcp: {
    ARP: plain(ethernet(0x0806, new Uint8Array(28))),
    UDP: inIpv4(around(17, udp(53, new Uint8Array(20)))),
    SCTP: inIpv4(around(132, new Uint8Array(20))),
    'ICMP, also with a TCP header quoted': inIpv4(around(1, concat(bytes([2, 0x0301], [2, 0], [4, 0]), v4))),
    'ICMPv6 with a TCP header quoted': plain(
      framed(ip({ ...hosts6, protocol: 58 }, concat(bytes([2, 0x0100], [2, 0], [4, 0]), v6)))
    ),
    'IPv6 without a next header': plain(framed(ip({ ...hosts6, protocol: 59 }, segment))),
    'spanning tree': plain(ethernet(38, concat(bytes([2, 0x4242], [1, 3]), new Uint8Array(35)))),
    'SNAP of another organisation': plain(
      ethernet(8 + v4.length, concat(bytes([4, 0xaaaa0300], [2, 0x0c01], [2, 0x0800]), v4))
    ),
    'PPPoE discovery': plain(ethernet(0x8863, new Uint8Array(20))),
    'PPP link control': plain(ethernet(0x8864, layers.pppoe(layers.ppp(v4, { protocol: 0xc021 })))),
    'a keep-alive of GRE': inIpv4(around(47, layers.gre(0, new Uint8Array(0)))),
    'GRE with source routing': inIpv4(around(47, patched(layers.gre(0x0800, v4), 0, 0x40))),
    'GRE of an unknown version': inIpv4(around(47, patched(layers.gre(0x0800, v4), 1, 3))),
    'a control message of L2TP': inIpv4(around(17, udp(1701, bytes([2, 0xc802], [2, 12], [4, 0], [4, 0])))),
    'a control message of GTP': inIpv4(around(17, udp(2152, bytes([1, 0x32], [1, 1], [2, 4], [4, 0], [4, 0])))),
    'GENEVE of another version': inIpv4(
      around(17, udp(6081, patched(layers.geneve(0x0800, v4).subarray(28), 0, 0x40)))
    ),
    'VXLAN-GPE with something unknown': inIpv4(layers.vxlanGpe(9, v4)),
    'VXLAN on a port of its own': inIpv4(layers.vxlan(frame4, 14_789)),
    'MPLS of something unknown': plain(ethernet(0x8847, layers.mpls(new Uint8Array(20).fill(0xff)))),
    'a frame that manages a FDDI ring': plain(
      concat(Uint8Array.of(0x4f), new Uint8Array(12), layers.snap(0x0800, v4)),
      10
    ),
    'loopback of another family': plain(layers.loopback(7, v4, true), 0),
    'an 802.11 beacon': plain(concat(bytes([1, 0x80]), new Uint8Array(40)), 105),
    '802.11 data without data': plain(concat(bytes([1, 0x48]), new Uint8Array(40)), 105),
    'IPComp of an unknown algorithm': inIpv4(around(108, concat(bytes([1, 6], [1, 0], [2, 3]), segment))),
    'a keep-alive of CAPWAP': inIpv4(layers.capwap(frame4, { keepAlive: true })),
    'a frame of another radio in CAPWAP': inIpv4(patched(layers.capwap(frame4, { native: true }), 28 + 2, 0x05)),
    'CAPWAP of another version': inIpv4(patched(layers.capwap(frame4), 28, 0x10)),
    'ARP that the firewall logged': plain(layers.nflog(3, new Uint8Array(28), true), 239),
    'Cisco HDLC with its own keep-alives (SLARP)': plain(
      concat(bytes([2, 0x8f00], [2, 0x8035]), new Uint8Array(18)),
      9
    ),
    'Teredo without IPv6': inIpv4(around(17, udp(3544, v4))),
  },
  fragment: {
    'a first fragment': inIpv4(ip({ ...hosts, protocol: 6, fragment: 0x2000 }, segment)),
    'a last fragment': inIpv4(ip({ ...hosts, protocol: 6, fragment: 100 }, segment)),
    'a fragment without content': inIpv4(ip({ ...hosts, protocol: 6, fragment: 0x2000 }, new Uint8Array(0))),
    'a piece of a frame in CAPWAP': inIpv4(layers.capwap(frame4, { fragment: true })),
    'a fragment beyond the largest datagram': inIpv4(ip({ ...hosts, protocol: 6, fragment: 0x1fff }, segment)),
    'a fragment of IPv6': plain(
      framed(ip({ ...hosts6, protocol: 44 }, concat(layers.fragmentHeader(6, 0, true), segment)))
    ),
  },
  truncated: {
    'nothing at all': cut(plain(frame4), 0),
    'half an Ethernet header': cut(plain(frame4), 13),
    'half an IP header': cut(plain(frame4), 33),
    'a TCP header cut before the flags': cut(plain(frame4), 14 + 20 + 13),
    'half a VLAN tag': cut(plain(framed(v4, [1])), 17),
    'half an MPLS label': cut(plain(ethernet(0x8847, layers.mpls(v4))), 16),
    'half a VXLAN header': cut(inIpv4(layers.vxlan(frame4)), 14 + 28 + 4),
    'half a GRE header': cut(inIpv4(around(47, layers.gre(0x0800, v4))), 14 + 20 + 2),
    'half an extension header': cut(plain(framed(ip({ ...hosts6, protocol: 0 }, layers.extension(6, segment)))), 58),
    'half a FDDI header': cut(plain(Uint8Array.of(0x50, ...new Uint8Array(20)), 10), 12),
    'half a route header of InfiniBand': cut(plain(new Uint8Array(64), 242), 43),
    'raw IP without a byte': cut(plain(v4, 101), 0),
    'half an E-TAG': cut(
      plain(concat(frame4.subarray(0, 12), bytes([2, 0x893f], [4, 0], [2, 0], [2, 0x0800]), v4)),
      20
    ),
    'half an attribute of the firewall log': cut(plain(layers.nflog(2, v4, true), 239), 10),
    'half a CAPWAP header': cut(inIpv4(layers.capwap(frame4)), 14 + 28 + 7),
    'half a cooked header': cut(plain(layers.sll(0x0800, v4), 113), 10),
    'IPComp not captured to its end': cut(inIpv4(around(108, concat(bytes([1, 6], [1, 0], [2, 2]), segment))), 50),
  },
  malformed: {
    'IPv4 of version 5': plain(patched(frame4, 14, 0x55)),
    'IPv6 of version 4': plain(ethernet(0x86dd, patched(v6, 0, 0x40))),
    'raw IP of version 9': plain(patched(v4, 0, 0x95), 101),
    'an IPv4 header of 16 bytes': plain(patched(frame4, 14, 0x44)),
    'an IPv4 length below its header': plain(framed(ip({ ...hosts, protocol: 6, length: 19 }, segment))),
    'a datagram that ends before the TCP flags': plain(framed(ip({ ...hosts, protocol: 6, length: 33 }, segment))),
    'a TCP header of 16 bytes': plain(patched(frame4, 14 + 20 + 12, 0x40)),
    'an extension header beyond the packet': plain(
      framed(ip({ ...hosts6, protocol: 60 }, patched(layers.extension(6, segment), 1, 200)))
    ),
    'an authentication header beyond the packet': inIpv4(around(51, patched(layers.authenticated(6, segment), 1, 250))),
    'a GTP extension of length 0': inIpv4(
      around(
        17,
        udp(2152, concat(bytes([1, 0x34], [1, 255], [2, 8], [4, 0], [2, 0], [1, 0], [1, 0x85]), new Uint8Array(60)))
      )
    ),
    'IPComp with wrong DEFLATE': inIpv4(
      around(108, concat(bytes([1, 6], [1, 0], [2, 2]), new Uint8Array(30).fill(0xff)))
    ),
    'an attribute of the firewall log without its own length': plain(patched(layers.nflog(2, v4, false), 5, 3), 239),
    'a Prism header of a megabyte': plain(concat(bytes([4, 0x44], [4, 1 << 20]), new Uint8Array(160)), 119),
    'PPI inside PPI': plain(concat(Uint8Array.of(0, 0, 8, 0, 192, 0, 0, 0), frame4), 192),
  },
  link_type: {
    USB: plain(frame4, 220),
    Bluetooth: plain(frame4, 201),
    'a link type that nobody has': plain(frame4, 0xffff),
  },
  encrypted: {
    ESP: inIpv4(around(50, new Uint8Array(40))),
    'ESP over IPv6': plain(framed(ip({ ...hosts6, protocol: 50 }, new Uint8Array(40)))),
    MACsec: plain(ethernet(0x88e5, new Uint8Array(40))),
    'CAPWAP under DTLS': inIpv4(layers.capwap(frame4, { dtls: true })),
    'protected 802.11': plain(layers.wifi(layers.snap(0x0800, v4), { encrypted: true }), 105),
    'encrypted PPP': plain(layers.ppp(v4, { protocol: 0x53 }), 9),
  },
  too_deep: {
    'forty IP headers': inIpv4(nested(40)),
    'forty MPLS labels': plain(ethernet(0x8847, layers.mpls(v4, new Array<number>(40).fill(16)))),
    'forty VLANs': plain(framed(v4, new Array<number>(40).fill(5))),
    'forty extension headers': plain(
      framed(
        ip(
          { ...hosts6, protocol: 60 },
          Array.from({ length: 40 }).reduce<Uint8Array>(
            (inner, _, i) => layers.extension(i === 0 ? 6 : 60, inner),
            segment
          )
        )
      )
    ),
  },
};

for (const reason of undecodedReasons) {
  describe(`counted as ${reason}`, () => {
    for (const [name, packet] of Object.entries(cases[reason])) {
      test(name, () => assert.equal(decodeOne(packet), reason));
    }
  });
}

describe('fragments', () => {
  const data = new Uint8Array(60).fill(1);
  const syn = tcp({ sourcePort: 7, destinationPort: 8, sequence: 9, flags: SYN, payload: data });
  const PIECE = 16;
  interface Fragmentation {
    readonly id?: number;
    readonly seconds?: number;
  }
  /** The SYN in pieces of 16 bytes, as IPv4 or IPv6. */
  const pieces = (version: 4 | 6, { id = 1, seconds = 1_700_000_000 }: Fragmentation = {}): Captured[] => {
    const count = Math.ceil(syn.length / PIECE);
    return Array.from({ length: count }, (_, i) => {
      const part = syn.subarray(i * PIECE, (i + 1) * PIECE);
      const more = i + 1 < count;
      const packet =
        version === 4
          ? ip({ ...hosts, protocol: 6, id, fragment: (more ? 0x2000 : 0) | ((i * PIECE) >> 3) }, part)
          : ip({ ...hosts6, protocol: 44 }, concat(layers.fragmentHeader(6, i * PIECE, more, id), part));
      return { frame: framed(packet), seconds };
    });
  };
  const isSyn = (found: ReturnType<typeof decodeOne> | undefined) => {
    assert.ok(typeof found === 'object', String(found));
    assert.deepEqual([found.ports, found.sequence, found.flags, found.payload], [[7, 8], 9, SYN, 60]);
  };
  const fragments = (count: number) => new Array<string>(count).fill('fragment');

  for (const version of [4, 6] as const) {
    test(`of IPv${version} are one segment, counted when the last of them comes, in any order`, () => {
      const parts = pieces(version);
      const orders = [parts, [...parts].reverse(), [...parts.slice(2), ...parts.slice(0, 2)]];
      for (const order of orders) {
        const found = decodeAll(order);
        assert.deepEqual(found.slice(0, -1), fragments(parts.length - 1));
        isSyn(found.at(-1));
      }
    });
  }

  test('that come twice change nothing', () => {
    const parts = pieces(4);
    const found = decodeAll([...parts.slice(0, -1).flatMap((part) => [part, part]), ...parts.slice(-1)]);
    assert.deepEqual(found.slice(0, -1), fragments(2 * (parts.length - 1)));
    isSyn(found.at(-1));
  });

  test('of datagrams that are mixed belong to their own', () => {
    const a = pieces(4, { id: 1 });
    const b = pieces(4, { id: 2 });
    const found = decodeAll(a.flatMap((part, i) => [part, b[i] as Captured]));
    assert.deepEqual(found.slice(0, -2), fragments(2 * a.length - 2));
    isSyn(found.at(-2));
    isSyn(found.at(-1));
  });

  test('of which one comes a minute later are no datagram', () => {
    const late = pieces(4, { seconds: 1_700_000_060 });
    const found = decodeAll([...pieces(4).slice(0, -1), ...late.slice(-1)]);
    assert.deepEqual(found, fragments(late.length));
  });

  test('of a second in 1970 are reassembled too', () => {
    isSyn(decodeAll(pieces(4, { seconds: 0 })).at(-1));
  });

  test('of a tunnel are reassembled before what is in them', () => {
    const inner = ip({ ...hosts, protocol: 6 }, syn);
    const parts = [inner.subarray(0, 24), inner.subarray(24)];
    const found = decodeAll(
      parts.map((part, i) => inIpv4(around(4, part, { id: 5, fragment: i === 0 ? 0x2000 : 24 >> 3 })))
    );
    assert.equal(found[0], 'fragment');
    isSyn(found[1]);
  });

  test('inside fragments are reassembled twice', () => {
    const whole = pieces(4).map(({ frame }) => frame.subarray(14));
    const packets = whole.flatMap((packet, number) => [
      inIpv4(around(4, packet.subarray(0, 16), { id: 100 + number, fragment: 0x2000 })),
      inIpv4(around(4, packet.subarray(16), { id: 100 + number, fragment: 2 })),
    ]);
    const found = decodeAll(packets);
    assert.deepEqual(found.slice(0, -1), fragments(packets.length - 1));
    isSyn(found.at(-1));
  });

  test('that the capture cut give what was captured without a hole', () => {
    const [first, ...rest] = pieces(4);
    isSyn(decodeAll([first as Captured, ...rest.map((part) => cut(part, 34))]).at(-1));
    assert.equal(decodeAll([cut(first as Captured, 14 + 20 + 13), ...rest]).at(-1), 'truncated');
  });

  test('by the thousand are bounded: the oldest are given up', () => {
    const decoder = newDecoder();
    const opened = Array.from({ length: 5000 }, (_, id) => pieces(4, { id, seconds: 1_700_000_000 + (id >> 8) })[0]);
    decodeAll(opened as Captured[], decoder);
    const last = decodeAll(pieces(4, { id: 4999, seconds: 1_700_000_019 }).slice(1), decoder);
    isSyn(last.at(-1));
    const oldest = decodeAll(pieces(4, { id: 0, seconds: 1_700_000_019 }).slice(1), decoder);
    assert.deepEqual(oldest, fragments(oldest.length));
  });
});
