import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pcap, type Packet } from '../traffic/capture-file.js';
import { blocks } from './address.js';
import type { Vantage } from './bench.js';
import { Link } from './link.js';
import type { World } from './world.js';

/** Bytes kept of a packet: all headers, no payload worth speaking of. */
export const snap = 128;

/** What was captured at one place, by the instance that it belongs to. */
export interface Captured {
  readonly linkType: number;
  readonly packets: ReadonlyMap<number, readonly Packet[]>;
}

/** Captures at all three places for as long as the scenarios run. */
export class Captures {
  private constructor(
    private readonly folder: string,
    private readonly processes: ReadonlyMap<Vantage, ChildProcess>
  ) {}

  static async start(world: World, folder: string): Promise<Captures> {
    const places = [
      ['client', world.client, 'uplink'],
      ['line', world.near, Link.device],
      ['server', world.server, 'uplink'],
    ] as const;
    const processes = new Map<Vantage, ChildProcess>();
    for (const [vantage, host, device] of places) {
      const file = join(folder, `${vantage}.pcap`);
      const words = ['-i', device, '-p', '-n', '-U', '-Z', 'root', '-s', `${snap}`, '-B', '65536'];
      const child = await host.within(() =>
        spawn('tcpdump', [...words, '--time-stamp-precision=nano', '-w', file, 'tcp or icmp or icmp6'], {
          stdio: ['ignore', 'ignore', 'pipe'],
        })
      );
      await new Promise<void>((resolve, reject) => {
        child.once('error', reject);
        child.stderr.on('data', (text: Buffer) => {
          if (text.includes('listening')) {
            resolve();
          }
        });
      });
      processes.set(vantage, child);
    }
    return new Captures(folder, processes);
  }

  /** Ends the captures; what was captured where. */
  async stop(): Promise<ReadonlyMap<Vantage, Captured>> {
    const found = new Map<Vantage, Captured>();
    for (const [vantage, child] of this.processes) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      await ended;
      found.set(vantage, split(readFileSync(join(this.folder, `${vantage}.pcap`))));
    }
    return found;
  }
}

/** Takes a capture file of tcpdump (this machine's byte order, nanoseconds) apart by instance. */
function split(file: Buffer): Captured {
  const linkType = file.readUInt32LE(20);
  const packets = new Map<number, Packet[]>();
  for (let at = 24; at + 16 <= file.length;) {
    const captured = file.readUInt32LE(at + 8);
    if (at + 16 + captured > file.length) {
      break;
    }
    const frame = file.subarray(at + 16, at + 16 + captured);
    const time = BigInt(file.readUInt32LE(at)) * 1_000_000_000n + BigInt(file.readUInt32LE(at + 4));
    const instance = instanceOf(frame.subarray(linkType === 1 ? 14 : 0));
    if (instance !== null) {
      const list = packets.get(instance) ?? [];
      list.push({ time, frame: Uint8Array.from(frame), wire: file.readUInt32LE(at + 12) });
      packets.set(instance, list);
    }
    at += 16 + captured;
  }
  return { linkType, packets };
}

/** Number of the instance: the end of its client's address, at whichever side of the packet that is. */
function instanceOf(packet: Buffer): number | null {
  if (packet.length < 40) {
    return null;
  }
  const clients: readonly number[] = [blocks.client, blocks.mute];
  if (packet.readUInt8(0) >> 4 === 4) {
    for (const at of [12, 16]) {
      if (packet.readUInt8(at) === 10 && clients.includes(packet.readUInt8(at + 1))) {
        return packet.readUInt16BE(at + 2);
      }
    }
    return null;
  }
  for (const at of [8, 24]) {
    // The block's number is written in hexadecimal behind "fd", so that both families read alike.
    if (packet.readUInt8(at) === 0xfd && clients.includes(packet.readUInt8(at + 1))) {
      return packet.readUInt16BE(at + 14);
    }
  }
  return null;
}

/** The file that a capture program at that place would have written of the instance, up to a moment. */
export function fileOf(captured: Captured, instance: number, until: bigint): Uint8Array {
  const packets = (captured.packets.get(instance) ?? []).filter(({ time }) => time <= until);
  return pcap(packets, { nanoseconds: true, linkType: captured.linkType, snap });
}
