import { deflateRawSync, gzipSync } from 'node:zlib';
import {
  interfaceBlock,
  packetBlock,
  pcap,
  pcapng,
  sectionBlock,
  simplePacketBlock,
  statisticsBlock,
} from '../traffic/capture-file.js';
import { bytes, concat, ethernet, ip, synOptions, tcp } from '../traffic/frame.js';
import * as layers from '../traffic/layers.js';
import { talk } from '../traffic/talk.js';

/** Good inputs to begin with: one of each kind that the readers and the decoder know. */

export interface Frame {
  readonly linkType: number;
  readonly frame: Uint8Array;
}

const segment = tcp({
  sourcePort: 40_000,
  destinationPort: 443,
  sequence: 7,
  acknowledgement: 9,
  flags: 0x18,
  payload: new Uint8Array(8),
});
const syn = tcp({ sourcePort: 40_000, destinationPort: 443, sequence: 6, flags: 2, options: synOptions });
const hosts = { source: '10.0.0.1', destination: '10.0.0.2', protocol: 6 };
const hosts6 = { source: '2001:db8::1', destination: '2001:db8::2', protocol: 6 };
const v4 = ip(hosts, segment);
const v6 = ip(hosts6, syn);
const { around, framed, udp } = layers;

const ethernets = [
  framed(v4),
  framed(v6),
  framed(v4, [1]),
  framed(v6, [1, 2, 3, 4, 5]),
  ethernet(0x8847, layers.mpls(v4, [16, 17, 18])),
  ethernet(0x8847, layers.mpls(concat(layers.controlWord, framed(v4)))),
  ethernet(0x8864, layers.pppoe(layers.ppp(v4))),
  ethernet(0x88e7, concat(bytes([4, 1]), framed(v4))),
  ethernet(60, layers.snap(0x0800, v4)),
  framed(around(47, layers.gre(0x0800, v4, { checksum: true, key: 1, sequence: 2 }))),
  framed(around(47, layers.pptp(layers.ppp(v4), true))),
  framed(around(47, layers.gre(0x883e, concat(bytes([4, 0]), v4)))),
  framed(layers.erspan(1, framed(v4))),
  framed(layers.erspan(2, framed(v4, [3]))),
  framed(layers.erspan(3, framed(v6), true)),
  framed(layers.vxlan(framed(v4))),
  framed(layers.vxlanGpe(2, v6)),
  framed(layers.geneve(0x6558, framed(v4), 3)),
  framed(layers.gtp(v4, [1, 2])),
  framed(layers.l2tp(layers.ppp(v4), { length: true, sequence: true, offset: 2 })),
  framed(around(17, udp(3544, concat(bytes([2, 1], [2, 0]), new Uint8Array(17), v6)))),
  framed(around(4, around(4, v4))),
  framed(around(41, v6)),
  framed(around(51, layers.authenticated(4, v4))),
  framed(around(1, layers.icmpError(3, 13, v4))),
  framed(ip({ ...hosts6, protocol: 58 }, layers.icmpError(1, 4, v6))),
  framed(around(97, concat(bytes([2, 0x3000]), framed(v4)))),
  framed(around(108, concat(bytes([1, 4], [1, 0], [2, 2]), deflateRawSync(v4)))),
  framed(around(50, v4)),
  framed(around(1, concat(bytes([4, 0x03010000], [4, 0]), v4))),
  framed(ip({ ...hosts6, protocol: 0 }, layers.extension(60, layers.extension(43, layers.extension(6, segment, 1))))),
  ...[0, 16].flatMap((offset) => [
    framed(
      ip({ ...hosts, fragment: (offset === 0 ? 0x2000 : 0) | (offset >> 3) }, segment.subarray(offset, offset + 16))
    ),
    framed(
      ip(
        { ...hosts6, protocol: 44 },
        concat(layers.fragmentHeader(6, offset, offset === 0), segment.subarray(offset, offset + 16))
      )
    ),
  ]),
];

export const frames: readonly Frame[] = [
  ...ethernets.map((frame) => ({ linkType: 1, frame })),
  { linkType: 101, frame: v4 },
  { linkType: 101, frame: v6 },
  { linkType: 0, frame: layers.loopback(2, v4, true) },
  { linkType: 108, frame: layers.loopback(30, v6, false) },
  { linkType: 113, frame: layers.sll(0x0800, v4) },
  { linkType: 276, frame: layers.sll2(0x86dd, v6) },
  { linkType: 9, frame: layers.ppp(v4, { address: true }) },
  { linkType: 51, frame: layers.pppoe(layers.ppp(v6)) },
  { linkType: 104, frame: concat(bytes([4, 0x0f000800]), v4) },
  { linkType: 105, frame: layers.wifi(layers.snap(0x0800, v4), { qos: true, relay: true }) },
  { linkType: 127, frame: layers.radiotap(layers.wifi(layers.snap(0x0800, v4))) },
  {
    linkType: 119,
    frame: concat(bytes([4, 0x44], [4, 144]), new Uint8Array(136), layers.wifi(layers.snap(0x0800, v4))),
  },
  {
    linkType: 163,
    frame: concat(bytes([4, 0x80211001], [4, 64]), new Uint8Array(56), layers.wifi(layers.snap(0x0800, v4))),
  },
  { linkType: 192, frame: concat(Uint8Array.of(0, 0, 8, 0, 1, 0, 0, 0), framed(v4)) },
];

const { packets } = talk().open().exchange(10, 20).close('client');

const blocks = (bigEndian: boolean) => [
  sectionBlock(bigEndian),
  interfaceBlock(1, { resolution: 9, offset: 3n, snap: 96 }, bigEndian),
  interfaceBlock(113, { resolution: 0x80 + 20 }, bigEndian),
  ...packets.map((packet, i) => packetBlock(i & 1, packet.time, packet, bigEndian)),
  simplePacketBlock((packets[0] as { frame: Uint8Array }).frame, 60, bigEndian),
  statisticsBlock(0, { 5: 1n, 7: 2n }, bigEndian),
];

export const plainFiles: readonly Uint8Array[] = [
  pcap(packets),
  pcap(packets, { nanoseconds: true }),
  pcap(packets, { bigEndian: true }),
  pcap(packets, { bigEndian: true, nanoseconds: true, snap: 60 }),
  pcapng(blocks(false)),
  pcapng(blocks(true), true),
  concat(pcapng(blocks(true), true), pcapng(blocks(false))),
];

export const files: readonly Uint8Array[] = [...plainFiles, ...plainFiles.map((file) => gzipSync(file))];
