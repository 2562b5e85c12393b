import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { missing, shared } from '../conformance/shared.js';
import { inRepository } from '../plugin-host/paths.js';

/** A capture and what is known of it. */
export interface Traffic {
  /** What made it, for the reader of the results. */
  readonly name: string;
  readonly file: string;
  readonly packets: number;
  /** Sums that the counters of the windows must come to, by the first second of each window; null for all windows. */
  readonly truth: ReadonlyArray<{ readonly window: number | null; readonly sums: Readonly<Record<string, number>> }>;
}

/** The reference loop: a command that reads a capture and does nothing with it. */
export interface Loop {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

const hasCompiler = spawnSync('cc', ['--version']).status === 0;

/** Compiles a tool that lies beside the repository; null when it, the compiler or a library is missing. */
function compile(name: string, libraries: readonly string[], folder: string): string | null {
  if (!hasCompiler || missing(`tools/${name}.c`) !== false) {
    return null;
  }
  const made = join(folder, name);
  const { status } = spawnSync('cc', ['-O2', '-o', made, `${shared}tools/${name}.c`, ...libraries]);
  return status === 0 ? made : null;
}

export function makeLoop(folder: string, own: string): Loop {
  const made = compile('libpcap-loop', ['-lpcap'], folder);
  return made === null
    ? { name: 'a loop of our own over the packets (no libpcap-loop here)', command: process.execPath, args: [own] }
    : { name: 'libpcap-loop', command: made, args: [] };
}

/** Counters of the truth file's series, second by second, and ours: client, server and unknown side together. */
const SERIES: Readonly<Record<string, readonly string[]>> = {
  packets: ['tcp'],
  'syn.count': ['syn'],
  'synack.count': ['synack'],
  fin: ['fin_client', 'fin_server', 'fin_unknown'],
  rst: ['rst_client', 'rst_server', 'rst_unknown'],
};
const WINDOW = 10;

interface GeneratorTruth {
  readonly totals: Record<string, number>;
  readonly series_columns: readonly string[];
  readonly series: ReadonlyArray<readonly number[]>;
}

/**
 * Realistic traffic, kept in the folder for the next run.
 * @param snap bytes kept of a packet
 */
export function makeTraffic(packets: number, snap: number, folder: string): Traffic {
  mkdirSync(folder, { recursive: true });
  const generator = compile('gen_pcap', ['-lm'], folder);
  return generator === null ? ourTraffic(packets, snap, folder) : generated(generator, packets, snap, folder);
}

function generated(generator: string, packets: number, snap: number, folder: string): Traffic {
  const file = join(folder, `generated-${packets}-${snap}.pcap`);
  const truthFile = `${file}.json`;
  if (!existsSync(truthFile)) {
    const args = ['-n', String(packets), '-S', String(snap), '-s', '77', '-o', file, '-t', truthFile];
    execFileSync(generator, args, { stdio: 'ignore' });
  }
  const { totals, series, series_columns: columns } = JSON.parse(readFileSync(truthFile, 'utf8')) as GeneratorTruth;
  const windows = new Map<number, Record<string, number>>();
  for (const second of series) {
    const start = Math.floor(second[0]! / WINDOW) * WINDOW;
    const sums = windows.get(start) ?? Object.fromEntries(Object.keys(SERIES).map((name) => [name, 0]));
    windows.set(start, sums);
    for (const [name, parts] of Object.entries(SERIES)) {
      sums[name]! += parts.reduce((sum, part) => sum + second[columns.indexOf(part)]!, 0);
    }
  }
  const all = {
    'syn.count': totals.syn!,
    'synack.count': totals.synack!,
    fin: totals.fin!,
    rst: totals.rst!,
    packets: totals.tcp!,
    bytes: totals.payload_bytes!,
  };
  const truth = [{ window: null, sums: all }, ...[...windows].map(([window, sums]) => ({ window, sums }))];
  return { name: 'gen_pcap', file, packets, truth };
}

/** What a user's clone has: the scenario of test/traffic. */
function ourTraffic(packets: number, snap: number, folder: string): Traffic {
  const file = join(folder, `company-${packets}-${snap}.pcap`);
  const truthFile = `${file}.json`;
  if (!existsSync(truthFile)) {
    const options = ['--packets', packets, '--snap', snap, '--rate', 20_000, '--from', '2026-01-05T09:00:00Z'].map(
      String
    );
    const script = inRepository('test/traffic/generate.ts');
    execFileSync(process.execPath, ['--import', 'tsx', script, ...options, '-o', file, '--truth', truthFile]);
  }
  const { totals } = JSON.parse(readFileSync(truthFile, 'utf8')) as { totals: Record<string, number> };
  const sums = {
    'syn.count': totals['syn.count']!,
    'synack.count': totals['synack.count']!,
    fin: totals['fin.count.clt']! + totals['fin.count.srv']!,
    rst: totals['rst.count.clt']! + totals['rst.count.srv']!,
  };
  return {
    name: 'the generator of test/traffic (no gen_pcap here, or it does not compile)',
    file,
    packets,
    truth: [{ window: null, sums }],
  };
}
