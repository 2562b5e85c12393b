import { deflateRawSync } from 'node:zlib';
import type { Captured, Found } from '../../../test/traffic/decode.js';
import { ACK, bytes, concat, ethernet, ip, PSH, SYN, synOptions, tcp } from '../../../test/traffic/frame.js';
import * as layers from '../../../test/traffic/layers.js';

/** A packet of every kind that the decoder looks through, for the tests of the decoder and of the filter in front of it. */

const { around, framed, udp } = layers;

/** The segment that every case holds: 5 bytes of data. */
const segment = tcp({
  sourcePort: 40_000,
  destinationPort: 443,
  sequence: 0xfffffff0,
  acknowledgement: 0x80000001,
  flags: PSH | ACK,
  window: 501,
  payload: Uint8Array.of(1, 2, 3, 4, 5),
});
const fields4 = { source: '10.1.2.3', destination: '172.16.255.1', protocol: 6, ttl: 57, id: 4711 };
const fields6 = { source: '2001:db8::1', destination: 'fd00::ffff', protocol: 6, ttl: 255 };
const v4 = ip(fields4, segment);
const v6 = ip(fields6, segment);

const common = {
  ports: [40_000, 443],
  flags: PSH | ACK,
  sequence: 0xfffffff0,
  acknowledgement: 0x80000001,
  window: 501,
  payload: 5,
  windowScale: null,
  vlans: [],
  vlanCount: 0,
} as const;
export const found4: Found = { ...common, source: '10.1.2.3', destination: '172.16.255.1', ttl: 57, id: 4711 };
const found6: Found = {
  ...common,
  source: '2001:0db8:0000:0000:0000:0000:0000:0001',
  destination: 'fd00:0000:0000:0000:0000:0000:0000:ffff',
  ttl: 255,
  id: -1,
};

/** The packet on the air. */
const air = layers.wifi(layers.snap(0x0800, v4), { qos: true });

/** What was captured, and how the segment found differs from `found4`. */
export type Case = readonly [Captured, Partial<Found>?];

const frame4 = framed(v4);
const plain = (frame: Uint8Array, linkType = 1): Captured => ({ frame, linkType });
const inIpv4 = (packet: Uint8Array) => plain(framed(packet));
const tagged = (vlans: number[]): Partial<Found> => ({ vlans: vlans.slice(0, 4), vlanCount: vlans.length });
const withTags = (types: number[], ids: number[]) => {
  const mac = frame4.subarray(0, 12);
  return concat(mac, ...ids.map((id, i) => bytes([2, types[i] ?? 0x8100], [2, id])), bytes([2, 0x0800]), v4);
};
const v6With = (next: number, payload: Uint8Array) => framed(ip({ ...fields6, protocol: next }, payload));

export const cases: Readonly<Record<string, Readonly<Record<string, Case>>>> = {
  'link layers': {
    'Ethernet with IPv4': [plain(frame4)],
    'Ethernet with IPv6': [plain(framed(v6)), found6],
    'Ethernet padded to 60 bytes and with a checksum behind': [plain(concat(frame4, new Uint8Array(10).fill(0xff)))],
    '802.3 with LLC and SNAP': [plain(ethernet(8 + v4.length, layers.snap(0x0800, v4)))],
    'raw IP': [plain(v4, 101)],
    'raw IP, IPv6': [plain(v6, 101), found6],
    'raw IP of BSD': [plain(v4, 12)],
    'raw IP of OpenBSD': [plain(v4, 14)],
    'raw IPv4': [plain(v4, 228)],
    'raw IPv6': [plain(v6, 229), found6],
    'loopback, little endian': [plain(layers.loopback(2, v4, true), 0)],
    'loopback, big endian': [plain(layers.loopback(2, v4, false), 0)],
    'loopback of OpenBSD': [plain(layers.loopback(24, v6, false), 108), found6],
    'loopback with IPv6 of FreeBSD': [plain(layers.loopback(28, v6, true), 0), found6],
    'loopback with IPv6 of macOS': [plain(layers.loopback(30, v6, true), 0), found6],
    'loopback with IPv6 of Linux': [plain(layers.loopback(10, v6, true), 0), found6],
    'Linux cooked': [plain(layers.sll(0x0800, v4), 113)],
    'Linux cooked with a VLAN': [plain(layers.sll(0x8100, concat(bytes([2, 9], [2, 0x0800]), v4)), 113), tagged([9])],
    'Linux cooked, version 2': [plain(layers.sll2(0x86dd, v6), 276), found6],
    PPP: [plain(layers.ppp(v4), 9)],
    'PPP with HDLC bytes': [plain(layers.ppp(v6, { address: true }), 50), found6],
    'PPP with a compressed protocol': [plain(layers.ppp(v4, { short: true }), 9)],
    'PPP with MPLS': [plain(layers.ppp(layers.mpls(v4), { protocol: 0x0281 }), 9)],
    'PPPoE as link type': [plain(layers.pppoe(layers.ppp(v4)), 51)],
    FDDI: [plain(concat(Uint8Array.of(0x57), new Uint8Array(12), layers.snap(0x0800, v4)), 10)],
    'IP over InfiniBand': [plain(concat(new Uint8Array(40), bytes([2, 0x0800], [2, 0]), v4), 242)],
    'Cisco HDLC': [plain(concat(bytes([2, 0x0f00], [2, 0x0800]), v4), 104)],
    'Cisco HDLC on a line captured as PPP': [plain(concat(bytes([2, 0x0f00], [2, 0x0800]), v4), 9)],
    'Cisco HDLC to all, on a line captured as PPP in HDLC': [
      plain(concat(bytes([2, 0x8f00], [2, 0x86dd]), v6), 50),
      found6,
    ],
    'packets that the firewall logged': [plain(layers.nflog(2, v4, true), 239)],
    'packets that the firewall logged, IPv6, big endian': [plain(layers.nflog(10, v6, false), 239), found6],
    '802.11': [plain(layers.wifi(layers.snap(0x0800, v4)), 105)],
    '802.11 with QoS between access points': [
      plain(layers.wifi(layers.snap(0x86dd, v6), { qos: true, relay: true }), 105),
      found6,
    ],
    '802.11, the first frame of an aggregate': [
      plain(layers.wifi(layers.snap(0x0800, v4), { qos: true, aggregate: true }), 105),
    ],
    'radiotap and 802.11': [plain(layers.radiotap(layers.wifi(layers.snap(0x0800, v4))), 127)],
    'Prism and 802.11': [
      plain(concat(bytes([4, 0x44], [4, 144]), new Uint8Array(136), layers.wifi(layers.snap(0x0800, v4))), 119),
    ],
    'AVS and 802.11': [
      plain(concat(bytes([4, 0x80211001], [4, 64]), new Uint8Array(56), layers.wifi(layers.snap(0x0800, v4))), 163),
    ],
    'PPI with Ethernet inside': [plain(concat(Uint8Array.of(0, 0, 8, 0, 1, 0, 0, 0), frame4), 192)],
  },
  tags: {
    'one VLAN': [plain(framed(v4, [100])), tagged([100])],
    'one VLAN, IPv6': [plain(framed(v6, [4094])), { ...found6, ...tagged([4094]) }],
    QinQ: [plain(framed(v4, [200, 100])), tagged([200, 100])],
    'QinQ before the standard': [plain(withTags([0x9100, 0x8100], [3, 4])), tagged([3, 4])],
    'five VLANs, of which four are kept': [plain(framed(v4, [1, 2, 3, 4, 5])), tagged([1, 2, 3, 4, 5])],
    'priority and drop bits are no part of the id': [plain(framed(v4, [0xf000 | 7])), tagged([7])],
    'a priority tag alone is no VLAN': [plain(framed(v4, [0x6000])), {}],
    'a priority tag inside a VLAN is no VLAN': [plain(framed(v4, [5, 0x6000])), tagged([5])],
    'a VLAN that the card took out': [{ frame: frame4, vlan: 12 }, tagged([12])],
    'a VLAN that the card took out of QinQ': [{ frame: framed(v4, [100]), vlan: 200 }, tagged([200, 100])],
    'VN-Tag': [plain(concat(frame4.subarray(0, 12), bytes([2, 0x8926], [4, 0x80000001], [2, 0x0800]), v4))],
    'E-TAG': [plain(concat(frame4.subarray(0, 12), bytes([2, 0x893f], [4, 0x100000d3], [2, 0], [2, 0x0800]), v4))],
    'E-TAG in front of a VLAN': [
      plain(concat(frame4.subarray(0, 12), bytes([2, 0x893f], [4, 0], [2, 0], [2, 0x8100], [2, 9], [2, 0x0800]), v4)),
      tagged([9]),
    ],
    'Cisco FabricPath': [plain(ethernet(0x8903, concat(bytes([2, 0x0060]), framed(v4, [8])))), tagged([8])],
    'provider backbone bridge': [plain(ethernet(0x88e7, concat(bytes([4, 77]), framed(v4, [8])))), tagged([8])],
  },
  MPLS: {
    'one label': [plain(ethernet(0x8847, layers.mpls(v4)))],
    'three labels, IPv6': [plain(ethernet(0x8847, layers.mpls(v6, [16, 17, 18]))), found6],
    'multicast EtherType': [plain(ethernet(0x8848, layers.mpls(v4)))],
    'a pseudowire with an Ethernet frame': [
      plain(ethernet(0x8847, layers.mpls(concat(layers.controlWord, framed(v4, [6]))))),
      tagged([6]),
    ],
    'behind VLANs': [plain(ethernet(0x8847, layers.mpls(v4), [10, 20])), tagged([10, 20])],
    'in IP': [inIpv4(around(137, layers.mpls(v4)))],
    'in UDP': [inIpv4(around(17, udp(6635, layers.mpls(v4))))],
  },
  'PPPoE and L2TP': {
    'PPPoE session': [plain(ethernet(0x8864, layers.pppoe(layers.ppp(v4))))],
    'PPPoE session with padding that the IP length includes': [
      plain(
        ethernet(0x8864, concat(layers.pppoe(layers.ppp(ip({ ...fields4, length: 51 }, segment))), new Uint8Array(6)))
      ),
    ],
    'PPPoE session, IPv6, in a VLAN': [
      plain(ethernet(0x8864, layers.pppoe(layers.ppp(v6)), [7])),
      { ...found6, ...tagged([7]) },
    ],
    'L2TP without optional fields': [inIpv4(layers.l2tp(layers.ppp(v4)))],
    'L2TP with all optional fields': [
      inIpv4(layers.l2tp(layers.ppp(v6, { address: true }), { length: true, sequence: true, offset: 3 })),
      found6,
    ],
    'L2TP in PPPoE': [plain(ethernet(0x8864, layers.pppoe(layers.ppp(layers.l2tp(layers.ppp(v4))))))],
  },
  GRE: {
    'of IPv4': [inIpv4(around(47, layers.gre(0x0800, v4)))],
    'of IPv6 over IPv6': [v6Case(around(47, layers.gre(0x86dd, v6), fieldsOfOuter6())), found6],
    'with checksum, key and sequence number': [
      inIpv4(around(47, layers.gre(0x0800, v4, { checksum: true, key: 1, sequence: 2 }))),
    ],
    'of Ethernet': [inIpv4(around(47, layers.gre(0x6558, framed(v4, [3])))), tagged([3])],
    'of MPLS': [inIpv4(around(47, layers.gre(0x8847, layers.mpls(v4))))],
    PPTP: [inIpv4(around(47, layers.pptp(layers.ppp(v4, { address: true }))))],
    'PPTP with an acknowledgement': [inIpv4(around(47, layers.pptp(layers.ppp(v4), true)))],
    'WCCP without redirect header': [inIpv4(around(47, layers.gre(0x883e, v4)))],
    'WCCP version 2': [inIpv4(around(47, layers.gre(0x883e, concat(bytes([4, 0]), v4))))],
    'in UDP': [inIpv4(around(17, udp(4754, layers.gre(0x0800, v4))))],
    'of 802.11 frames from an access point': [
      inIpv4(around(47, layers.gre(0x8240, layers.wifi(layers.snap(0x0800, v4))))),
    ],
    'ERSPAN type I': [inIpv4(layers.erspan(1, frame4))],
    'ERSPAN type II': [inIpv4(layers.erspan(2, framed(v4, [31]))), tagged([31])],
    'ERSPAN type III': [inIpv4(layers.erspan(3, framed(v6))), found6],
    'ERSPAN type III with platform header': [inIpv4(layers.erspan(3, frame4, true))],
  },
  'tunnels over UDP': {
    VXLAN: [inIpv4(layers.vxlan(frame4))],
    'VXLAN with VLANs outside and inside': [plain(framed(layers.vxlan(framed(v4, [2])), [1])), tagged([1, 2])],
    'VXLAN in ERSPAN': [inIpv4(layers.erspan(2, framed(layers.vxlan(framed(v6))))), found6],
    'VXLAN-GPE with IPv4': [inIpv4(layers.vxlanGpe(1, v4))],
    'VXLAN-GPE with IPv6': [inIpv4(layers.vxlanGpe(2, v6)), found6],
    'VXLAN-GPE with Ethernet': [inIpv4(layers.vxlanGpe(3, frame4))],
    'GENEVE with Ethernet': [inIpv4(layers.geneve(0x6558, frame4))],
    'GENEVE with options and IPv6': [inIpv4(layers.geneve(0x86dd, v6, 5)), found6],
    'GTP-U': [inIpv4(layers.gtp(v4))],
    'GTP-U with a sequence number': [inIpv4(layers.gtp(v4, []))],
    'GTP-U with two extension headers, IPv6': [inIpv4(layers.gtp(v6, [1, 2])), found6],
    'a reply from the tunnel port': [inIpv4(around(17, udp(51_000, layers.gtp(v4).subarray(28), 2152)))],
    AYIYA: [
      inIpv4(around(17, udp(5072, concat(bytes([4, 0x44_52_11_29], [4, 0]), new Uint8Array(16 + 20), v6)))),
      found6,
    ],
    'CAPWAP with an Ethernet frame': [inIpv4(layers.capwap(framed(v4, [5]))), tagged([5])],
    'CAPWAP with an 802.11 frame': [inIpv4(layers.capwap(air, { native: true }))],
    'CAPWAP with an 802.11 frame whose frame control is swapped': [
      inIpv4(layers.capwap(concat(Uint8Array.of(air[1] ?? 0, air[0] ?? 0), air.subarray(2)), { native: true })),
    ],
    Teredo: [inIpv4(around(17, udp(3544, v6))), found6],
    'Teredo with authentication and origin': [
      inIpv4(around(17, udp(3544, concat(bytes([2, 1], [2, 0]), new Uint8Array(9), new Uint8Array(8), v6)))),
      found6,
    ],
  },
  'IP in IP': {
    IPIP: [inIpv4(around(4, v4))],
    '6in4': [inIpv4(around(41, v6)), found6],
    '4in6': [v6Case(around(4, v4, fieldsOfOuter6()))],
    '6in6': [v6Case(around(41, v6, fieldsOfOuter6())), found6],
    'Ethernet in IP': [inIpv4(around(97, concat(bytes([2, 0x3000]), frame4)))],
    'authentication header': [inIpv4(ip({ ...fields4, protocol: 51 }, layers.authenticated(6, segment)))],
    'authentication header in tunnel mode': [inIpv4(around(51, layers.authenticated(4, v4)))],
    'authentication header of IPv6': [plain(v6With(51, layers.authenticated(6, segment))), found6],
    'IPComp with DEFLATE': [
      inIpv4(ip({ ...fields4, protocol: 108 }, concat(bytes([1, 6], [1, 0], [2, 2]), deflateRawSync(segment)))),
    ],
    'IPComp of a whole packet, by an agreed index': [
      inIpv4(around(108, concat(bytes([1, 4], [1, 0], [2, 0x1234]), deflateRawSync(v4)))),
    ],
  },
  'IPv4 headers': {
    'with options': [plain(framed(withOptions(v4)))],
    'with the do-not-fragment bit off': [plain(framed(ip({ ...fields4, fragment: 0 }, segment)))],
    'with length 0, as segmentation offload leaves it': [plain(framed(ip({ ...fields4, length: 0 }, segment)))],
    'with a length beyond the frame': [plain(framed(ip({ ...fields4, length: 60_000 }, segment)))],
    'with a length below the frame: the rest is padding': [
      plain(framed(ip({ ...fields4, length: 42 }, segment))),
      { payload: 2 },
    ],
  },
  'IPv6 headers': {
    'hop-by-hop options': [plain(v6With(0, layers.extension(6, segment))), found6],
    'hop-by-hop, destination, routing, long': [
      plain(v6With(0, layers.extension(60, layers.extension(43, layers.extension(6, segment, 2), 1)))),
      found6,
    ],
    'mobility, host identity, shim6': [
      plain(v6With(135, layers.extension(139, layers.extension(140, layers.extension(6, segment))))),
      found6,
    ],
    'an atomic fragment': [plain(v6With(44, concat(layers.fragmentHeader(6, 0, false), segment))), found6],
    'payload length 0, as segmentation offload leaves it': [
      plain(framed(ip({ ...fields6, length: 0 }, segment))),
      found6,
    ],
  },
  'TCP headers': {
    'a SYN with a window scale': [
      inIpv4(ip(fields4, tcp({ sourcePort: 1, destinationPort: 2, sequence: 3, flags: SYN, options: synOptions }))),
      { ports: [1, 2], sequence: 3, acknowledgement: 0, flags: SYN, window: 64_240, payload: 0, windowScale: 7 },
    ],
    'a SYN without options has no window scale': [
      inIpv4(
        ip(
          fields4,
          tcp({ sourcePort: 1, destinationPort: 2, sequence: 3, flags: SYN, payload: Uint8Array.of(3, 3, 7) })
        )
      ),
      { ports: [1, 2], sequence: 3, acknowledgement: 0, flags: SYN, window: 64_240, payload: 3, windowScale: -1 },
    ],
    'a window scale above 14 is 14': [
      inIpv4(
        ip(
          fields4,
          tcp({ sourcePort: 1, destinationPort: 2, sequence: 3, flags: SYN, options: Uint8Array.of(1, 3, 3, 99) })
        )
      ),
      { ports: [1, 2], sequence: 3, acknowledgement: 0, flags: SYN, window: 64_240, payload: 0, windowScale: 14 },
    ],
    'options of length 0 end the search for a window scale': [
      inIpv4(
        ip(
          fields4,
          tcp({
            sourcePort: 1,
            destinationPort: 2,
            sequence: 3,
            flags: SYN,
            options: Uint8Array.of(8, 0, 3, 3, 7, 0, 0, 0),
          })
        )
      ),
      { ports: [1, 2], sequence: 3, acknowledgement: 0, flags: SYN, window: 64_240, payload: 0, windowScale: -1 },
    ],
    'a header that claims more than the datagram holds has no payload': [
      inIpv4(ip(fields4, concat(segment.subarray(0, 12), Uint8Array.of(0xf0), segment.subarray(13)))),
      { payload: 0 },
    ],
  },
  'snapped captures': {
    'the payload is that of the wire': [{ frame: frame4, captured: 54, wire: frame4.length }],
    'cut behind the window field': [{ frame: frame4, captured: 50, wire: frame4.length }],
    'cut behind the flags: the window is not known': [
      { frame: frame4, captured: 48, wire: frame4.length },
      { window: -1 },
    ],
    'a wire length below the captured one is not believed': [{ frame: frame4, wire: 20 }],
  },
};

function fieldsOfOuter6() {
  return { source: '2001:db8:1::1', destination: '2001:db8:1::2' };
}

function v6Case(packet: Uint8Array): Captured {
  return plain(framed(packet));
}

/** The packet with 8 bytes of IPv4 options. */
function withOptions(packet: Uint8Array): Uint8Array {
  const longer = concat(packet.subarray(0, 20), Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 0), packet.subarray(20));
  longer[0] = 0x47;
  longer[3] = (longer[3] as number) + 8;
  return longer;
}
