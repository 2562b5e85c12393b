import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { cannotMakeHosts, TwoHosts } from '../live/two-hosts.js';
import type { Captured } from './programs/capture-ring.js';
import { Conversation, isInstalled, program } from './run.js';
import { makeTraffic } from './traffic.js';

const RING_MIB = 64;
const SNAP = 128;
/** Packets in the file that is played; small enough to lie in memory. */
const PACKETS = 500_000;
/** Rings' worth of packets to send, at least. */
const TURNS = 20;
/** What the ring holds of a packet besides its bytes: its header and the alignment (tpacket3_hdr, sockaddr_ll), bytes. */
const OVERHEAD = 80;

/** Plays packets into the ring as fast as they go, between two network namespaces, and says what was lost. */
export async function liveRing(folder: string): Promise<void> {
  console.log(`Live: tcpreplay at full speed over a cable between two namespaces, ring of ${RING_MIB} MiB`);
  const reason = cannotMakeHosts() || (isInstalled('tcpreplay') ? false : 'tcpreplay is not installed');
  if (reason !== false) {
    console.log(`  skipped: ${reason}`);
    return;
  }
  const traffic = makeTraffic(PACKETS, SNAP, folder);
  const held = statSync(traffic.file).size + PACKETS * (OVERHEAD - 16);
  const loops = Math.ceil((TURNS * RING_MIB * 2 ** 20) / held);
  const hosts = new TwoHosts();
  try {
    quiet(hosts);
    const args = ['netns', 'exec', hosts.server, process.execPath, program('capture-ring')];
    const capture = new Conversation('ip', [...args, hosts.serverInterface, String(RING_MIB), String(SNAP)]);
    await capture.line();
    const replay = ['-t', '-K', '-q', '-l', String(loops), '-i', 'wire0', traffic.file];
    const output = await play(hosts, replay);
    const [sent, perSecond] = sentBy(output);
    const captured = JSON.parse(await capture.end()) as Captured;
    const turns = ((sent / PACKETS) * held) / (RING_MIB * 2 ** 20);
    const number = (value: number) => value.toLocaleString('en');
    console.log(`  sent ${number(sent)} packets (${number(perSecond)} a second, ${turns.toFixed(1)} rings full)`);
    console.log(`  captured ${number(captured.read)}, kernel drops ${number(captured.dropped)} (target 0)`);
    console.log(`  highest fill ${captured.highestFill} of ${captured.blocks} blocks, freezes ${captured.freezes}`);
    console.log(`  ratio captured / sent: ${(captured.read / sent).toFixed(6)}`);
  } finally {
    hosts.remove();
  }
}

/** No packets but those that are played: neither neighbour discovery nor multicast reports. */
function quiet(hosts: TwoHosts): void {
  for (const [host, name] of [
    [hosts.client, 'wire0'],
    [hosts.server, hosts.serverInterface],
  ] as const) {
    spawnSync('ip', ['-n', host, 'link', 'set', name, 'arp', 'off', 'multicast', 'off', 'addrgenmode', 'none']);
    spawnSync('ip', ['-n', host, 'address', 'flush', 'dev', name]);
  }
}

/** Runs tcpreplay on the client's host, however long it takes; what it says. */
async function play(hosts: TwoHosts, args: readonly string[]): Promise<string> {
  const child = hosts.start(hosts.client, 'tcpreplay', args);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  }
  await once(child, 'close');
  return output;
}

/** Packets that tcpreplay has sent, and how many a second. */
function sentBy(output: string): [number, number] {
  const sent = /Actual: (\d+) packets/.exec(output);
  const rate = /([\d.]+) pps/.exec(output);
  if (sent === null) {
    throw new Error(`tcpreplay does not say what it sent:\n${output}`);
  }
  return [Number(sent[1]), Math.round(Number(rate?.[1] ?? 0))];
}
