import { readdirSync, readFileSync } from 'node:fs';
import { pcap, type Packet } from '../traffic/capture-file.js';
import type { Truth } from './bench.js';
import type { Specimen } from './laboratory.js';

const folder = new URL('./captures/', import.meta.url);

/** Names of the captures that are kept, "scenario-family". */
export const specimenNames: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith('.pcap'))
  .map((name) => name.slice(0, -'.pcap'.length))
  .sort();

export function specimen(name: string): Pick<Specimen, 'scenario' | 'family' | 'vantage' | 'finding' | 'file'> & {
  readonly truths: readonly Truth[];
} {
  const truth = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Omit<Specimen, 'file'>;
  return { ...truth, file: new Uint8Array(readFileSync(new URL(`${name}.pcap`, folder))) };
}

/** The same capture without the packets that `keep` does not want, as from a worse place. */
export function thinned(file: Uint8Array, keep: (packet: Uint8Array, number: number) => boolean): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const linkType = view.getUint32(20, true);
  const packets: Packet[] = [];
  for (let at = 24, number = 0; at < file.length; number++) {
    const captured = view.getUint32(at + 8, true);
    const time = BigInt(view.getUint32(at, true)) * 1_000_000_000n + BigInt(view.getUint32(at + 4, true));
    const frame = file.subarray(at + 16, at + 16 + captured);
    if (keep(frame.subarray(linkType === 1 ? 14 : 0), number)) {
      packets.push({ time, frame, wire: view.getUint32(at + 12, true) });
    }
    at += 16 + captured;
  }
  return pcap(packets, { nanoseconds: true, linkType });
}
