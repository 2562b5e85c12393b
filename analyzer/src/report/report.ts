import { closeClasses, resetStages, zeekStates, type CloseClass, type Expression } from '@tcpscope/filter';
import { originOf, type Thresholds } from '../diagnose/index.js';
import { connectionFlags, historyLength, vlanDepth } from '../flow/index.js';
import type { PacketCounts } from '../pipeline/pipeline.js';
import type { Collector, ConnectionRow, Conversation } from './collector.js';
import { diagnosesOf, explanationOf, type Diagnoses } from './diagnoses.js';
import { feedOf, type Feed } from './feed.js';
import { connectionMetrics, connectionMetricsText, metricsOf, metricsText, type Metrics } from './metrics.js';
import { addressText, timeText } from './names.js';
import { addSums, emptySums } from './sums.js';

/** What happened in an input: what `tcpscope report` prints, as text or as JSON. */
export interface Report {
  readonly packets: PacketCounts;
  readonly totals: Metrics;
  readonly conversations: readonly Conversation[];
  readonly connections: readonly ConnectionRow[];
  readonly diagnoses: Diagnoses;
  /** Of the whole input, whatever the filter. */
  readonly feed: Feed;
}

/**
 * Makes the report of what was collected; of the conversations that match `filter` alone when it is not null.
 * @param thresholds when groups of connections are a finding; the usual ones when left out
 */
export function makeReport(
  packets: PacketCounts,
  collected: Collector,
  filter: Expression | null,
  thresholds?: Thresholds
): Report {
  const conversations = collected.conversations(filter);
  const sum = emptySums();
  conversations.forEach((conversation) => addSums(sum, conversation));
  const connections = collected.connections(filter === null ? null : conversations);
  const diagnoses = diagnosesOf(connections, (row) => collected.namesOf(row).serverZone, thresholds);
  const feed = feedOf(collected.feed());
  return { packets, totals: metricsOf(sum), conversations, connections, diagnoses, feed };
}

/** A conversation as JSON text. */
export function conversationText(conversation: Conversation, diagnoses: Diagnoses): string {
  const names = {
    'client.ip': conversation.clientIp,
    'server.ip': conversation.serverIp,
    'server.port': conversation.serverPort,
    application: conversation.application,
    'client.zone': conversation.clientZone,
    'server.zone': conversation.serverZone,
    vlan: conversation.vlan,
  };
  const diagnosis = JSON.stringify(diagnoses.conversations.get(conversation.key) ?? null);
  return `${JSON.stringify(names).slice(0, -1)},${metricsText(conversation)},"diagnosis":${diagnosis}}`;
}

const sides = [null, 'client', 'server'] as const;

/** A connection as JSON has it (contract: `connections`). What is not known is null. */
export function connectionJson(connection: ConnectionRow): Record<string, unknown> {
  return { ...outlineOf(connection), ...connectionMetrics(connection) };
}

/** The same as JSON text. */
export function connectionText(connection: ConnectionRow): string {
  return `${JSON.stringify(outlineOf(connection)).slice(0, -1)},${connectionMetricsText(connection)}}`;
}

/** All of a connection but its metrics. */
function outlineOf(connection: ConnectionRow) {
  const { batch, row } = connection;
  const explanation = explanationOf(connection);
  const flags = batch.flags[row] as number;
  const ct = batch.ct[row] as number;
  const rtt = batch.rttClient[row] as number;
  const stage = batch.stage[row] as number;
  const vlans = batch.vlans.subarray(
    row * vlanDepth,
    row * vlanDepth + Math.min(vlanDepth, batch.vlanCount[row] as number)
  );
  return {
    'client.ip': addressText(batch.clientIp, row * 16),
    'client.port': batch.clientPort[row],
    'server.ip': addressText(batch.serverIp, row * 16),
    'server.port': batch.serverPort[row],
    vlan: [...vlans],
    midstream: (flags & connectionFlags.midstream) !== 0,
    oneway: (flags & connectionFlags.oneway) !== 0,
    role: (flags & connectionFlags.roleCertain) !== 0 ? 'certain' : 'guess',
    start: timeText(batch.startSeconds[row] as number, batch.startNanos[row] as number),
    end: timeText(batch.endSeconds[row] as number, batch.endNanos[row] as number),
    duration: durationOf(connection),
    ct: seconds(ct),
    'rtt.clt': seconds(rtt),
    // In whole nanoseconds, as the store works it out.
    'rtt.srv': seconds(Math.round(Math.max(0, ct - rtt) * 1000) / 1000),
    state: zeekStates[batch.state[row] as number],
    history: historyOf(connection),
    closer: sides[batch.closer[row] as number],
    close: closeClasses[batch.close[row] as number],
    aborter: sides[batch.aborter[row] as number],
    stage: stage === 0 ? null : resetStages[stage - 1],
    cause: explanation?.cause ?? null,
    origin:
      explanation === null ? null : originOf(explanation.cause, closeClasses[batch.close[row] as number] as CloseClass),
    confidence: explanation?.confidence ?? null,
    evidence: explanation?.evidence ?? [],
    rival: explanation?.rival ?? null,
  };
}

/** Microseconds as seconds; null when there are none. */
function seconds(micros: number): number | null {
  return Number.isNaN(micros) ? null : micros / 1e6;
}

export function historyOf({ batch, row }: ConnectionRow): string {
  const letters = batch.history.subarray(row * historyLength, (row + 1) * historyLength);
  const end = letters.indexOf(0);
  return String.fromCharCode(...letters.subarray(0, end < 0 ? letters.length : end));
}

/** Seconds from the first packet to the last. */
export function durationOf({ batch, row }: ConnectionRow): number {
  const seconds = (batch.endSeconds[row] as number) - (batch.startSeconds[row] as number);
  const nanos = (batch.endNanos[row] as number) - (batch.startNanos[row] as number);
  return Math.max(0, (seconds * 1e9 + nanos) / 1e9);
}
