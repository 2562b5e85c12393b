import type { ConnectionRow, WindowRow } from '../flow/batch-fixture.js';
import { noSums, type FeedBatch } from '../diagnose/index.js';
import { midnight, type Rows } from './query-fixture.js';

/** Noon of the tests' first day, seconds since 1970. */
export const noon = midnight + 12 * 3600;

const shop = { server: [10, 0, 0, 9], port: 443 };
const vpn = { server: [10, 0, 0, 1], port: 1194 };
const database = { server: [10, 0, 0, 8], port: 5432 };
const anna = [10, 0, 0, 2];
const bert = [10, 255, 255, 255];
const carl = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

const row = (
  client: number[],
  to: typeof shop,
  counters: Record<string, number>,
  times: Record<string, readonly number[]> = {}
): WindowRow => ({ client, ...to, counters, times });

/** Good connections of a client with the shop. */
const served = (client: number[], connections: number, resets = 0) => {
  const counters = {
    'syn.count': connections,
    'synack.count': connections,
    'attempt.count': connections,
    'ct.count': connections,
    'ct.sum': connections * 20_000,
    'ct.max': 30_000,
    'conn.count': connections,
    'fin.count.clt': connections,
    'fin.count.srv': connections - resets,
    'rst.count.srv': resets,
    'rst.conn': resets,
    'rst.conn.srv': resets,
    'close.fin': connections - resets,
    'close.finrst': resets,
    'packets.clt': 10 * connections,
    'packets.srv': 12 * connections,
    'bytes.clt': 500 * connections,
    'bytes.srv': 40_000 * connections,
  };
  // The first within 10 ms, the last within 30.
  const handshakes = [10_000, ...Array<number>(connections - 2).fill(20_000), 30_000];
  return row(client, shop, counters, { 'ct.times': handshakes });
};

/** Attempts that the VPN refuses, three SYN and three RST each. */
const refused = (client: number[], attempts: number) =>
  row(client, vpn, {
    'syn.count': 3 * attempts,
    'attempt.count': attempts,
    'refused.count': attempts,
    'conn.count': attempts,
    'rst.count.srv': 3 * attempts,
    'rst.noconn.srv': 3 * attempts,
    'rst.conn': attempts,
    'rst.conn.srv': attempts,
    'packets.clt': 3 * attempts,
    'packets.srv': 3 * attempts,
  });

/** A connection whose start nobody saw. */
const midstream = (client: number[]) =>
  row(client, database, { 'midstream.count': 1, 'packets.clt': 4, 'packets.srv': 4, 'bytes.srv': 900 });

/**
 * Ten minutes from noon on: Anna and Carl use the shop, which resets one of Anna's connections a minute; Bert is refused by
 * the VPN and never gets in; Anna has an old connection to the database. From 12:05 to 12:06 nothing was captured.
 */
const tenMinutes: Rows = Array.from({ length: 60 }, (_, i) => i)
  .filter((i) => Math.floor(i / 6) !== 5)
  .map((i) => [
    noon + 10 * i,
    [
      served(anna, 4, i % 6 === 0 ? 1 : 0),
      served(carl, 2),
      ...(i % 3 === 0 ? [refused(bert, 2)] : []),
      ...(i % 30 === 0 ? [midstream(anna)] : []),
    ],
  ]);

/** An hour later a client asks a server that never answers, and half a minute after that the time of its attempt is up. */
const unanswered: Rows = [
  [noon + 3600, [row(carl, database, { 'syn.count': 1, 'attempt.count': 1, 'packets.clt': 1 })]],
  [noon + 3630, [row(carl, database, { 'conn.count': 1, 'noanswer.count': 1 })]],
];

export const scenario: Rows = [...tenMinutes, ...unanswered];

const at = (second: number, nanos = 0) => [noon + second, nanos] as const;

export const scenarioConnections: readonly ConnectionRow[] = [
  {
    client: anna,
    ...shop,
    clientPort: 50_001,
    vlans: [3],
    start: at(1, 123_456_789),
    end: at(3, 5),
    close: 'fin',
    state: 'SF',
    history: 'ShADadFf',
    closer: 'client',
    ct: 20_000,
    rtt: 12_000,
    counters: {
      'packets.clt': 10,
      'packets.srv': 12,
      'bytes.srv': 40_000,
      'syn.count': 1,
      'fin.count.clt': 1,
      'fin.count.srv': 1,
    },
  },
  {
    client: anna,
    ...shop,
    clientPort: 50_002,
    start: at(60),
    end: at(62, 999_999_999),
    close: 'finrst',
    state: 'RSTR',
    history: 'ShADFr',
    closer: 'client',
    aborter: 'server',
    stage: 'later',
    ct: 21_500,
    counters: { 'packets.clt': 10, 'syn.count': 1, 'fin.count.clt': 1, 'rst.count.srv': 1 },
  },
  {
    client: bert,
    ...vpn,
    clientPort: 40_000,
    start: at(90),
    end: at(93),
    close: 'refused',
    state: 'REJ',
    history: 'Sr',
    aborter: 'server',
    stage: 'post_syn',
    counters: { 'syn.count': 3, 'rst.count.srv': 3 },
  },
  {
    client: anna,
    ...database,
    clientPort: 30_000,
    start: at(-7200),
    end: at(300),
    close: 'midstream',
    state: 'OTH',
    certain: false,
    midstream: true,
    oneway: true,
    counters: { 'packets.clt': 4, 'packets.srv': 4 },
  },
];

/** The capture of it: a minute that is good, and one in which the ring was full. */
export const scenarioFeed: FeedBatch = {
  kind: 'feed',
  rows: 2,
  capture: 'eth0',
  windows: [
    { ...noSums(), window: noon, packets: 1000, tcp: 990, drops: 0, acks: 400, connections: 25, poor: null },
    {
      ...{ ...noSums(), window: noon + 60, packets: 900, tcp: 890, drops: 100, acks: 300, gapAcks: 30 },
      ...{ connections: 25, oneway: 1, midstream: 2, missed: 1, guesses: 2 },
      poor: 'in that minute 100 of 1000 packets were dropped before they could be read (10 %)',
    },
  ],
};
