import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cooked, tcpFrame } from '../../../test/traffic/arbitrary.js';
import { decodeOne, newDecoder } from '../../../test/traffic/decode.js';
import { bytes, concat, ip, tcp } from '../../../test/traffic/frame.js';
import * as layers from '../../../test/traffic/layers.js';

/** Bytes to change, and where: mostly in the headers. */
const changes = fc.array(fc.tuple(fc.nat(80), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });

function changed(frame: Uint8Array, list: ReadonlyArray<readonly [number, number]>): Uint8Array {
  const copy = Uint8Array.from(frame);
  for (const [at, value] of list) {
    copy[at % copy.length] = value;
  }
  return copy;
}

test('property: the short way for common packets finds what the general way finds', () => {
  // Behind a cooked header the same bytes take the general way.
  fc.assert(
    fc.property(tcpFrame, changes, fc.nat(120), fc.integer({ min: -60, max: 60 }), (frame, list, cut, more) => {
      const damaged = changed(frame, list);
      const captured = Math.min(damaged.length, Math.max(14, cut));
      const wire = Math.max(14, damaged.length + more);
      const short = decodeOne({ frame: damaged, captured, wire });
      const general = decodeOne({ frame: cooked(damaged), captured: captured + 2, wire: wire + 2, linkType: 113 });
      assert.deepEqual(short, general);
    }),
    { numRuns: 20_000 }
  );
});

const linkTypes = [0, 1, 9, 12, 50, 51, 101, 104, 105, 108, 113, 119, 127, 163, 192, 228, 229, 276, 147];

test('property: any bytes of any link type give a segment or a reason, whatever lies around them', () => {
  const decoder = newDecoder();
  const other = newDecoder();
  fc.assert(
    fc.property(fc.constantFrom(...linkTypes), fc.uint8Array({ maxLength: 120 }), (linkType, frame) => {
      const found = decodeOne({ frame, linkType }, decoder);
      assert.deepEqual(decodeOne({ frame, linkType, around: 0x60 }, other), found);
    }),
    { numRuns: 20_000 }
  );
});

const segment = tcp({ sourcePort: 1, destinationPort: 2, sequence: 3, flags: 2, payload: new Uint8Array(40) });
const v4 = ip({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 6 }, segment);
const v6 = ip({ source: '2001:db8::1', destination: '2001:db8::2', protocol: 0 }, layers.extension(6, segment));
const deep = [
  layers.framed(layers.erspan(3, layers.framed(layers.vxlan(layers.framed(v4, [1, 2]))), true), [3]),
  layers.framed(layers.geneve(0x86dd, v6, 3)),
  layers.framed(layers.gtp(v6, [1, 2])),
  layers.framed(layers.l2tp(layers.ppp(v4), { length: true, sequence: true, offset: 2 })),
  layers.framed(layers.around(51, layers.authenticated(4, v4))),
  layers.framed(layers.around(47, layers.pptp(layers.ppp(layers.mpls(v4), { protocol: 0x281 })))),
  layers.framed(layers.around(17, layers.udp(3544, concat(bytes([2, 1], [2, 0]), new Uint8Array(9), v6)))),
];

test('property: a changed byte in any tunnel gives a segment or a reason, whatever lies around the packet', () => {
  const decoder = newDecoder();
  const other = newDecoder();
  fc.assert(
    fc.property(
      fc.constantFrom(...deep),
      fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 4 }),
      (frame, list) => {
        const damaged = changed(frame, list);
        const found = decodeOne({ frame: damaged }, decoder);
        assert.deepEqual(decodeOne({ frame: damaged, around: 0 }, other), found);
      }
    ),
    { numRuns: 20_000 }
  );
});

test('what one packet left behind does not show in the next', () => {
  const decoder = newDecoder();
  const packets = [v6, v4].map((packet) => ({ frame: layers.framed(packet, [1, 2, 3]) }));
  packets.forEach((packet) => decodeOne(packet, decoder));
  for (const frame of [layers.framed(v4), layers.framed(v6)]) {
    assert.deepEqual(decodeOne({ frame }, decoder), decodeOne({ frame }));
  }
});
