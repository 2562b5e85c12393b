import type { Ended } from './finding.js';

/** Connections by something that they have in common, each group in order of time, as they first appear. */
export function groupBy<Key extends string | number>(
  all: readonly Ended[],
  key: (one: Ended) => Key
): ReadonlyMap<Key, readonly Ended[]> {
  const groups = new Map<Key, Ended[]>();
  for (const one of all) {
    const name = key(one);
    const group = groups.get(name);
    if (group === undefined) {
      groups.set(name, [one]);
    } else {
      group.push(one);
    }
  }
  return groups;
}

/** Connections by server and port. Two steps, because to make a text of both for each takes longer than all else here. */
export function groupByService(all: readonly Ended[]): ReadonlyArray<readonly Ended[]> {
  const groups: Ended[][] = [];
  const servers = new Map<string, Map<number, Ended[]>>();
  for (const one of all) {
    let ports = servers.get(one.server);
    if (ports === undefined) {
      ports = new Map();
      servers.set(one.server, ports);
    }
    const group = ports.get(one.port);
    if (group === undefined) {
      const first = [one];
      ports.set(one.port, first);
      groups.push(first);
    } else {
      group.push(one);
    }
  }
  return groups;
}

export function distinct(all: readonly Ended[], of: (one: Ended) => string | number): number {
  return new Set(all.map(of)).size;
}

export function since(all: readonly Ended[]): number {
  return all.reduce((least, { start }) => Math.min(least, start), Infinity);
}

export function until(all: readonly Ended[]): number {
  return all.reduce((most, { end }) => Math.max(most, end), -Infinity);
}

/** The attempt got nothing: refused, rejected, not answered, or left without a word (Zeek's failed connection). */
export function hasFailed({ cause, established, clientBytes, serverBytes }: Ended): boolean {
  return (
    cause === 'refused' ||
    cause === 'rejected-on-path' ||
    cause === 'no-answer' ||
    (cause === 'port-probe' && clientBytes + serverBytes === 0) ||
    (cause === 'half-open' && !established)
  );
}

export function isRefused({ cause }: Ended): boolean {
  return cause === 'refused' || cause === 'rejected-on-path';
}

/** Somebody was served: data came back. */
export function isGood({ established, serverBytes }: Ended): boolean {
  return established && serverBytes > 0;
}

/** Time of day in UTC, for sentences. */
export function clock(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(11, 19)} UTC`;
}

export function seconds(value: number): string {
  return value < 1
    ? `${Math.round(value * 1000)} ms`
    : value < 120
      ? `${Number(value.toPrecision(2))} s`
      : `${Math.round(value / 60)} min`;
}

export function serviceFilter(server: string, port: number): string {
  return `server.ip = ${server} and server.port = ${port}`;
}
