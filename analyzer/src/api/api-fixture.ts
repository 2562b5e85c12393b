import type { LightMyRequestResponse } from 'fastify';
import { fill, fixedNow, kept, limits, openFilled } from '../query/query-fixture.js';
import { scenario, scenarioConnections, scenarioFeed } from '../query/scenario-fixture.js';
import type { CaptureStatus, QueryConfig } from '../query/index.js';
import { memoryLog } from '../store/store-fixture.js';
import type { StoreStats } from '../store/stats.js';
import type { Store } from '../store/store.js';
import type { ApiDependencies } from './dependencies.js';
import { apiConfigSchema, createApi, type Api, type LiveTotals } from './index.js';

/** For tests: the API over a store with the scenario's rows. */

export const token = 'a-token-of-some-length';

export const capture: CaptureStatus = {
  interface: 'eth0',
  state: 'running',
  packets: { read: 1000, tcp: 900, duplicate: 10, undecoded: { not_tcp: 80, truncated: 10 } },
  kernelDrops: null,
  interfaceDrops: 3,
  softnetDrops: null,
  ringFill: 0.25,
  late: 2,
  evicted: 1,
  connections: 42,
  windowsClosed: 60,
  lastPacketAt: fixedNow - 1500,
};

/** A feed that tells what it is told to. */
export class TestFeed {
  private readonly listeners = new Set<(totals: LiveTotals) => void>();

  get followers(): number {
    return this.listeners.size;
  }

  subscribe(listener: (totals: LiveTotals) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(totals: LiveTotals): void {
    this.listeners.forEach((listener) => listener(totals));
  }
}

export async function openScenario(): Promise<Store> {
  const store = await openFilled();
  await fill(store, 'probe', scenario, scenarioConnections);
  await store.write(scenarioFeed, { probe: 'probe', run: 'feed', worker: 0, sequence: 0 });
  await store.flush();
  return store;
}

export interface TestApiOptions {
  readonly config?: Record<string, unknown>;
  readonly limits?: Partial<QueryConfig>;
  readonly captures?: readonly CaptureStatus[];
  readonly feed?: TestFeed;
  readonly heartbeatMs?: number;
  readonly now?: () => number;
}

export type TestStore = ApiDependencies['store'];

const stats: StoreStats = {
  written: {},
  unwritten: {},
  inserts: { count: 0, sumMs: 0, maxMs: 0, lastMs: 0 },
  queries: { count: 0, sumMs: 0, failed: {} },
  spool: { files: 0, bytes: 0, limit: 1024, pendingBytes: 0 },
  engine: { state: 'ready', since: 0, version: '', restarts: 0, lastFailure: null, pid: null, running: 0, queued: 0 },
};

/** A store without a database, for what happens before one is asked. */
export function storeThat(answers: Partial<TestStore> = {}): TestStore {
  return {
    select: () => Promise.reject(new Error('nothing may be asked of the store')),
    selectUnread: () => Promise.reject(new Error('nothing may be asked of the store')),
    stats: () => stats,
    health: () => ({ state: 'ok', reasons: [], stats }),
    ...answers,
  };
}

export function apiDependencies(
  store: TestStore = storeThat(),
  options: TestApiOptions = {}
): ApiDependencies & { log: { lines: string[] } } {
  const { config = {}, limits: changed = {}, captures = [capture], feed = new TestFeed(), heartbeatMs } = options;
  const { now = () => fixedNow } = options;
  return {
    store,
    retention: kept,
    captures: { snapshot: () => captures },
    live: feed,
    config: apiConfigSchema.parse({ port: 0, ...config }),
    limits: { ...limits, ...changed },
    log: memoryLog(),
    now,
    ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
  };
}

export async function testApi(
  store: TestStore = storeThat(),
  options: TestApiOptions = {}
): Promise<Api & { log: { lines: string[] } }> {
  const dependencies = apiDependencies(store, options);
  const api = await createApi(dependencies);
  return { app: api.app, listen: () => api.listen(), stop: () => api.stop(), log: dependencies.log };
}

export interface Call {
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

/** A request as a program on this machine sends it. */
export function call(
  api: Pick<Api, 'app'>,
  method: string,
  url: string,
  { headers = {}, body }: Call = {}
): Promise<LightMyRequestResponse> {
  return api.app.inject({
    method: method as 'GET',
    url,
    headers: { host: '127.0.0.1:8477', ...headers },
    ...(body === undefined ? {} : { payload: body as object }),
  });
}
