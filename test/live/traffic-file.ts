import { spawn, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { inRepository } from '../plugin-host/paths.js';

const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const generator = inRepository('test/traffic/generate.ts');
const from = '2026-01-01T00:00:00Z';

/** Where the packets of generated traffic are in time, with room on both sides. */
export const generatedRange = { from: Date.parse(from) - 3_600_000, to: Date.parse(from) + 24 * 3_600_000 };

const argumentsFor = (packets: number, file: string) => [
  ...['--import', loader, generator, '--from', from],
  ...['--packets', String(packets), '-o', file],
];

/** Writes a file of traffic; the same packets for the same number. */
export function generate(packets: number, file: string): void {
  const { status, stderr } = spawnSync(process.execPath, argumentsFor(packets, file), { encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(stderr);
  }
}

/** A program that writes the same to its standard output. */
export function generating(packets: number) {
  return spawn(process.execPath, argumentsFor(packets, '-'), { stdio: ['ignore', 'pipe', 'inherit'] });
}
