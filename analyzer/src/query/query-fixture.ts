import { createHash } from 'node:crypto';
import { causes, counters, histograms, type Cause } from '@tcpscope/filter';
import { diagnoseAll } from '../diagnose/index.js';
import { createEnrichment, enrichConfigSchema } from '../enrich/index.js';
import { connectionBatch, windowBatch, type ConnectionRow, type WindowRow } from '../flow/batch-fixture.js';
import { openTestStore, testConfig } from '../store/store-fixture.js';
import type { Store } from '../store/store.js';
import { queryConfigSchema, type QueryConfig } from './config.js';
import { Queries, type QueryDependencies } from './queries.js';

/** For tests: stores with known rows, and queries on them. */

/** Zones and applications with the names that random filters ask for. */
export const testEnrichment = createEnrichment(
  enrichConfigSchema.parse({
    zones: [
      { name: '/Local/Paris', subnets: ['10.0.0.2/32'] },
      { name: '/Local', subnets: ['10.0.0.0/24'] },
      { name: '/Localhost', subnets: ['::1/128'] },
      { name: "/it's", subnets: ['2001:db8::/32'] },
    ],
    applications: [
      { name: 'web', ports: [80, 443] },
      { name: 'Web', ports: [8080] },
      { name: 'a"b', ports: [5432] },
    ],
  })
);

/** Mon 2026-03-02 00:00:00 UTC, seconds since 1970. */
export const midnight = 1_772_409_600;

/** The clock of these tests: five days later, so nothing is too old and nothing is of the present. */
export const fixedNow = (midnight + 5 * 86_400) * 1000;

export const limits = queryConfigSchema.parse({});
export const kept = testConfig().retention;

export function openFilled(): Promise<Store> {
  return openTestStore(testConfig(), { enrichment: testEnrichment });
}

export type Rows = ReadonlyArray<readonly [window: number, rows: readonly WindowRow[]]>;

/** Stores windows and connections as if they came from the probe, many windows in one block. */
export async function fill(
  store: Store,
  probe: string,
  windows: Rows,
  connections: readonly ConnectionRow[] = []
): Promise<void> {
  const hash = createHash('sha256')
    .update(JSON.stringify([probe, windows, connections]))
    .digest('hex');
  const target = store.beginImport({ probe, hash, layout: '1' });
  for (const [window, rows] of windows) {
    await target.write(windowBatch(window, rows));
  }
  if (connections.length > 0) {
    for (const batch of diagnoseAll([connectionBatch(connections)])) {
      await target.write(batch);
    }
  }
  await target.complete();
}

export interface Judged extends ConnectionRow {
  readonly cause: Cause;
}

/** Stores connections with the causes that they say. */
export async function fillJudged(store: Store, probe: string, rows: readonly Judged[]): Promise<void> {
  const hash = createHash('sha256')
    .update(JSON.stringify([probe, rows]))
    .digest('hex');
  const target = store.beginImport({ probe, hash, layout: '1' });
  for (const batch of diagnoseAll([connectionBatch(rows)])) {
    batch.verdicts.cause.set(rows.map(({ cause }) => 1 + causes.indexOf(cause)));
    await target.write(batch);
  }
  await target.complete();
}

export interface QueriesOptions {
  readonly config?: Partial<QueryConfig>;
  readonly now?: () => number;
}

/** A store, or what stands for one. */
export type Answering = Pick<Store, 'select' | 'stats'> & Partial<Pick<Store, 'selectUnread'>>;

export function queriesOn(answering: Answering, options: QueriesOptions = {}): Queries {
  const { config = {}, now = () => fixedNow } = options;
  const captures = { snapshot: () => [] };
  const store: QueryDependencies['store'] = {
    select: (...all) => answering.select(...all),
    selectUnread: (...all) => answering.selectUnread?.(...all) ?? Promise.reject(new Error('no unread answers here')),
    stats: () => answering.stats(),
  };
  return new Queries({ store, retention: kept, captures, config: { ...limits, ...config }, now });
}

/** Numbers that look random and are the same every time. */
export function generator(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const v6 = (...groups: number[]) => groups.flatMap((group) => [group >> 8, group & 255]);
const clients = [
  [10, 0, 0, 1],
  [10, 0, 0, 2],
  [10, 255, 255, 255],
  v6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1),
  v6(0, 0, 0, 0, 0, 0, 0, 1),
];
const servers = [[10, 0, 0, 1], [10, 0, 0, 9], v6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 9)];
const ports = [80, 443, 8080, 5432, 3];

/**
 * Sparse traffic of three days: a few dense hours, so that every rollup and every ragged end has rows, and conversations
 * that come back in several windows, VLANs and probes. Small numbers, so that filters hit as often as they miss.
 */
export function randomRows(seed: number, windows: number): Rows {
  const next = generator(seed);
  const times = new Set<number>();
  while (times.size < windows) {
    const dense = next(2) === 0;
    times.add(midnight + (dense ? 86_400 + 3600 * 11 + 10 * next(720) : 10 * next(3 * 8640)));
  }
  return [...times]
    .sort((a, b) => a - b)
    .map((window) => [window, Array.from({ length: 1 + next(6) }, () => randomRow(next))] as const);
}

function randomRow(next: (below: number) => number): WindowRow {
  return {
    client: clients[next(clients.length)]!,
    server: servers[next(servers.length)]!,
    port: ports[next(ports.length)]!,
    vlan: next(4) === 0 ? 3 : 0,
    counters: Object.fromEntries(
      counters.map(({ name, scale, unknown }) => {
        const small = unknown && next(3) === 0 ? NaN : next(3) === 0 ? 1 + next(3) : 0;
        return [name, scale === 1 ? small : small * 1000 * (1 + next(200))];
      })
    ),
    times: Object.fromEntries(
      histograms.map(({ name }) => [name, Array.from({ length: next(5) }, () => next(2) * 100 * next(20_000))])
    ),
  };
}
