/**
 * What it costs to remember the last packets: the same capture through the pipeline with and without, each time in a process
 * of its own (code for one pipeline in a thread is faster than for several), interleaved, user CPU time. Run it bundled,
 * because enums are numbers only then:
 * `npx esbuild test/bench/recent-packets.ts --bundle --platform=node --format=esm --packages=external --outfile=FILE.mjs`
 * and `node FILE.mjs capture.pcap [rounds]`.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { PacketBatch } from '../../analyzer/src/capture/packet-batch.js';
import { PcapReader, pcapVariant } from '../../analyzer/src/capture/pcap.js';
import { Pipeline } from '../../analyzer/src/pipeline/pipeline.js';
import { defaultRecent } from '../../analyzer/src/pipeline/recent-packets.js';

interface Measured {
  /** Nanoseconds of user CPU a packet. */
  readonly nanos: number;
  /** Connections that kept packets. */
  readonly kept: number;
}

function run(file: string, packets: number): Measured {
  const bytes = readFileSync(file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let kept = 0;
  const pipeline = new Pipeline(
    (batch) => {
      kept += batch.kind === 'connections' ? (batch.packets?.size ?? 0) : 0;
    },
    {},
    { ...defaultRecent, packets }
  );
  const reader = new PcapReader(pcapVariant(view.getUint32(0))!);
  Object.assign(reader, { bytes, view, end: bytes.length });
  const batch = new PacketBatch();
  // The first half warms up: code is compiled, memory is touched for the first time.
  let before = process.cpuUsage();
  let skipped = 0;
  do {
    batch.length = 0;
    reader.fill(batch);
    pipeline.batch(batch);
    if (skipped === 0 && reader.position > bytes.length / 2) {
      skipped = pipeline.counts().read;
      before = process.cpuUsage();
    }
  } while (batch.length > 0);
  const { user } = process.cpuUsage(before);
  pipeline.finish();
  return { nanos: (user * 1000) / (pipeline.counts().read - skipped), kept };
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] as number;

function compare(file: string, rounds: number): void {
  const sizes = [0, defaultRecent.packets, 1 << 20];
  const measured = sizes.map(() => [] as Measured[]);
  for (let round = 0; round < rounds; round++) {
    sizes.forEach((size, i) => {
      const script = process.argv[1] as string;
      const out = execFileSync(process.execPath, [script, file, 'once', String(size)], { encoding: 'utf8' });
      measured[i]?.push(JSON.parse(out) as Measured);
    });
  }
  sizes.forEach((size, i) => {
    const all = measured[i] ?? [];
    const nanos = median(all.map((one) => one.nanos)).toFixed(1);
    console.log(
      `${String(size).padStart(8)} packets remembered: ${nanos} ns a packet, ${all[0]?.kept} connections kept theirs`
    );
  });
}

const [file, rounds = '9', size] = process.argv.slice(2);
if (file === undefined) {
  throw new Error('name a capture file');
}
if (rounds === 'once') {
  console.log(JSON.stringify(run(file, Number(size))));
} else {
  compare(file, Number(rounds));
}
