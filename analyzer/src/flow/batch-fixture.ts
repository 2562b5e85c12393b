import {
  bucketOf,
  closeClasses,
  histograms,
  resetStages,
  zeekStates,
  type CloseClass,
  type ResetStage,
  type ZeekState,
} from '@tcpscope/filter';
import {
  connectionCounters,
  connectionFlags,
  historyLength,
  vlanDepth,
  windowCounters,
  type ConnectionBatch,
  type CounterColumn,
  type TimesColumn,
  type WindowBatch,
} from './batch.js';
import { Fact } from './facts.js';

/** Batches for tests, written as rows. */
export interface WindowRow {
  /** 16 bytes, or the four of IPv4. */
  client: readonly number[];
  server: readonly number[];
  port?: number;
  vlan?: number;
  /** By name of the catalogue; all others are 0. */
  counters?: Readonly<Record<string, number>>;
  /** By name of the catalogue's histogram: microseconds. */
  times?: Readonly<Record<string, readonly number[]>>;
}

export interface ConnectionRow extends Omit<WindowRow, 'vlan' | 'times'> {
  clientPort?: number;
  vlans?: readonly number[];
  /** Seconds and nanoseconds. */
  start?: readonly [number, number];
  end?: readonly [number, number];
  close?: CloseClass;
  state?: ZeekState;
  history?: string;
  closer?: 'client' | 'server' | null;
  aborter?: 'client' | 'server' | null;
  stage?: ResetStage | null;
  certain?: boolean;
  midstream?: boolean;
  oneway?: boolean;
  /** Microseconds. */
  ct?: number | null;
  /** Of `ct`, the round trip to the client, microseconds. */
  rtt?: number;
}

function addresses(rows: ReadonlyArray<readonly number[]>): Uint8Array {
  const bytes = new Uint8Array(16 * rows.length);
  rows.forEach((row, at) => {
    bytes.set(row.length === 4 ? [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...row] : row, 16 * at);
  });
  return bytes;
}

function columns(known: typeof windowCounters, rows: readonly WindowRow[]): CounterColumn[] {
  const names = new Set(known.map(({ name }) => name));
  for (const name of rows.flatMap((row) => Object.keys(row.counters ?? {}))) {
    if (!names.has(name)) {
      throw new RangeError(`these rows have no counter ${name}`);
    }
  }
  return known.map(({ name, storage }) => {
    const values = rows.map((row) => row.counters?.[name] ?? 0);
    return storage === 'u64' ? Float64Array.from(values) : Uint32Array.from(values);
  });
}

function timesColumn(rows: ReadonlyArray<readonly number[]>): TimesColumn {
  const pairs = rows.map((times) => {
    const buckets = times.map(bucketOf).sort((a, b) => a - b);
    return [...new Set(buckets)].map((bucket) => [bucket, buckets.filter((each) => each === bucket).length] as const);
  });
  let end = 0;
  return {
    ends: Uint32Array.from(pairs, (all) => (end += all.length)),
    buckets: Uint16Array.from(pairs.flat(), ([bucket]) => bucket),
    counts: Uint32Array.from(pairs.flat(), ([, count]) => count),
  };
}

/** `window` in seconds since 1970. */
export function windowBatch(window: number, rows: readonly WindowRow[]): WindowBatch {
  return {
    kind: 'windows',
    window,
    rows: rows.length,
    clientIp: addresses(rows.map((row) => row.client)),
    serverIp: addresses(rows.map((row) => row.server)),
    serverPort: Uint16Array.from(rows, (row) => row.port ?? 443),
    vlan: Uint16Array.from(rows, (row) => row.vlan ?? 0),
    counters: columns(windowCounters, rows),
    times: histograms.map(({ name }) => timesColumn(rows.map((row) => row.times?.[name] ?? []))),
  };
}

const sideOf = (side: 'client' | 'server' | null | undefined) => (side === 'client' ? 1 : side === 'server' ? 2 : 0);

export function connectionBatch(rows: readonly ConnectionRow[]): ConnectionBatch {
  const vlans = new Uint16Array(vlanDepth * rows.length);
  const history = new Uint8Array(historyLength * rows.length);
  rows.forEach((row, at) => {
    vlans.set((row.vlans ?? []).slice(0, vlanDepth), vlanDepth * at);
    history.set(new TextEncoder().encode((row.history ?? '').slice(0, historyLength)), historyLength * at);
  });
  return {
    kind: 'connections',
    rows: rows.length,
    epoch: 1,
    until: 1,
    clientIp: addresses(rows.map((row) => row.client)),
    serverIp: addresses(rows.map((row) => row.server)),
    clientPort: Uint16Array.from(rows, (row) => row.clientPort ?? 50_000),
    serverPort: Uint16Array.from(rows, (row) => row.port ?? 443),
    vlans,
    vlanCount: Uint8Array.from(rows, (row) => row.vlans?.length ?? 0),
    startSeconds: Uint32Array.from(rows, (row) => row.start?.[0] ?? 0),
    startNanos: Uint32Array.from(rows, (row) => row.start?.[1] ?? 0),
    endSeconds: Uint32Array.from(rows, (row) => row.end?.[0] ?? 0),
    endNanos: Uint32Array.from(rows, (row) => row.end?.[1] ?? 0),
    close: Uint8Array.from(rows, (row) => closeClasses.indexOf(row.close ?? 'open')),
    state: Uint8Array.from(rows, (row) => zeekStates.indexOf(row.state ?? 'OTH')),
    history,
    closer: Uint8Array.from(rows, (row) => sideOf(row.closer)),
    aborter: Uint8Array.from(rows, (row) => sideOf(row.aborter)),
    stage: Uint8Array.from(rows, (row) => (row.stage ? 1 + resetStages.indexOf(row.stage) : 0)),
    flags: Uint8Array.from(
      rows,
      (row) =>
        (row.certain === false ? 0 : connectionFlags.roleCertain) |
        (row.midstream ? connectionFlags.midstream : 0) |
        (row.oneway ? connectionFlags.oneway : 0)
    ),
    ct: Float64Array.from(rows, (row) => row.ct ?? NaN),
    rttClient: Float64Array.from(rows, (row) => row.rtt ?? NaN),
    counters: columns(connectionCounters, rows),
    facts: new Int32Array(Fact.Words * rows.length),
  };
}

/**
 * A window of `rows` different conversations with plausible numbers, the same for the same `seed`: client 10.x.y.z,
 * one of 250 servers, one of 4 ports.
 */
export function syntheticWindow(window: number, rows: number, seed = 1): WindowBatch {
  const next = generator(seed);
  const batch = windowBatch(window, []);
  const clientIp = new Uint8Array(16 * rows);
  const serverIp = new Uint8Array(16 * rows);
  for (let row = 0; row < rows; row++) {
    clientIp.set([255, 255, 10, row >>> 16, row >>> 8, row], 16 * row + 10);
    serverIp.set([255, 255, 192, 0, 2, next() % 250], 16 * row + 10);
  }
  return {
    ...batch,
    rows,
    clientIp,
    serverIp,
    serverPort: Uint16Array.from({ length: rows }, () => [80, 443, 5432, 6379][next() % 4]!),
    vlan: new Uint16Array(rows),
    counters: windowCounters.map(({ storage }, at) => {
      const value = () => (at < 16 ? next() % (at < 4 ? 2000 : 5) : next() % 16 === 0 ? 1 : 0);
      return storage === 'u64' ? Float64Array.from({ length: rows }, value) : Uint32Array.from({ length: rows }, value);
    }),
    times: histograms.map(() =>
      timesColumn(Array.from({ length: rows }, () => Array.from({ length: next() % 3 }, () => next() % 1_000_000)))
    ),
  };
}

/** Finished connections of `rows` clients that began in the ten seconds from `second` on. */
export function syntheticConnections(second: number, rows: number, seed = 1): ConnectionBatch {
  const next = generator(seed);
  return connectionBatch(
    Array.from({ length: rows }, (_, row): ConnectionRow => {
      const start = second + (next() % 10);
      return {
        client: [10, (row >>> 16) & 255, (row >>> 8) & 255, row & 255],
        server: [192, 0, 2, next() % 250],
        port: [80, 443, 5432, 6379][next() % 4]!,
        clientPort: 32_768 + (next() % 28_000),
        start: [start, next() % 1e9],
        end: [start + (next() % 20), next() % 1e9],
        close: closeClasses[next() % closeClasses.length]!,
        state: 'SF',
        history: 'ShADadFf',
        closer: 'client',
        ct: next() % 100_000,
        counters: {
          'packets.clt': next() % 100,
          'packets.srv': next() % 100,
          'bytes.srv': next() % 1e6,
          'syn.count': 1,
        },
      };
    })
  );
}

/** xorshift32: whole numbers of 0 to 2^32 - 1. */
function generator(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
