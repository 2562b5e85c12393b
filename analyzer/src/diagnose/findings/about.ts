import { logistic, type Ended, type Finding, type Thresholds } from './finding.js';
import { distinct, serviceFilter, since, until } from './groups.js';

/** Looks at all connections to a port of a server, in order of their start; those of scanners are left out. */
export type ServiceRule = (
  server: string,
  port: number,
  group: readonly Ended[],
  thresholds: Thresholds
) => Finding | null;

/** What all findings of a service have in common. */
export function about(server: string, port: number, members: readonly Ended[], client: string | null = null) {
  return {
    client,
    server,
    port,
    since: since(members),
    until: until(members),
    clients: distinct(members, (one) => one.client),
    connections: members.length,
    filter: serviceFilter(server, port) + (client === null ? '' : ` and client.ip = ${client}`),
  };
}

/** Grows with the number of connections beyond the least, shrinks with the share that disagrees. */
export function certainty(count: number, least: number, share: number): number {
  return Math.min(0.99, logistic(1 + 1.2 * Math.log2(count / least) + 4 * (share - 0.75)));
}

/** Grows with the number of connections beyond the least, from `odds` on; for what has no share. */
export function repeated(count: number, least: number, odds: number): number {
  return Math.min(0.95, logistic(odds + Math.log2(count / least)));
}

/** "1 client", "12 clients". */
export function clientsOf(members: readonly Ended[]): string {
  const clients = distinct(members, (one) => one.client);
  return `${clients} ${clients === 1 ? 'client' : 'clients'}`;
}

/** A value that many of a list share. */
export interface Cluster {
  /** Median of the members. */
  readonly value: number;
  readonly members: number;
  /** Of all that were looked at. */
  readonly share: number;
}

/** The densest stretch of a list of lengths of time; null when it holds nobody. @param width as a share of the value */
export function cluster(values: readonly number[], width: number): Cluster | null {
  const sorted = [...values].sort((a, b) => a - b);
  let best = { from: 0, to: 0 };
  let from = 0;
  for (let to = 0; to < sorted.length; to++) {
    while ((sorted[from] as number) * (1 + width) < (sorted[to] as number)) {
      from++;
    }
    if (to + 1 - from > best.to - best.from) {
      best = { from, to: to + 1 };
    }
  }
  const members = best.to - best.from;
  const value = sorted[best.from + (members >> 1)];
  return value === undefined ? null : { value, members, share: members / sorted.length };
}
