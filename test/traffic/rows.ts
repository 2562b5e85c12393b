import { PacketBatch } from '../../analyzer/src/capture/packet-batch.js';
import { PcapReader, pcapVariant } from '../../analyzer/src/capture/pcap.js';
import { createEnrichment, enrichConfigSchema } from '../../analyzer/src/enrich/index.js';
import { Row } from '../../analyzer/src/flow/layout.js';
import type { FlowTable } from '../../analyzer/src/flow/table.js';
import { Pipeline, type PacketCounts, type PipelineOptions } from '../../analyzer/src/pipeline/pipeline.js';
import { Collector, makeReport, reportJson } from '../../analyzer/src/report/index.js';

export interface RowsOptions {
  /** Packets in a batch, repeated: [1, 32] takes turns. */
  readonly batches?: readonly number[];
  /** Bytes that each read gives, repeated; the whole file at once by default. */
  readonly reads?: readonly number[];
  /** Workers that share the connections. */
  readonly workers?: number;
  readonly flow?: PipelineOptions;
  /** What every word of the flow table's rows holds before they are first used: 0, unless connections were there before. */
  readonly remains?: number;
}

export interface Rows {
  readonly packets: PacketCounts;
  /** The whole report as JSON text. */
  readonly report: string;
}

/** Made once: its caches take longer to make than a small file to read. */
const enrichment = createEnrichment(enrichConfigSchema.parse({}));
const small: PipelineOptions = { maxConnections: 1024, windowConnections: 1024 };

/** What a pcap file comes to when it is read in pieces of any size, by any number of workers in turn. */
export function rowsOf(file: Uint8Array, options: RowsOptions = {}): Rows {
  const collector = new Collector(enrichment);
  const workers = options.workers ?? 1;
  let packets: PacketCounts | null = null;
  for (let index = 0; index < workers; index++) {
    const part = { index, of: workers };
    const pipeline = new Pipeline((batch) => collector.add(batch), { ...small, ...options.flow, part });
    leave(options.remains ?? 0, pipeline['flow'].connections.table);
    feed(file, pipeline, options);
    pipeline.finish();
    packets ??= pipeline.counts();
  }
  const report = makeReport(packets as PacketCounts, collector, null);
  return { packets: packets as PacketCounts, report: [...reportJson(report)].join('') };
}

/** Words of a row that mean nothing before they are written; those of counts and timers are 0 in rows out of use. */
const meaningless = [
  ...range(Row.LastSeconds, Row.Packets),
  Row.HandshakeTime,
  Row.LastSyn,
  ...range(Row.History, Row.Fins),
];

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

function leave(remains: number, table: FlowTable): void {
  for (let row = 1; row <= (small.maxConnections as number); row++) {
    for (const word of meaningless) {
      table.rows[table.at(row) + word] = remains;
    }
  }
}

function feed(file: Uint8Array, pipeline: Pipeline, options: RowsOptions): void {
  const { batches = [PacketBatch.size], reads = [file.length] } = options;
  const variant = pcapVariant(new DataView(file.buffer, file.byteOffset).getUint32(0));
  if (variant === null) {
    throw new Error('not a pcap file');
  }
  const reader = new PcapReader(variant);
  let read = 0;
  let batchNumber = 0;
  for (let piece = 0; read < file.length; piece++) {
    // As a file is read: what is left moves to the front of a new buffer.
    const more = file.subarray(read, read + (reads[piece % reads.length] as number));
    read += more.length;
    const bytes = new Uint8Array(reader.end - reader.position + more.length);
    bytes.set(reader.bytes.subarray(reader.position, reader.end));
    bytes.set(more, reader.end - reader.position);
    Object.assign(reader, { bytes, view: new DataView(bytes.buffer), position: 0, end: bytes.length });
    for (;;) {
      const batch = new PacketBatch(batches[batchNumber++ % batches.length]);
      reader.fill(batch);
      if (batch.length === 0) {
        break;
      }
      pipeline.batch(batch);
    }
  }
}
