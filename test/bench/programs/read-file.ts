import { createInterface } from 'node:readline';
import { CaptureFile } from '../../../analyzer/src/capture/capture-file.js';
import { Pkt, type PacketSink } from '../../../analyzer/src/capture/packet-batch.js';
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

/** Seconds that each further reading lies behind the one before. */
const DAY = 86_400;

let batches: Batch[] = [];
/**
 * One for the life of the process, as every worker of the analyzer has one: the engine compiles its code for this one
 * pipeline, and would compile it less well for a second.
 */
const pipeline = new Pipeline((batch) => void batches.push(batch));
let readings = 0;

/** Hands packets on; those of further readings are moved to another day, so that time goes on. */
const sink: PacketSink = {
  batch(batch) {
    if (readings > 0) {
      for (let word: number = Pkt.Seconds; word < batch.length * Pkt.Words; word += Pkt.Words) {
        batch.words[word]! += readings * DAY;
      }
    }
    pipeline.batch(batch);
  },
};

/** Rows are kept and added up after the clock has stopped. */
async function read(path: string): Promise<Reading> {
  const file = await CaptureFile.open(path);
  const before = pipeline.counts().read;
  const start = process.cpuUsage();
  await readFiles([file], sink);
  pipeline.finish();
  const { user, system } = process.cpuUsage(start);
  file.close();
  readings++;
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
  batches = [];
  return { cpu: (user + system) / 1e6, packets: pipeline.counts().read - before, connections, windows };
}

// Each line of standard input is a file to read; the answer is a line too. So the one who asks can measure others between.
for await (const path of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await read(path)));
}
