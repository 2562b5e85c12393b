import fc from 'fast-check';
import type { Packet } from './capture-file.js';
import { ACK, concat, FIN, ip, PSH, RST, SYN, tcp } from './frame.js';
import * as layers from './layers.js';

/** Traffic for property tests: few endpoints, so that packets meet, and every turn a connection can take. */

const START = 1_700_000_000n * 1_000_000_000n;

const flags = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(SYN, SYN | ACK, ACK, PSH | ACK, FIN | ACK, RST, RST | ACK) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) }
);
/** Sequence numbers near each other, some of them far away. */
const sequence = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1000, max: 1040 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffffffff }) }
);

/** A TCP packet in one of a few kinds of frames. */
export const tcpFrame: fc.Arbitrary<Uint8Array> = fc
  .record({
    six: fc.boolean(),
    client: fc.integer({ min: 1, max: 3 }),
    port: fc.integer({ min: 0, max: 2 }),
    up: fc.boolean(),
    flags,
    sequence,
    acknowledgement: sequence,
    window: fc.constantFrom(0, 1, 501, 65535),
    payload: fc.integer({ min: 0, max: 12 }),
    ttl: fc.integer({ min: 60, max: 64 }),
    frame: fc.integer({ min: 0, max: 5 }),
  })
  .map((of) => {
    const ends = of.six ? [`2001:db8::${of.client}`, '2001:db8::ff'] : [`10.0.0.${of.client}`, '10.0.0.99'];
    const ports = [40_000 + of.port, [80, 443, 50_000][of.port] as number];
    const [from, to] = of.up ? [0, 1] : [1, 0];
    const segment = tcp({
      sourcePort: ports[from] as number,
      destinationPort: ports[to] as number,
      sequence: of.sequence,
      acknowledgement: of.acknowledgement,
      flags: of.flags,
      window: of.window,
      payload: new Uint8Array(of.payload),
    });
    const fields = { source: ends[from] as string, destination: ends[to] as string, protocol: 6, ttl: of.ttl };
    const packet = ip(fields, segment);
    switch (of.frame) {
      case 0:
        return layers.framed(packet, [7]);
      case 1:
        return layers.framed(layers.vxlan(layers.framed(packet)));
      default:
        return layers.framed(packet);
    }
  });

/** Seconds between packets: mostly none, sometimes past a window or a timeout, sometimes back. */
const gap = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 0, max: 50_000_000 }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 20 }).map((seconds) => seconds * 1e9) },
  { weight: 1, arbitrary: fc.integer({ min: -15, max: 0 }).map((seconds) => seconds * 1e9) },
  { weight: 1, arbitrary: fc.constantFrom(100e9, 8000e9, -100e9, 1e18, -1e18) }
);

/** Packets in the order of capture. Times may jump, as they do on a machine whose clock is set. */
export function traffic(most = 120): fc.Arbitrary<Packet[]> {
  return fc.array(fc.record({ frame: tcpFrame, gap }), { maxLength: most }).map((steps) => {
    let time = START;
    return steps.map(({ frame, gap: nanoseconds }) => {
      const next = time + BigInt(Math.round(nanoseconds));
      // A pcap file has 32 bits of seconds.
      time = next < 0n || next > 0xffff_ffffn * 1_000_000_000n ? time : next;
      return { time, frame };
    });
  });
}

/** An Ethernet frame and the same packet behind a cooked header, which no decoder treats specially. */
export function cooked(frame: Uint8Array): Uint8Array {
  return concat(new Uint8Array(14), frame.subarray(12));
}
