import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { traffic } from '../../../test/traffic/arbitrary.js';
import {
  interfaceBlock,
  packetBlock,
  pcap,
  pcapng,
  sectionBlock,
  type Packet,
} from '../../../test/traffic/capture-file.js';
import { readBack, Scratch } from '../../../test/traffic/read-back.js';
import { talk, together } from '../../../test/traffic/talk.js';
import { connectionsOfFile, explained, stepsOf, type Reported } from './explain-fixture.js';

const scratch = new Scratch();
after(() => scratch.remove());
const hasTshark = spawnSync('tshark', ['--version']).status === 0;

/** What a connection's own packets tell. Roles and causes also depend on what its hosts did elsewhere. */
const own = [
  'start',
  'end',
  'close',
  'state',
  'packets.clt',
  'packets.srv',
  'bytes.clt',
  'bytes.srv',
  'syn.count',
  'synack.count',
  'ct.count',
  'fin.count',
  'rst.count',
  'retrans.count',
] as const;
const ownFacts = ({ facts }: Reported) => Object.fromEntries(own.map((name) => [name, facts[name]]));
/** The same for sides that have changed places; the state is told from the client's view. */
function turnedFacts({ facts }: Reported) {
  const other = (name: string) => name.replace(/clt|srv/, (side) => (side === 'clt' ? 'srv' : 'clt'));
  return Object.fromEntries(own.map((name) => [name, name === 'state' ? undefined : facts[other(name)]]));
}

/** The same packets under a clock that is never set: a slice does not have the packets of others that prove a step. */
function withoutSteps(packets: readonly Packet[]): Packet[] {
  let latest = 0n;
  return packets.map((packet) => {
    // Far jumps forward are steps, too.
    const far = latest !== 0n && packet.time - latest > 3600n * 1_000_000_000n;
    latest = packet.time < latest || far ? latest : packet.time;
    return { ...packet, time: latest };
  });
}

/** Those whose name fits no other. */
function namedAlone(all: readonly Reported[]): Reported[] {
  return all.filter(({ id }) => all.filter((other) => other.id === id).length === 1);
}

/** Explains every connection that a name tells from all others; its slice must be this connection and nothing else. */
async function checkAll(path: string, most: number): Promise<number> {
  const all = await connectionsOfFile(path);
  const alone = namedAlone(all);
  for (const connection of alone.slice(0, most)) {
    const slice = join(scratch.folder, 'slice.pcap');
    const explanation = await explained(path, connection.id, slice);
    const steps = stepsOf(explanation);
    const told = `${connection.tuple} of ${path}: ${explanation.limits.join(' ')}`;
    assert.ok(!explanation.limits.some((limit) => limit.includes('time alone')), told);
    const marked = (side: string) =>
      steps.flatMap(({ packet, marks }) => marks.filter(() => packet.from === side).map(({ kind }) => kind));
    const again = (side: string) =>
      marked(side).filter((kind) => kind === 'retransmission' || kind === 'syn-again').length;
    assert.equal(again('client'), connection.facts['retrans.count.clt'], told);
    assert.equal(again('server'), connection.facts['retrans.count.srv'], told);
    const [back, ...others] = await connectionsOfFile(slice);
    assert.equal(others.length, 0, told);
    assert.ok(back !== undefined, told);
    if (back.facts['client.ip'] === connection.facts['client.ip']) {
      assert.deepEqual(ownFacts(back), ownFacts(connection), told);
    } else {
      // Who is the client may be a guess from what is known of the hosts, of which the slice knows less.
      assert.equal(connection.facts.role, 'guess', told);
      assert.deepEqual(turnedFacts(back), { ...ownFacts(connection), state: undefined }, told);
    }
  }
  return alone.length;
}

describe('slices', () => {
  test('the slice of any connection reads back as that connection, and marks are what is counted', async () => {
    await fc.assert(
      fc.asyncProperty(traffic(60), async (packets) => {
        const bytes = pcap(withoutSteps(packets), { nanoseconds: true });
        await checkAll(scratch.write(bytes, 'traffic.pcap'), 8);
      }),
      { numRuns: 12 }
    );
  });

  test('whatever the clock does, a connection has the packets that its row counts, or says that it may have others', async () => {
    await fc.assert(
      fc.asyncProperty(traffic(60), async (packets) => {
        const path = scratch.write(pcap(packets, { nanoseconds: true }), 'jumps.pcap');
        for (const { id, facts, tuple } of namedAlone(await connectionsOfFile(path)).slice(0, 4)) {
          const counted = Number(facts['packets.clt']) + Number(facts['packets.srv']);
          const explanation = await explained(path, id);
          // Else it says that it could not do better.
          if (!explanation.limits.some((limit) => limit.includes('time alone'))) {
            assert.equal(stepsOf(explanation).length, counted, tuple);
          }
        }
      }),
      { numRuns: 12 }
    );
  });

  const lab = fileURLToPath(new URL('../../../test/lab/captures/', import.meta.url));
  test('so does one connection of captures of the laboratory', async () => {
    let checked = 0;
    for (const file of readdirSync(lab)
      .filter((name) => name.endsWith('-6.pcap'))
      .filter((_, i) => i % 4 === 0)) {
      checked += await checkAll(`${lab}${file}`, 1);
    }
    assert.ok(checked > 10);
  });

  test('connections on the same ports are told apart', async () => {
    const twice = talk().open().exchange().close('client').again(5000, 70000).open().exchange(7, 9).rst('server');
    const path = scratch.write(pcap(twice.packets), 'twice.pcap');
    assert.equal(await checkAll(path, 2), 2);
  });

  test('timestamps keep their nanoseconds, and microseconds stay microseconds', async () => {
    const { packets } = talk({ start: 1_700_000_000.000000123 }).open();
    const odd = packets.map((packet, i) => ({ ...packet, time: packet.time + BigInt(i) * 7n + 1n }));
    for (const [name, nanoseconds] of [
      ['nano.pcap', true],
      ['micro.pcap', false],
    ] as const) {
      const path = scratch.write(pcap(odd, { nanoseconds }), name);
      const slice = join(scratch.folder, 'time.pcap');
      await explained(path, null, slice);
      assert.deepEqual((await readBack(slice)).packets, (await readBack(path)).packets);
    }
  });

  test('packets of several link types stay what they are', async () => {
    const [syn, synAck, ack] = talk().open().packets;
    const raw = (packet: typeof syn) => ({
      time: packet?.time ?? 0n,
      frame: packet?.frame.subarray(14) ?? new Uint8Array(),
    });
    const file = pcapng([
      sectionBlock(),
      interfaceBlock(101, { resolution: 9 }),
      interfaceBlock(1, { resolution: 9 }),
      packetBlock(1, syn?.time ?? 0n, syn as NonNullable<typeof syn>),
      packetBlock(0, synAck?.time ?? 0n, raw(synAck)),
      packetBlock(1, ack?.time ?? 0n, ack as NonNullable<typeof ack>),
    ]);
    const path = scratch.write(file, 'links.pcapng');
    const slice = join(scratch.folder, 'links.pcap');
    await explained(path, null, slice);
    const without = (packets: Awaited<ReturnType<typeof readBack>>['packets']) =>
      packets.map(({ time, frame, wire, linkType }) => ({ time, frame, wire, linkType }));
    assert.deepEqual(without((await readBack(slice)).packets), without((await readBack(path)).packets));
    assert.equal(await checkAll(path, 1), 1);
  });

  test('a name that ends in pcapng makes a pcapng file', async () => {
    const path = scratch.write(pcap(talk().open().packets), 'plain.pcap');
    const slice = join(scratch.folder, 'plain.pcapng');
    await explained(path, null, slice);
    const { packets } = await readBack(slice);
    assert.deepEqual(packets, (await readBack(path)).packets);
  });
});

describe('the names that Wireshark knows', { skip: hasTshark ? false : 'tshark is not installed' }, () => {
  const tshark = (path: string, filter: string) =>
    spawnSync('tshark', ['-r', path, '-Y', filter, '-T', 'fields', '-e', 'frame.number', '-e', 'tcp.stream'], {
      encoding: 'utf8',
    })
      .stdout.trim()
      .split('\n')
      .map((line) => line.split('\t').map(Number));

  const packets = together(
    talk({ client: '10.0.0.1:40000' })
      .open()
      .exchange()
      .close('client')
      .wait(1)
      .again(5000, 70000)
      .open()
      .rst('server'),
    talk({ client: '10.0.0.3:40000', start: 1_700_000_000.5 }).syn().refuse(),
    talk({ start: 1_700_000_000.7, client: '[2001:db8::1]:40000', server: '[2001:db8::2]:443', vlans: [7] })
      .open()
      .exchange()
      .close('server'),
    // IPv4 addresses in IPv6 headers: ::ffff:10.0.0.5 to ::ffff:10.0.0.2, and to an address of IPv6 alone.
    talk({ start: 1_700_000_000.8, client: '[::ffff:a00:5]:40000', server: '[::ffff:a00:2]:443' }).open().exchange(),
    talk({ start: 1_700_000_000.9, client: '[::ffff:a00:6]:40000', server: '[2001:db8::2]:443' }).open().exchange()
  );

  test('the display filter shows the packets of the connection and no others, and streams have their numbers', async () => {
    const path = scratch.write(pcap(packets, { nanoseconds: true }), 'shark.pcap');
    const all = await connectionsOfFile(path);
    assert.equal(all.length, 6);
    for (const { id, tuple } of all) {
      const explanation = await explained(path, id);
      const shown = tshark(path, explanation.displayFilter);
      assert.equal(shown.length, Number(explanation.facts['packets.clt']) + Number(explanation.facts['packets.srv']));
      assert.deepEqual(
        shown,
        stepsOf(explanation).map(({ packet }) => [packet.number, explanation.stream]),
        tuple
      );
      const byStream = await explained(path, `tcp.stream eq ${explanation.stream}`);
      assert.deepEqual(byStream.facts, explanation.facts);
    }
  });

  test('so it does where packets of ports that are used again were captured out of order', async () => {
    const used = talk().open().exchange().close('client').wait(100).again(5000, 70000);
    const before = used.packets.length;
    const [syn, synAck, ...rest] = used.open().exchange().close('client').packets.slice(before) as [Packet, Packet];
    const path = scratch.write(pcap([...used.packets.slice(0, before), synAck, syn, ...rest]), 'disorder.pcap');
    for (const { id, tuple } of await connectionsOfFile(path)) {
      const explanation = await explained(path, id);
      assert.deepEqual(
        tshark(path, explanation.displayFilter).map(([number]) => number),
        stepsOf(explanation).map(({ packet }) => packet.number),
        tuple
      );
    }
  });
});
