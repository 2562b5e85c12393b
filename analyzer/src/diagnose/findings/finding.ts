import type { Cause, CloseClass } from '@tcpscope/filter';

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
}

export const findingKinds = [
  'incomplete-capture',
  'port-scan',
  'host-sweep',
  'service-outage',
  'refusal-storm',
  'stale-client',
  'unreachable-service',
  'backlog-overflow',
  'syn-loss',
  'half-open-flood',
  'backscatter',
  'server-aborts',
  'restart',
  'idle-timer',
  'keepalive-mismatch',
  'close-wait-leak',
  'injection',
  'closes-by-rst-by-design',
] as const;
export type FindingKind = (typeof findingKinds)[number];

/** The four causes of abnormal ends that the article behind this product names (docs/diagnosis.md). */
export type Origin = 'resources or network' | 'crash or bug' | 'data after a close' | 'refusal' | null;

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

/** When something counts as a finding. Counts are connections or attempts, shares 0 to 1, times seconds. */
export interface Thresholds {
  /** Zeek's scan policy: so many ports of a host, or hosts, failed within the time (peers: 15 ports, 25 hosts, 5 min). */
  readonly scanPorts: number;
  readonly scanHosts: number;
  readonly scanSeconds: number;
  /** Fewest attempts of a service before refusals or silence are a finding. */
  readonly attempts: number;
  /** Share of attempts that must fail. */
  readonly failedShare: number;
  /** Fewest attempts of one client that never gets through. */
  readonly staleAttempts: number;
  readonly floodAttempts: number;
  readonly floodSeconds: number;
  /** Fewest connections of the same fate for everything else. */
  readonly repeats: number;
  /** Share of a service's complete connections that end by RST before that counts as its way. */
  readonly byDesignShare: number;
  /** Share of connections seen from the middle or one way, above which nothing else is believed (Zeek warns at 10 %). */
  readonly incompleteShare: number;
}

export const defaultThresholds: Thresholds = {
  scanPorts: 15,
  scanHosts: 25,
  scanSeconds: 300,
  attempts: 5,
  failedShare: 0.5,
  staleAttempts: 4,
  floodAttempts: 10,
  floodSeconds: 60,
  repeats: 3,
  byDesignShare: 0.9,
  incompleteShare: 0.1,
};

/** Log-odds to a probability. */
export function logistic(odds: number): number {
  return 1 / (1 + Math.exp(-odds));
}
