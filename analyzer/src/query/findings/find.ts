import { parseFilter, printFilter, splitConjuncts } from '@tcpscope/filter';
import { findings, type Ended, type Finding, type Thresholds } from '../../diagnose/index.js';
import { parseSelection } from '../../store/engine/result.js';
import { endedConnections } from '../stored-connections.js';

/** What findings are made of. */
export interface FindingsTask {
  /** What the engine answered to `storedStatement`. */
  readonly answer: Uint8Array;
  /** Connections to look at, and findings to tell, at most. */
  readonly most: number;
  readonly limit: number;
  readonly thresholds: Thresholds;
}

/** A finding as it is told. */
export interface FoundRow extends Finding {
  /** What of its filter selects conversations and single connections alike. */
  readonly about: string;
}

export interface Found {
  /** The most severe first. */
  readonly rows: readonly FoundRow[];
  /** Whether there are more than were to be told. */
  readonly more: boolean;
  /** There were too many connections: those that ended since then were looked at, seconds since 1970. Null when it was all. */
  readonly since: number | null;
}

/** Findings over the connections of an answer. */
export function find({ answer, most, limit, thresholds }: FindingsTask): Found {
  const { data, rows, truncated } = parseSelection(answer, most);
  const ended = endedConnections(data, rows);
  const since = ended.at(-1)?.end ?? null;
  const all = findings(ended.sort(byStart), thresholds);
  return {
    rows: all.slice(0, limit).map((one) => ({ ...one, about: aboutOf(one.filter) })),
    more: all.length > limit,
    since: truncated ? since : null,
  };
}

function aboutOf(filter: string): string {
  const parsed = parseFilter(filter, 'windows');
  const { dimensions } = splitConjuncts(parsed.ok ? parsed.expression : null);
  return dimensions === null ? '' : printFilter(dimensions);
}

function byStart(a: Ended, b: Ended): number {
  return a.start - b.start || a.end - b.end || a.clientPort - b.clientPort;
}
