import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { inRepository } from '../plugin-host/paths.js';
import { analyze } from '../traffic/analyze.js';
import { pcap, type Packet } from '../traffic/capture-file.js';
import { bytes, concat, ip } from '../traffic/frame.js';
import { framed, udp } from '../traffic/layers.js';
import { talk, together } from '../traffic/talk.js';
import { pause } from './analyzer.js';
import type { CaptureRows } from './capture-rows.js';
import { cannotMakeHosts, TwoHosts } from './two-hosts.js';

const CONNECTIONS = 60;
/** Of these, attempts that an ICMP message forbids. */
const FORBIDDEN = 10;
/** Fields that depend on when a packet is captured. */
const timed = new Set([
  'id',
  'start',
  'end',
  'duration',
  'ct',
  'rtt.clt',
  'rtt.srv',
  'cause',
  'confidence',
  'evidence',
  'rival',
  'origin',
  'stage',
]);

/** Connections of many clients with one server; every third one is reset, every third one refused by RST or ICMP. */
function connections(wrap: (packet: Packet, fromClient: boolean, at: number) => Packet = (packet) => packet): Packet[] {
  const talks = Array.from({ length: CONNECTIONS }, (_, at) => {
    const wide = at % 2 === 1;
    const client = wide ? `[2001:db8::1:${at.toString(16)}]:${40_000 + at}` : `10.50.0.${at + 1}:${40_000 + at}`;
    const options = {
      client,
      server: wide ? '[2001:db8::2:1]:443' : '10.60.0.1:443',
      start: 1_700_000_000 + at / 1000,
    };
    const one = talk({ ...options, vlans: at % 4 === 0 ? [42] : [] });
    if (at % 3 === 0) {
      one.open().exchange().close('client');
    } else if (at % 3 === 1) {
      one.open().send('client', 100).rst('server');
    } else if (at % 12 >= 6) {
      one.syn().refuse();
    } else {
      one.syn().unreachable(wide ? 1 : 13, wide ? '2001:db8::fe' : '10.99.0.1');
    }
    const [first] = one.packets;
    const source = sourceOf(first!.frame);
    const packets = one.packets.map((packet) => wrap(packet, sourceOf(packet.frame) === source, at));
    return Object.assign(one, { packets });
  });
  return together(...talks);
}

/** Address and port of the sender, as text that is compared only. */
function sourceOf(frame: Uint8Array): string {
  const at = frame[12] === 0x81 ? 18 : 14;
  const wide = frame[at]! >> 4 === 6;
  return Buffer.from(wide ? frame.subarray(at + 8, at + 24) : frame.subarray(at + 12, at + 16)).toString('hex');
}

/** VXLAN between two of 16 hosts; as RFC 7348 section 5 wants it, the source port depends on the inner packet, and so on the direction. */
function tunnelled(packet: Packet, fromClient: boolean, at: number): Packet {
  const [near, far] = [`10.98.0.${(at % 16) + 1}`, `10.98.1.${(at % 16) + 1}`];
  const ends = fromClient ? { source: near, destination: far } : { source: far, destination: near };
  const header = bytes([1, 0x08], [1, 0], [2, 0], [4, 42 << 8]);
  const port = (fromClient ? 50_000 : 60_000) + at;
  return { ...packet, frame: framed(ip({ ...ends, protocol: 17 }, udp(4789, concat(header, packet.frame), port))) };
}

function untimed(rows: ReadonlyArray<Readonly<Record<string, unknown>>>): string[] {
  return rows
    .map((row) => JSON.stringify(Object.fromEntries(Object.entries(row).filter(([key]) => !timed.has(key)))))
    .sort();
}

const skip = cannotMakeHosts();

describe('workers that share an interface', { skip, concurrency: false }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tcpscope-workers-'));
  const program = inRepository('test/live/capture-rows.ts');
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  let hosts: TwoHosts;

  before(() => {
    hosts = new TwoHosts();
  });
  after(() => {
    hosts?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Captures packets that come over the cable. */
  async function capture(
    packets: readonly Packet[],
    workers: number,
    interfaces: readonly string[]
  ): Promise<CaptureRows> {
    const file = join(folder, 'packets.pcap');
    writeFileSync(file, pcap(packets));
    const arguments_ = ['--import', loader, program, String(workers), ...interfaces];
    const child = hosts.start(hosts.server, process.execPath, arguments_, {}, 'pipe');
    let out = '';
    let said = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (said += text));
    const closed = once(child, 'close');
    while (!said.includes('capturing') && child.exitCode === null) {
      await pause(50);
    }
    hosts.run(hosts.client, process.execPath, [inRepository('test/live/inject.mjs'), 'wire0', file]);
    child.stdin!.end();
    await closed;
    assert.equal(child.exitCode, 0, said);
    return JSON.parse(out) as CaptureRows;
  }

  for (const [what, packets] of [
    ['connections', connections()],
    ['connections in tunnels, whose outer ports differ by direction,', connections(tunnelled)],
  ] as const) {
    for (const workers of [1, 2, 3]) {
      test(`see whole ${what} and give the rows of a file: ${workers}`, async () => {
        const { tcp, connections: rows } = await capture(packets, workers, [hosts.serverInterface]);
        const seen = tcp[hosts.serverInterface]!;
        assert.equal(
          seen.reduce((sum, count) => sum + count, 0),
          packets.length - FORBIDDEN,
          'every segment was seen once'
        );
        assert.equal(seen.length, workers);
        assert(
          seen.every((count) => count > 0),
          `every worker had something to do: ${seen.join(', ')}`
        );
        assert.deepEqual(untimed(rows), untimed(analyze(packets).connections));
        const forbidden = rows.filter(({ cause }) => cause === 'rejected-on-path');
        assert.equal(forbidden.length, FORBIDDEN, 'messages came to the worker of the connection that they are about');
      });
    }
  }

  test('of two interfaces are two groups', async () => {
    const packets = connections();
    const { tcp, connections: rows } = await capture(packets, 2, ['lo', hosts.serverInterface]);
    assert.deepEqual(tcp['lo'], [0, 0]);
    assert.equal(rows.length, CONNECTIONS);
  });
});
