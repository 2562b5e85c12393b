import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Family } from './address.js';
import { Bench, type Scenario, type Truth, type Vantage } from './bench.js';
import { Captures, fileOf } from './capture.js';
import { Random } from './random.js';
import { World } from './world.js';

export interface Plan {
  readonly scenarios: readonly Scenario[];
  readonly families: readonly Family[];
  readonly repeats: number;
  readonly seed: number;
  /** Instances that run at the same time. */
  readonly together: number;
  /** Called when an instance is done. */
  onProgress(done: number, of: number): void;
}

/** One instance of a scenario: what was captured, and what is true. */
export interface Specimen {
  readonly scenario: string;
  readonly family: Family;
  readonly repeat: number;
  readonly vantage: Vantage;
  readonly truths: readonly Truth[];
  readonly finding: string | null;
  /** A pcap file. */
  readonly file: Uint8Array;
}

export interface Yield {
  readonly specimens: readonly Specimen[];
  /** Instances that did not come about, and why. */
  readonly failures: readonly string[];
}

/** Longest that an instance may take, milliseconds. */
const LONGEST = 20_000;

const everywhere: readonly Vantage[] = ['client', 'line', 'server'];

/** Makes every planned closing on real sockets and captures it. Needs to be root. */
export async function work(plan: Plan): Promise<Yield> {
  const run = `${process.pid}`;
  const folder = mkdtempSync(join(tmpdir(), 'tcpscope-lab-'));
  const world = await World.build(run, new Random(plan.seed, 'world'));
  try {
    const captures = await Captures.start(world, folder);
    const made: Array<Omit<Specimen, 'file'> & { instance: number; until: bigint }> = [];
    const failures: string[] = [];
    const jobs = jobsOf(plan);
    let next = 0;
    let done = 0;
    const worker = async (): Promise<void> => {
      while (next < jobs.length) {
        const instance = next++;
        const { scenario, family, repeat } = jobs[instance] as Job;
        const random = new Random(plan.seed, scenario.name, family, repeat);
        const vantage = random.pick(scenario.vantages ?? everywhere);
        const number = instance + 1;
        // Round trips from that of a rack to that of another continent; some lines lose packets.
        const micros = random.chance(0.15) ? random.int(40_000, 120_000) : random.spread(60, 40_000);
        const lossy = scenario.lossless !== true && random.chance(0.2);
        world.line.set(number, micros, lossy ? random.int(3, 20) : 0);
        const bench = new Bench(world, random, family, number, vantage);
        const settle = world.line.delayOf(number) * 3 + 120;
        try {
          await Promise.race([scenario.run(bench), tooLong()]);
          await bench.sleep(settle);
          const { truths } = bench;
          const finding = scenario.finding ?? null;
          const until = BigInt(Date.now()) * 1_000_000n;
          made.push({ scenario: scenario.name, family, repeat, vantage, truths, finding, instance: number, until });
        } catch (error) {
          failures.push(`${scenario.name}, IPv${family}, repeat ${repeat}: ${(error as Error).message}`);
        }
        bench.cleanUp();
        plan.onProgress(++done, jobs.length);
      }
    };
    await Promise.all(Array.from({ length: plan.together }, worker));
    // The kernel hands packets to tcpdump a block at a time, a second late at the most.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const captured = await captures.stop();
    const specimens = made.map(({ instance, until, ...rest }) => {
      const place = captured.get(rest.vantage);
      if (place === undefined) {
        throw new Error(`nothing was captured at the ${rest.vantage}`);
      }
      return { ...rest, file: fileOf(place, instance, until) };
    });
    return { specimens, failures };
  } finally {
    await world.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Rejects when an instance takes longer than any should. */
function tooLong(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`not done after ${LONGEST / 1000} s`)), LONGEST).unref();
  });
}

interface Job {
  readonly scenario: Scenario;
  readonly family: Family;
  readonly repeat: number;
}

/** All instances, shuffled so that those that only wait and those that work run at the same time. */
function jobsOf({ scenarios, families, repeats, seed }: Plan): Job[] {
  const jobs: Job[] = [];
  for (let repeat = 1; repeat <= repeats; repeat++) {
    for (const scenario of scenarios) {
      jobs.push(...families.map((family) => ({ scenario, family, repeat })));
    }
  }
  const random = new Random(seed, 'order');
  for (let i = jobs.length - 1; i > 0; i--) {
    const other = random.int(0, i);
    [jobs[i], jobs[other]] = [jobs[other] as Job, jobs[i] as Job];
  }
  return jobs;
}
