import { histograms, meanOf, percentileOf, type TimeMetric } from '@tcpscope/filter';
import { windowCounters, type TimesColumn } from '../flow/index.js';

/** What rows of windows add up to. */
export interface Sums {
  /** By the catalogue's order of counters, in stored units. */
  readonly counters: Float64Array;
  /** By the catalogue's order of histograms: buckets in rising order and how many times lie in each, by turns. */
  readonly times: readonly number[][];
}

export function emptySums(): Sums {
  return { counters: new Float64Array(windowCounters.length), times: histograms.map(() => []) };
}

const place = new Map(histograms.map(({ name }, i) => [name, i]));

/** A percentile or mean in stored units; null without any time. */
export function timeOf({ times }: Sums, metric: TimeMetric): number | null {
  const counted = times[place.get(metric.of) ?? -1] ?? [];
  return metric.kind === 'mean' ? meanOf(counted) : percentileOf(counted, metric.percent);
}

export function copyOf({ counters, times }: Sums): Sums {
  return { counters: counters.slice(), times: times.map((each) => each.slice()) };
}

/** Adds what other rows add up to. */
export function addSums(to: Sums, from: Sums): void {
  for (let i = 0; i < windowCounters.length; i++) {
    const [before, value] = [to.counters[i] as number, from.counters[i] as number];
    to.counters[i] = windowCounters[i]?.aggregate === 'max' ? Math.max(before, value) : before + value;
  }
  from.times.forEach((times, i) => {
    for (let at = 0; at < times.length; at += 2) {
      addTimes(to.times[i] as number[], times[at] as number, times[at + 1] as number);
    }
  });
}

/** Adds the times of a row of a window. */
export function addRowTimes(to: Sums, columns: readonly TimesColumn[], row: number): void {
  for (let i = 0; i < columns.length; i++) {
    const { ends, buckets, counts } = columns[i] as TimesColumn;
    const end = ends[row] as number;
    for (let at = row === 0 ? 0 : (ends[row - 1] as number); at < end; at++) {
      addTimes(to.times[i] as number[], buckets[at] as number, counts[at] as number);
    }
  }
}

/** Keeps the buckets in order; there are a few hundred at most, and of one conversation mostly one. */
function addTimes(times: number[], bucket: number, count: number): void {
  let at = times.length;
  while (at > 0 && (times[at - 2] as number) > bucket) {
    at -= 2;
  }
  if (at > 0 && times[at - 2] === bucket) {
    times[at - 1] = (times[at - 1] as number) + count;
  } else {
    times.splice(at, 0, bucket, count);
  }
}
