import type { Histogram, Percentile } from './field.js';

function histogram(name: string, summary: string): Histogram {
  return { name, column: name.replaceAll('.', '_'), summary };
}

/**
 * Times that are stored one by one as far as percentiles need it: for each bucket (values/buckets.ts) how many there were.
 * Not fields themselves: what is asked for is a percentile.
 */
export const histograms: readonly Histogram[] = [
  histogram('ct.times', 'Handshake times, from the first SYN to the ACK of the SYN+ACK'),
  histogram('duration.times', 'Durations, from first packet to last, of connections seen from handshake to close'),
  histogram(
    'rst.idle.times',
    'Silences before the first RST, of established connections that a RST had part in ending'
  ),
];

const words: Readonly<Record<number, string>> = { 50: 'Half', 95: '95%', 99: '99%' };

/** Median, 95th and 99th percentile; `%` in the summary becomes the part that it speaks of. */
function percentiles(name: string, summary: string, of: string, whenNull: string): Percentile[] {
  return [50, 95, 99].map((percent) => ({
    kind: 'percentile',
    name: `${name}.p${percent}`,
    type: 'number',
    unit: 'seconds',
    side: null,
    summary: summary.replace('%', words[percent] ?? ''),
    aliases: [],
    rows: 'windows',
    of,
    percent,
    scale: 1e6,
    whenNull,
  }));
}

/** Times that a part of all stay below. Null where there is none, and of rows that an earlier version stored. */
export const percentileFields: readonly Percentile[] = [
  ...percentiles('ct', '% of the handshakes, from the first SYN, took no longer', 'ct.times', 'no handshake'),
  ...percentiles(
    'duration',
    '% of the connections seen from handshake to close lasted no longer',
    'duration.times',
    'no connection closed'
  ),
  ...percentiles(
    'rst.idle',
    '% of the connections that were reset had been silent no longer before the first RST',
    'rst.idle.times',
    'no connection reset'
  ),
];
