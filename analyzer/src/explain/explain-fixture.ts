import type { DedupMode } from '../decode/index.js';
import { endText } from '../diagnose/index.js';
import { createEnrichment, enrichConfigSchema } from '../enrich/index.js';
import { readCaptures } from '../pipeline/index.js';
import { Collector, connectionJson } from '../report/index.js';
import type { ConnectionExplanation } from './explanation.js';
import { explainFile } from './explain-file.js';
import { startOf } from './find-connections.js';
import type { Step } from './step.js';

/** A connection as the report tells it, and its names. */
export interface Reported {
  readonly facts: Record<string, unknown>;
  readonly tuple: string;
  /** Fits every connection that begins at the same nanosecond. */
  readonly id: string;
}

const enrichment = createEnrichment(enrichConfigSchema.parse({}));

export async function connectionsOfFile(path: string): Promise<Reported[]> {
  const collector = new Collector(enrichment);
  await readCaptures([path], { workers: 1, flow: {}, onBatch: (batch) => collector.add(batch) });
  const rows = collector.connections(null);
  return rows.map((row) => {
    const facts = connectionJson(row);
    const end = (side: string) => endText(String(facts[`${side}.ip`]), String(facts[`${side}.port`]));
    const id = `${startOf(row).toString(16).padStart(16, '0')}${'0'.repeat(16)}`;
    return { facts, tuple: `${end('client')} > ${end('server')}`, id };
  });
}

export async function explained(
  path: string,
  name: string | null,
  slice: string | null = null,
  all = true,
  dedup: DedupMode = 'off'
): Promise<ConnectionExplanation> {
  const result = await explainFile(path, { name, all, slice, flow: { dedup }, enrichment });
  if (result.kind !== 'explained') {
    throw result.error;
  }
  return result.explanation;
}

export function stepsOf({ sequence }: ConnectionExplanation): Step[] {
  return sequence.rows.flatMap((row) => ('step' in row ? [row.step] : []));
}
