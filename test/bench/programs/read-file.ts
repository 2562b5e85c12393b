import { createInterface } from 'node:readline';
import { CaptureFile } from '../../../analyzer/src/capture/capture-file.js';
import { readFiles } from '../../../analyzer/src/capture/read-files.js';
import { windowCounters, type Batch } from '../../../analyzer/src/flow/index.js';
import { Pipeline } from '../../../analyzer/src/pipeline/pipeline.js';

/** What one reading of the file has cost and given. */
export interface Reading {
  /** Seconds of CPU of all threads of the process, from the first byte to the last closed window. */
  readonly cpu: number;
  readonly packets: number;
  readonly connections: number;
  /** Each window by its first second: its rows, and the sums of their counters. */
  readonly windows: Record<string, { rows: number; sums: Record<string, number> }>;
}

/** Rows are kept and added up after the clock has stopped. */
async function read(path: string): Promise<Reading> {
  const batches: Batch[] = [];
  const file = await CaptureFile.open(path);
  const pipeline = new Pipeline((batch) => void batches.push(batch));
  const start = process.cpuUsage();
  await readFiles([file], pipeline);
  pipeline.finish();
  const { user, system } = process.cpuUsage(start);
  file.close();
  const windows: Reading['windows'] = {};
  let connections = 0;
  for (const batch of batches) {
    if (batch.kind === 'connections') {
      connections += batch.rows;
      continue;
    }
    const window = (windows[batch.window] ??= { rows: 0, sums: {} });
    window.rows += batch.rows;
    windowCounters.forEach(({ name }, i) => {
      const column = batch.counters[i]!;
      let sum = window.sums[name] ?? 0;
      for (let row = 0; row < batch.rows; row++) {
        sum += column[row]!;
      }
      window.sums[name] = sum;
    });
  }
  return { cpu: (user + system) / 1e6, packets: pipeline.counts().read, connections, windows };
}

// Each line of standard input is a file to read; the answer is a line too. So the one who asks can measure others between.
for await (const path of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await read(path)));
}
