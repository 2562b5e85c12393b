import type { Cause } from '@tcpscope/filter';
import {
  causeTexts,
  diagnosisOf,
  endedOf,
  explainVerdict,
  findings,
  mostSevere,
  poorFeedOf,
  readFacts,
  surroundingsOf,
  type Diagnosis,
  type Ended,
  type Explanation,
  type Finding,
  type Thresholds,
} from '../diagnose/index.js';
import { keyOf, type ConnectionRow } from './collector.js';
import { addressText } from './names.js';

/** What the connections of a conversation, or of the whole input, ended for. */
export interface CauseSummary {
  readonly cause: Cause;
  readonly connections: number;
  /** Mean confidence. */
  readonly confidence: number;
  /** A connection that shows it best: the one said with the greatest confidence. */
  readonly example: ConnectionRow;
}

export interface ConversationDiagnosis {
  readonly cause: Cause;
  /** How many of the conversation's connections ended so, and how many there are. */
  readonly connections: number;
  readonly of: number;
  readonly confidence: number;
  readonly text: string;
}

/** Why everything in a report ended. */
export interface Diagnoses {
  /** Most frequent first. */
  readonly causes: readonly CauseSummary[];
  /** By the conversation's key; none for conversations that ended in order or not at all. */
  readonly conversations: ReadonlyMap<string, ConversationDiagnosis>;
  readonly findings: readonly Finding[];
}

/** Why a connection ended, with the evidence in words. */
export function explanationOf({ batch, row }: ConnectionRow): Explanation | null {
  return explainVerdict(diagnosisOf(batch, row), readFacts(batch, row), surroundingsOf(batch, row));
}

interface Sum {
  connections: number;
  confidence: number;
  best: number;
  example: ConnectionRow;
}

/**
 * @param rows in order of their start
 * @param serverZoneOf path of the server's zone; empty where none is known
 * @param thresholds when groups of connections are a finding; the usual ones when left out
 */
export function diagnosesOf(
  rows: readonly ConnectionRow[],
  serverZoneOf: (row: ConnectionRow) => string,
  thresholds?: Thresholds
): Diagnoses {
  const total = new Map<Cause, Sum>();
  const byConversation = new Map<string, { of: number; causes: Map<Cause, Sum> }>();
  const ended: Ended[] = [];
  for (const one of rows) {
    const diagnosis = diagnosisOf(one.batch, one.row);
    ended.push(endedRow(one, diagnosis, serverZoneOf(one)));
    const key = keyOf(one.batch, one.row);
    const conversation = byConversation.get(key) ?? { of: 0, causes: new Map<Cause, Sum>() };
    byConversation.set(key, conversation);
    conversation.of++;
    if (diagnosis !== null) {
      add(total, diagnosis, one);
      add(conversation.causes, diagnosis, one);
    }
  }
  const conversations = new Map<string, ConversationDiagnosis>();
  for (const [key, { of, causes }] of byConversation) {
    const worst = mostSevere(summarize(causes));
    if (worst !== null && worst.cause !== 'normal') {
      conversations.set(key, {
        cause: worst.cause,
        connections: worst.connections,
        of,
        confidence: Number(worst.confidence.toFixed(4)),
        text: `${worst.connections} of ${of} ${causeTexts[worst.cause].title}`,
      });
    }
  }
  return {
    causes: summarize(total).sort((a, b) => b.connections - a.connections),
    conversations,
    findings: findings(ended, thresholds),
  };
}

function add(sums: Map<Cause, Sum>, { cause, confidence }: Diagnosis, example: ConnectionRow): void {
  const sum = sums.get(cause);
  if (sum === undefined) {
    sums.set(cause, { connections: 1, confidence, best: confidence, example });
    return;
  }
  sum.connections++;
  sum.confidence += confidence;
  if (confidence > sum.best) {
    sum.best = confidence;
    sum.example = example;
  }
}

function summarize(sums: ReadonlyMap<Cause, Sum>): CauseSummary[] {
  return [...sums].map(([cause, { connections, confidence, example }]) => ({
    cause,
    connections,
    confidence: confidence / connections,
    example,
  }));
}

function endedRow({ batch, row }: ConnectionRow, diagnosis: Diagnosis | null, serverZone: string): Ended {
  const silence = batch.verdicts.silence[row] as number;
  const concluded = {
    client: addressText(batch.clientIp, row * 16),
    clientPort: batch.clientPort[row] as number,
    server: addressText(batch.serverIp, row * 16),
    port: batch.serverPort[row] as number,
    start: (batch.startSeconds[row] as number) + (batch.startNanos[row] as number) / 1e9,
    end: (batch.endSeconds[row] as number) + (batch.endNanos[row] as number) / 1e9,
    cause: diagnosis?.cause ?? null,
    confidence: diagnosis?.confidence ?? 0,
    quiet: Number.isNaN(silence) ? null : silence,
    poorFeed: poorFeedOf(batch.verdicts, row),
    serverZone,
  };
  return endedOf(readFacts(batch, row), concluded, true);
}
