/**
 * Captures until its standard input ends, and prints what each worker saw and all connections, as JSON:
 * capture-rows.ts WORKERS INTERFACE…
 */
import { once } from 'node:events';
import { createEnrichment, enrichConfigSchema } from '../../analyzer/src/enrich/index.js';
import { LiveCapture } from '../../analyzer/src/pipeline/index.js';
import { Collector, connectionJson, makeReport } from '../../analyzer/src/report/index.js';

export interface CaptureRows {
  /** TCP packets that each worker saw, by interface. */
  readonly tcp: Readonly<Record<string, readonly number[]>>;
  readonly connections: ReadonlyArray<Readonly<Record<string, unknown>>>;
}

const [workers, ...interfaces] = process.argv.slice(2);
const collector = new Collector(createEnrichment(enrichConfigSchema.parse({})));
const captures: LiveCapture[] = [];
for (const interfaceName of interfaces) {
  const capture = await LiveCapture.start(
    {
      interfaceName,
      workers: Number(workers),
      filter: 'default',
      snap: 256,
      ringBytes: 8 << 20,
      promiscuous: true,
      maxConnections: 4096,
      serverPorts: [],
      dedup: 'off',
      separateVlans: false,
    },
    {
      onBatch: (batch) => {
        // The batch goes back to the worker when it is taken; the report keeps what it is given.
        collector.add(structuredClone(batch));
        return Promise.resolve();
      },
      onFailed: (error) => {
        throw error;
      },
    }
  );
  captures.push(capture);
}
process.stderr.write('capturing\n');
process.stdin.resume();
await once(process.stdin, 'end');
await Promise.all(captures.map((capture) => capture.stop()));
const counts = captures.flatMap((capture) => capture.status().map(({ packets }) => packets));
const report = makeReport(counts[0]!, collector, null);
const rows: CaptureRows = {
  tcp: Object.fromEntries(
    captures.map((capture) => [capture.options.interfaceName, capture.status().map(({ packets }) => packets.tcp)])
  ),
  connections: report.connections.map(connectionJson),
};
process.stdout.write(JSON.stringify(rows));
