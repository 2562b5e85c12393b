import { bucketCount, histograms } from '@tcpscope/filter';
import type { TimesColumn } from './batch.js';
import type { Columns } from './columns.js';

/** Bytes that one time takes in a column at most, and bytes that each row takes besides. */
const TIME_BYTES = 6;
const ROW_BYTES = 4 * histograms.length;

/** Bytes that the columns of `times` times in `rows` rows need. */
export function bytesForTimes(rows: number, times: number): number {
  // Every column is filled up to 8 bytes.
  return rows * ROW_BYTES + times * TIME_BYTES + histograms.length * 24;
}

/** Place of a histogram in the catalogue, and so in a batch. Throws when the catalogue lacks it: a mistake of ours. */
export function histogramIndex(name: string): number {
  const at = histograms.findIndex((histogram) => histogram.name === name);
  if (at < 0) {
    throw new Error(`the catalogue has no histogram ${name}`);
  }
  return at;
}

export type WindowTimes = ReturnType<typeof createWindowTimes>;

/**
 * Gathers the times of a batch by row: which bucket each lies in. Few rows have more than one time of a kind, so they are
 * chained by row as they come, and only a row with several sorts its own. The same times give the same columns in
 * whatever order they come.
 * @param mostRows rows of a batch
 */
export function createWindowTimes(mostRows: number) {
  /** For each histogram and row: 1 + place of the time that came last; 0 without any. */
  const heads = new Int32Array(histograms.length * mostRows);
  /** For each time: 1 + place of the one before it in its row, and its bucket. */
  let before = new Int32Array(1 << 12);
  let buckets = new Uint16Array(1 << 12);
  let used = 0;
  const counted = new Int32Array(histograms.length);

  /** Forgets the times of the batch before. */
  function clear(rows: number): void {
    for (let histogram = 0; histogram < histograms.length; histogram++) {
      heads.fill(0, histogram * mostRows, histogram * mostRows + rows);
    }
    counted.fill(0);
    used = 0;
  }

  function add(histogram: number, row: number, bucket: number): void {
    if (used === before.length) {
      grow();
    }
    const head = histogram * mostRows + row;
    before[used] = heads[head] as number;
    buckets[used] = bucket;
    heads[head] = ++used;
    counted[histogram] = (counted[histogram] as number) + 1;
  }

  function grow(): void {
    const [chains, all] = [before, buckets];
    before = new Int32Array(chains.length * 2);
    before.set(chains);
    buckets = new Uint16Array(all.length * 2);
    buckets.set(all);
  }

  /** Lays the columns into a batch that has room for them. */
  function write(columns: Columns, rows: number): TimesColumn[] {
    return histograms.map((_, histogram) => {
      const most = counted[histogram] as number;
      const column = { ends: columns.words(), counts: columns.words(most), buckets: columns.shorts(1, most) };
      const first = histogram * mostRows;
      let end = 0;
      for (let row = 0; row < rows; row++) {
        end = writeRow(column, heads[first + row] as number, end);
        column.ends[row] = end;
      }
      return { ...column, counts: column.counts.subarray(0, end), buckets: column.buckets.subarray(0, end) };
    });
  }

  /** Sorts the times of a row in, beginning at `start`; returns where they end. */
  function writeRow({ buckets: to, counts }: TimesColumn, head: number, start: number): number {
    let end = start;
    for (let time = head; time !== 0; time = before[time - 1] as number) {
      const bucket = buckets[time - 1] as number;
      let at = end;
      while (at > start && (to[at - 1] as number) > bucket) {
        at--;
      }
      if (at > start && to[at - 1] === bucket) {
        counts[at - 1] = (counts[at - 1] as number) + 1;
        continue;
      }
      if (at < end) {
        to.copyWithin(at + 1, at, end);
        counts.copyWithin(at + 1, at, end);
      }
      to[at] = bucket;
      counts[at] = 1;
      end++;
    }
    return end;
  }

  return { clear, add, write };
}

if (bucketCount > 0x10000) {
  throw new Error('a bucket does not fit 16 bits');
}
