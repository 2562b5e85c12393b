import type { Cause, CloseClass } from '@tcpscope/filter';
import type { Origin } from '../causes.js';
export { defaultThresholds, findingsConfigSchema, type Thresholds } from './config.js';

/** A connection or attempt as findings see it. Times in seconds since 1970 where nothing else is said. */
export interface Ended {
  readonly client: string;
  readonly clientPort: number;
  readonly server: string;
  readonly port: number;
  readonly start: number;
  readonly end: number;
  readonly close: CloseClass;
  /** Null when it has not ended. */
  readonly cause: Cause | null;
  readonly confidence: number;
  readonly closer: 'client' | 'server' | null;
  readonly aborter: 'client' | 'server' | null;
  readonly syns: number;
  /** The handshake was completed; its time in seconds is null when it was not seen whole. */
  readonly established: boolean;
  readonly handshake: number | null;
  readonly clientBytes: number;
  readonly serverBytes: number;
  /** Longest known silence, in seconds: before the RST of an idle timeout, or one that the connection survived. */
  readonly quiet: number | null;
  readonly midstream: boolean;
  readonly oneway: boolean;
  /** Seconds between its last packet and the RST or FIN that ended it. */
  readonly waited?: number | null | undefined;
  /** Seconds for which the other side's FIN was waited for in vain; null when both closed, or none did. */
  readonly unclosed?: number | null | undefined;
  /** Side that had stopped reading: it announced a window of next to nothing. */
  readonly stalled?: 'client' | 'server' | null | undefined;
  /** Segments in which that side announced a window of 0. */
  readonly zeroWindows?: number | undefined;
  /** Side that sent the same data again and again and was not heard. */
  readonly unheard?: 'client' | 'server' | null | undefined;
  /** Why the capture was too poor in the minute in which it ended (diagnose/feed); null when it was not. */
  readonly poorFeed?: string | null | undefined;
  /** Path of the server's zone; empty where no rule of the zones fits, left out where zones are not known. */
  readonly serverZone?: string | undefined;
}

export const findingKinds = [
  'incomplete-capture',
  'port-scan',
  'host-sweep',
  'zone-trouble',
  'service-outage',
  'refusal-storm',
  'stale-client',
  'unreachable-service',
  'backlog-overflow',
  'syn-loss',
  'syn-flood',
  'half-open-flood',
  'backscatter',
  'accept-then-close',
  'server-aborts',
  'client-aborts',
  'server-stalled',
  'restart',
  'path-broken',
  'idle-timer',
  'server-timeout',
  'client-timeout',
  'lifetime-limit',
  'keepalive-mismatch',
  'close-wait-leak',
  'late-writer',
  'injection',
  'closing-changed',
  'closes-by-rst-by-design',
  'health-check',
] as const;
export type FindingKind = (typeof findingKinds)[number];

/** What a group of connections has in common: who, since when, how many, how sure, and what to do about it. */
export interface Finding {
  readonly kind: FindingKind;
  readonly severity: 'high' | 'medium' | 'low';
  readonly origin: Origin;
  /** Probability that it is so, 0 to 1; grows with the number of connections and shrinks with those that disagree. */
  readonly confidence: number;
  readonly client: string | null;
  readonly server: string | null;
  readonly port: number | null;
  /** First and last connection of it, seconds since 1970. */
  readonly since: number;
  readonly until: number;
  readonly clients: number;
  readonly connections: number;
  /** One sentence with the numbers. */
  readonly text: string;
  /** What it could be instead; null when nothing comes near. */
  readonly rival: string | null;
  readonly nextCheck: string;
  /** Filter of conversations that shows its rows. */
  readonly filter: string;
}

/** Log-odds to a probability. */
export function logistic(odds: number): number {
  return 1 / (1 + Math.exp(-odds));
}
