import type { Histogram, Mean, Percentile, Side, TimeMetric } from './field.js';

interface Times extends Histogram {
  /** What the metrics are called before the part that they are: `ct` of `ct.p95`. */
  readonly metric: string;
  readonly side: Side | null;
  /** What has such times, of which % is a part. */
  readonly whose: string;
  /** What such a time is, for its mean and the longest. */
  readonly what: string;
  readonly whenNull: string;
  /** Whether mean and longest are counters, and exact. */
  readonly summed?: boolean;
}

const roundTrip = (side: Side, whose: string): Times => ({
  ...named(`rtt.${side === 'client' ? 'clt' : 'srv'}.times`),
  metric: 'rtt',
  side,
  summary: `Round trips between the capture and the ${side}, of handshakes in which nothing was sent twice`,
  whose: `% of the handshakes had a round trip between the capture and the ${side} no longer than this`,
  what: whose,
  whenNull: 'no handshake',
});

function named(name: string): Pick<Histogram, 'name' | 'column'> {
  return { name, column: name.replaceAll('.', '_') };
}

/**
 * Times that are stored one by one as far as percentiles need it: for each bucket (values/buckets.ts) how many there were.
 * Not fields themselves: what is asked for is a percentile, the mean or the longest.
 *
 * A round trip is taken from the three segments of a handshake, each sent once and in order: which of two copies was
 * answered nobody can tell (Karn and Partridge 1987). SYN to SYN+ACK is the way between the capture and the server,
 * SYN+ACK to ACK that between the capture and the client.
 */
const all: readonly Times[] = [
  {
    ...named('ct.times'),
    metric: 'ct',
    side: null,
    summary: 'Handshake times, from the first SYN to the ACK of the SYN+ACK',
    whose: '% of the handshakes, from the first SYN, took no longer',
    what: 'handshake',
    whenNull: 'no handshake',
    summed: true,
  },
  {
    ...named('duration.times'),
    metric: 'duration',
    side: null,
    summary: 'Durations, from first packet to last, of connections seen from handshake to close',
    whose: '% of the connections seen from handshake to close lasted no longer',
    what: 'duration of connections seen from handshake to close',
    whenNull: 'no connection closed',
  },
  {
    ...named('rst.idle.times'),
    metric: 'rst.idle',
    side: null,
    summary: 'Silences before the first RST, of established connections that a RST had part in ending',
    whose: '% of the connections that were reset had been silent no longer before the first RST',
    what: 'silence before the first RST of connections that were reset',
    whenNull: 'no connection reset',
  },
  roundTrip('client', 'round trip between the capture and the client: SYN+ACK to ACK of a handshake without repeats'),
  roundTrip('server', 'round trip between the capture and the server: SYN to SYN+ACK of a handshake without repeats'),
];

export const histograms: readonly Histogram[] = all.map(({ name, column, summary }) => ({ name, column, summary }));

const words: Readonly<Record<number, string>> = { 50: 'Half', 95: '95%', 99: '99%' };

function metrics({ name: of, metric, side, whose, what, whenNull, summed }: Times): TimeMetric[] {
  const suffix = side === null ? '' : side === 'client' ? '.clt' : '.srv';
  const common = { type: 'number', unit: 'seconds', side, rows: 'windows', of, scale: 1e6, whenNull } as const;
  const mean: Mean = {
    ...common,
    kind: 'mean',
    name: `${metric}.avg${suffix}`,
    summary: `Mean ${what}`,
    aliases: side === null ? [metric] : [`${metric}${suffix}`, `${side}.${metric}`],
  };
  const percentile = (part: string, percent: number, summary: string): Percentile => ({
    ...common,
    kind: 'percentile',
    name: `${metric}.${part}${suffix}`,
    summary,
    aliases: [],
    percent,
  });
  return [
    ...(summed === true ? [] : [mean]),
    ...[50, 95, 99].map((percent) => percentile(`p${percent}`, percent, whose.replace('%', words[percent] ?? ''))),
    ...(summed === true ? [] : [percentile('max', 100, `Longest ${what}`)]),
  ];
}

/** Metrics of times. Null where there is none, and of rows that an earlier version stored. */
export const timeMetrics: readonly TimeMetric[] = all.flatMap(metrics);
