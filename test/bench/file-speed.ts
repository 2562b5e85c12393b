import { readFileSync } from 'node:fs';
import type { Reading } from './programs/read-file.js';
import { Conversation, cpuOf, isInstalled, median, onOneCore, program } from './run.js';
import { makeLoop, makeTraffic, type Traffic } from './traffic.js';

/** Bytes kept of a packet: all headers. */
const SNAP = 128;
/** Flows that softflowd may hold: all of them, so that it forgets none early. */
const SOFTFLOWD = ['-m', '1000000'];

const TARGETS = { loop: 0.5, softflowd: 3 };

/** CPU seconds of one round, in which everybody reads the file once. */
interface Round {
  readonly first: number;
  readonly again: number;
  readonly loop: number;
  readonly softflowd: number | null;
}

/** File to closed windows, on one core, against a loop that only reads and against softflowd. Returns false on wrong rows. */
export async function fileSpeed(packets: number, rounds: number, folder: string): Promise<boolean> {
  const traffic = makeTraffic(packets, SNAP, folder);
  const loop = makeLoop(folder, program('read-loop'));
  const softflowd = isInstalled('softflowd');
  console.log(`File to closed windows: ${packets.toLocaleString('en')} packets of ${traffic.name}`);
  console.log(`  ${rounds} interleaved rounds, CPU time of one core, warm cache, medians`);
  readFileSync(traffic.file); // into the system's cache
  const measured: Round[] = [];
  let right = true;
  for (let round = 0; round < rounds; round++) {
    const reader = new Conversation(...onOneCore(process.execPath, [program('read-file')]));
    try {
      const first = JSON.parse(await reader.ask(traffic.file)) as Reading;
      const loopCpu = cpuOf(loop.command, [...loop.args, traffic.file]);
      const again = JSON.parse(await reader.ask(traffic.file)) as Reading;
      const softflowdCpu = softflowd ? cpuOf('softflowd', ['-r', traffic.file, ...SOFTFLOWD]) : null;
      measured.push({ first: first.cpu, again: again.cpu, loop: loopCpu, softflowd: softflowdCpu });
      if (round === 0) {
        right = check(traffic, first);
      }
    } finally {
      reader.stop();
    }
  }
  print(loop.name, measured);
  return right;
}

/** Compares the rows with what is known of the traffic, and says what came of it. */
function check({ packets, truth }: Traffic, reading: Reading): boolean {
  const all = Object.values(reading.windows);
  const wrong: string[] = [];
  if (reading.packets !== packets) {
    wrong.push(`${reading.packets} packets read instead of ${packets}`);
  }
  for (const { window, sums } of truth) {
    const rows = window === null ? all : [reading.windows[window]].flatMap((found) => found ?? []);
    for (const [name, expected] of Object.entries(sums)) {
      const found = rows.reduce((sum, row) => sum + counted(row.sums, name), 0);
      if (found !== expected) {
        wrong.push(
          `${name} ${window === null ? 'in all' : `in the window ${window}`}: ${found} instead of ${expected}`
        );
      }
    }
  }
  const rows = all.reduce((sum, window) => sum + window.rows, 0);
  const produced = `${rows.toLocaleString('en')} rows of ${all.length} windows, ${reading.connections.toLocaleString('en')} connections`;
  const checked = truth.reduce((sum, { sums }) => sum + Object.keys(sums).length, 0);
  const verdict = wrong.length === 0 ? 'all as the generator counted' : `WRONG: ${wrong.join('; ')}`;
  console.log(`  rows: ${produced}; ${checked} sums of their counters compared, ${verdict}`);
  return wrong.length === 0;
}

/** A counter, or the sum of those of both sides. */
function counted(sums: Readonly<Record<string, number>>, name: string): number {
  if (name === 'packets' || name === 'bytes') {
    return (sums[`${name}.clt`] ?? 0) + (sums[`${name}.srv`] ?? 0);
  }
  return sums[name] ?? (sums[`${name}.count.clt`] ?? 0) + (sums[`${name}.count.srv`] ?? 0);
}

function print(loop: string, rounds: readonly Round[]): void {
  const ratio = (of: (round: Round) => number) => median(rounds.map(of)).toFixed(2);
  console.log(`  against ${loop}: target >= ${TARGETS.loop}`);
  console.log(`    reached ${ratio((r) => r.loop / r.again)} by a process that has read before`);
  console.log(`    reached ${ratio((r) => r.loop / r.first)} by a new process, compiling included`);
  if (rounds[0]?.softflowd === null) {
    console.log('  against softflowd: skipped, it is not installed');
    return;
  }
  console.log(`  against softflowd: target >= ${TARGETS.softflowd}`);
  console.log(`    reached ${ratio((r) => r.softflowd! / r.again)} by a process that has read before`);
  console.log(`    reached ${ratio((r) => r.softflowd! / r.first)} by a new process, compiling included`);
}
