import { parseArgs } from 'node:util';
import { fuzzFiles } from './capture-files.js';
import { fuzzPackets } from './packets.js';

/**
 * Long runs of the fuzzers: node --import tsx test/fuzz/run.ts --packets 10000000 --files 100000 [--seed N]
 * Ends with status 1 at the first failure and prints what repeats it. Memory that grows without bound is a failure, too.
 */
const { values } = parseArgs({
  options: {
    packets: { type: 'string', default: '10000000' },
    files: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() & 0x7fffffff) },
  },
});
const seed = Number(values.seed);

/** Bytes by which memory may grow from the first tenth of a run to its end. */
const MOST_GROWTH = 256 << 20;

/** Watches the memory of a run. */
function memoryWatch(count: number): { onProgress(done: number): void; growth(): number } {
  let base = 0;
  const now = () => process.memoryUsage().rss;
  return {
    onProgress(done) {
      if (base === 0 && done >= count / 10) {
        base = now();
      }
    },
    growth: () => (base === 0 ? 0 : now() - base),
  };
}

async function run(name: string, count: number, fuzz: (onProgress: (done: number) => void) => unknown): Promise<void> {
  const memory = memoryWatch(count);
  const started = performance.now();
  const result = await fuzz((done) => memory.onProgress(done));
  const seconds = (performance.now() - started) / 1000;
  const growth = memory.growth();
  console.log(`${name}, seed ${seed}: ${JSON.stringify(result)}`);
  console.log(`  ${seconds.toFixed(1)} s, memory grew by ${(growth / (1 << 20)).toFixed(1)} MiB`);
  if (growth > MOST_GROWTH) {
    throw new Error(`${name}: memory grew by ${growth} bytes`);
  }
}

const packets = Number(values.packets);
const files = Number(values.files);
await run('packets', packets, (onProgress) => fuzzPackets(packets, seed, onProgress));
await run('files', files, (onProgress) => fuzzFiles(files, seed, onProgress));
