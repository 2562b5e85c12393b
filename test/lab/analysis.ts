import {
  diagnoseAll,
  diagnosisOf,
  explainVerdict,
  readFacts,
  rulesThatHold,
  surroundingsOf,
  type Cause,
  type ConnectionFacts,
  type Diagnosis,
  type Explanation,
} from '../../analyzer/src/diagnose/index.js';
import type { ConnectionBatch } from '../../analyzer/src/flow/index.js';
import { Pipeline } from '../../analyzer/src/pipeline/pipeline.js';
import { addressText } from '../../analyzer/src/report/index.js';
import type { Truth } from './bench.js';
import { feedPcap } from '../traffic/feed.js';

/** A connection as the analyzer saw it, with what it says of it. */
export interface Verdict {
  readonly tuple: string;
  readonly facts: ConnectionFacts;
  readonly diagnosis: Diagnosis | null;
  /** Made when asked for. */
  explain(): Explanation | null;
  rules(): string[];
}

/** Verdicts beside the truth. */
export interface Judged {
  readonly truth: Truth;
  /** Null when the capture shows no such connection. */
  readonly verdict: Verdict | null;
  /** What the analyzer says; `null` stands for "not closed". */
  readonly said: Cause | null;
  readonly right: boolean;
}

export function tupleText(client: string, clientPort: number, server: string, serverPort: number): string {
  return `${client} ${clientPort} ${server} ${serverPort}`;
}

/** What the analyzer says of every connection of a pcap file. */
export function verdictsOf(file: Uint8Array): Verdict[] {
  const batches: ConnectionBatch[] = [];
  const pipeline = new Pipeline(
    (batch) => {
      if (batch.kind === 'connections') {
        batches.push(batch);
      }
    },
    { maxConnections: 4096, windowConnections: 4096 }
  );
  feedPcap(file, pipeline);
  pipeline.finish();
  const rows = diagnoseAll(batches).flatMap((batch) =>
    Array.from({ length: batch.rows }, (_, row) => ({ batch, row }))
  );
  return rows.map(({ batch, row }) => {
    const facts = readFacts(batch, row);
    const around = surroundingsOf(batch, row);
    const diagnosis = diagnosisOf(batch, row);
    return {
      tuple: tupleText(
        addressText(batch.clientIp, row * 16),
        batch.clientPort[row] as number,
        addressText(batch.serverIp, row * 16),
        batch.serverPort[row] as number
      ),
      facts,
      diagnosis,
      explain: () => explainVerdict(diagnosis, facts, around),
      rules: () => rulesThatHold(facts, around),
    };
  });
}

/** Compares what the analyzer says of a capture with what is true. */
export function judge(file: Uint8Array, truths: readonly Truth[]): Judged[] {
  const verdicts = new Map(verdictsOf(file).map((verdict) => [verdict.tuple, verdict]));
  return truths.map((truth) => {
    const verdict = verdicts.get(tupleText(truth.client, truth.clientPort, truth.server, truth.serverPort)) ?? null;
    const said = verdict?.diagnosis?.cause ?? null;
    return { truth, verdict, said, right: verdict !== null && said === truth.cause };
  });
}
