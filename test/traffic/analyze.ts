import { createEnrichment, enrichConfigSchema } from '../../analyzer/src/enrich/index.js';
import { windowCounters, type WindowBatch } from '../../analyzer/src/flow/index.js';
import type { Finding } from '../../analyzer/src/diagnose/index.js';
import {
  Pipeline,
  type FlowCounts,
  type PacketCounts,
  type PipelineOptions,
} from '../../analyzer/src/pipeline/pipeline.js';
import {
  Collector,
  connectionJson,
  conversationText,
  makeReport,
  type Metrics,
} from '../../analyzer/src/report/index.js';
import { addressText } from '../../analyzer/src/report/names.js';
import { pcap, type Packet, type PcapOptions } from './capture-file.js';
import type { Talk } from './talk.js';
import { feedPcap } from './feed.js';

export interface WindowRow {
  /** Start of the window, seconds since 1970. */
  readonly window: number;
  readonly client: string;
  readonly server: string;
  readonly port: number;
  readonly vlan: number;
  /** Counters that are not 0. */
  readonly counters: Record<string, number>;
}

export interface Analysis {
  readonly packets: PacketCounts;
  readonly flow: FlowCounts;
  readonly totals: Metrics;
  readonly connections: ReadonlyArray<Record<string, unknown>>;
  readonly conversations: ReadonlyArray<Record<string, unknown>>;
  readonly findings: readonly Finding[];
  /** Rows of windows in the order in which they were written. */
  readonly windows: readonly WindowRow[];
}

/** Small tables: a test makes hundreds of them. */
const small: PipelineOptions = { maxConnections: 4096, windowConnections: 4096 };

/** Runs packets through the pipeline, as if from a file. */
export function analyze(
  input: readonly Packet[] | Talk,
  options: PipelineOptions = {},
  file: PcapOptions = {}
): Analysis {
  const packets = 'packets' in input ? input.packets : input;
  return analyzeBytes(pcap(packets, { nanoseconds: true, ...file }), options);
}

/** The same for the bytes of a pcap file. */
export function analyzeBytes(bytes: Uint8Array, options: PipelineOptions = {}): Analysis {
  const collector = new Collector(createEnrichment(enrichConfigSchema.parse({})));
  const windows: WindowRow[] = [];
  const pipeline = new Pipeline(
    (batch) => {
      collector.add(batch);
      if (batch.kind === 'windows') {
        windows.push(...rowsOf(batch));
      }
    },
    { ...small, ...options }
  );
  feedPcap(bytes, pipeline);
  pipeline.finish();
  const report = makeReport(pipeline.counts(), collector, null);
  return {
    packets: report.packets,
    flow: pipeline.flowCounts(),
    totals: report.totals,
    connections: report.connections.map(connectionJson),
    conversations: report.conversations.map(
      (one) => JSON.parse(conversationText(one, report.diagnoses)) as Record<string, unknown>
    ),
    windows,
    findings: report.diagnoses.findings,
  };
}

function rowsOf(batch: WindowBatch): WindowRow[] {
  return Array.from({ length: batch.rows }, (_, row) => {
    const values = windowCounters.map((counter, i) => [counter.name, batch.counters[i]?.[row] ?? 0] as const);
    return {
      window: batch.window,
      client: addressText(batch.clientIp, row * 16),
      server: addressText(batch.serverIp, row * 16),
      port: batch.serverPort[row] ?? 0,
      vlan: batch.vlan[row] ?? 0,
      counters: Object.fromEntries(values.filter(([, value]) => value !== 0)),
    };
  });
}

/** Some of an object's values, for comparing only what a test is about. */
export function pick(from: Record<string, unknown>, like: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.keys(like).map((key) => [key, from[key]]));
}
