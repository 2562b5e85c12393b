import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { writeKey } from '../decode/connection-key.js';
import { Flag, Seg } from '../decode/segment.js';
import type { Batch } from './batch.js';
import { createConnections } from './connections.js';
import { createFollower } from './follow.js';
import { wholeInput } from './part.js';

/** A step of a connection's life, or something else that comes instead. */
interface Packet {
  readonly connection: number;
  readonly fromServer: boolean;
  readonly flags: number;
  readonly payload: number;
  /** How far its numbers are from where they should be. */
  readonly ahead: number;
  readonly acksAhead: number;
  readonly window: number;
  readonly wait: number;
  readonly vlan: number;
}

const { Fin, Syn, Rst, Psh, Ack } = { Fin: Flag.Fin, Syn: Flag.Syn, Rst: Flag.Rst, Psh: Flag.Psh, Ack: Flag.Ack };

/** From the client where `false`: handshake, request, answer, both FINs and their acknowledgements. */
const life: ReadonlyArray<readonly [boolean, number, number]> = [
  [false, Syn, 0],
  [true, Syn | Ack, 0],
  [false, Ack, 0],
  [false, Psh | Ack, 100],
  [true, Ack, 0],
  [true, Psh | Ack, 1000],
  [false, Ack, 0],
  [false, Fin | Ack, 0],
  [true, Ack, 0],
  [true, Fin | Ack, 0],
  [false, Ack, 0],
];

const odd = { payload: 0, ahead: 0, acksAhead: 0, window: 500, wait: 0, vlan: 0 };
const rarely = (of: fc.Arbitrary<number>, value: number) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: of });

/** Lives of connections on two tuples, one after the other, from which steps are missing, and others are between. */
const traffic = fc
  .array(
    fc.record({
      connection: fc.nat(1),
      swaps: fc.boolean(),
      steps: fc.array(
        fc.record({
          skip: rarely(fc.integer({ min: -2, max: 2 }), 0),
          flags: rarely(fc.constantFrom(Rst, Rst | Ack, Syn, Syn | Ack, Fin, Fin | Ack, Ack, 0, Syn | Fin), -1),
          payload: rarely(fc.constantFrom(1, 20), 0),
          ahead: rarely(fc.constantFrom(-1, 1, -100, 100, 1 << 30), 0),
          acksAhead: rarely(fc.constantFrom(-1, 1, -1000, 1000), 0),
          window: rarely(fc.constantFrom(0, 1, 2, 3, 501), 500),
          wait: rarely(fc.constantFrom(1, 2, 12, 31, 80, -3), 0),
          vlan: rarely(fc.constant(7), 0),
        }),
        { minLength: 3, maxLength: 16 }
      ),
    }),
    { minLength: 1, maxLength: 6 }
  )
  .map((lives) =>
    lives.flatMap(({ connection, swaps, steps }) => {
      let place = 0;
      return steps.map(({ skip, flags, payload, ...step }): Packet => {
        place = Math.max(0, Math.min(life.length - 1, place + skip));
        const [fromServer, usual, bytes] = life[place++ % life.length] as (typeof life)[number];
        return {
          ...odd,
          ...step,
          connection,
          fromServer: fromServer !== swaps,
          flags: flags < 0 ? usual : flags,
          payload: bytes + payload,
        };
      });
    })
  );

/** All rows that the packets come to. */
function rowsOf(packets: readonly Packet[], family: number, straight: boolean): Batch[] {
  const batches: Batch[] = [];
  const segments = new Int32Array(packets.length * Seg.Words);
  const next = Array.from({ length: 4 }, (_, end) => 1000 * end - 1500);
  let seconds = 1_700_000_000;
  packets.forEach((packet, i) => {
    const { connection, fromServer, flags, payload, ahead, acksAhead, window, wait, vlan } = packet;
    const own = connection * 2 + Number(fromServer);
    const at = i * Seg.Words;
    seconds += wait;
    segments[at + Seg.Family] = family;
    segments[at + Seg.Source + (family === 4 ? 0 : 3)] = fromServer ? 2 : 1;
    segments[at + Seg.Destination + (family === 4 ? 0 : 3)] = fromServer ? 1 : 2;
    segments[at + Seg.Ports] = fromServer ? (443 << 16) | (4000 + connection) : ((4000 + connection) << 16) | 443;
    segments[at + Seg.Flags] = flags;
    segments[at + Seg.Sequence] = ((next[own] as number) + ahead) | 0;
    segments[at + Seg.Acknowledgement] = ((next[own ^ 1] as number) + acksAhead) | 0;
    segments[at + Seg.Window] = window;
    segments[at + Seg.Payload] = payload;
    segments[at + Seg.Ttl] = fromServer ? 60 : 128;
    segments[at + Seg.IpId] = family === 4 ? i : -1;
    segments[at + Seg.WindowScale] = (flags & Syn) !== 0 ? 7 : -1;
    segments[at + Seg.VlanCount] = vlan === 0 ? 0 : 1;
    segments[at + Seg.Vlan] = vlan;
    segments[at + Seg.Seconds] = seconds;
    segments[at + Seg.Nanos] = 1000 * i;
    segments[at + Seg.Interface] = connection;
    next[own] = ((next[own] as number) + payload + (flags & Fin) + ((flags & Syn) >> 1)) | 0;
    writeKey(segments, at, 0);
  });
  const connections = createConnections((batch) => batches.push(batch), { maxConnections: 64, windowConnections: 64 });
  const follower = createFollower(connections, segments, wholeInput, straight);
  follower.readAhead(packets.length);
  follower.follow(packets.length, packets.length, 0);
  connections.finish();
  return batches;
}

test('segments in order give the same rows on the straight way as on the long one', () => {
  fc.assert(
    fc.property(traffic, fc.constantFrom(4, 6), (packets, family) => {
      assert.deepEqual(rowsOf(packets, family, true), rowsOf(packets, family, false));
    }),
    { numRuns: 1000 }
  );
});
