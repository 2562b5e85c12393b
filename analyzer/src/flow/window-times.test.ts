import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bucketCount, bucketOf, histograms } from '@tcpscope/filter';
import fc from 'fast-check';
import { allocateColumns, freshBuffers } from './columns.js';
import { bytesForTimes, createWindowTimes } from './window-times.js';

type Times = ReadonlyArray<readonly [histogram: number, row: number, bucket: number]>;

const mostRows = 40;

function columnsOf(writer: ReturnType<typeof createWindowTimes>, rows: number, times: Times) {
  writer.clear(rows);
  times.forEach(([histogram, row, bucket]) => writer.add(histogram, row, bucket));
  const columns = allocateColumns(freshBuffers, rows, [], bytesForTimes(rows, times.length));
  return writer.write(columns, rows);
}

/** For each histogram and row how many times lie in each bucket, counted one by one. */
function counted(rows: number, times: Times) {
  return histograms.map((_, histogram) =>
    Array.from({ length: rows }, (_, row) => {
      const counts = new Map<number, number>();
      for (const [, , bucket] of times.filter(([h, r]) => h === histogram && r === row)) {
        counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
      }
      return [...counts].sort(([a], [b]) => a - b);
    })
  );
}

function read(columns: ReturnType<typeof columnsOf>, rows: number) {
  return columns.map(({ ends, buckets, counts }) => {
    assert.equal(ends.length, rows);
    assert.equal(buckets.length, rows === 0 ? 0 : ends[rows - 1]);
    assert.equal(counts.length, buckets.length);
    return Array.from({ length: rows }, (_, row) =>
      Array.from({ length: ends[row]! - (row === 0 ? 0 : ends[row - 1]!) }, (_, i) => {
        const at = (row === 0 ? 0 : ends[row - 1]!) + i;
        return [buckets[at]!, counts[at]!] as [number, number];
      })
    );
  });
}

describe('times of the rows of a batch', () => {
  const batches = fc
    .integer({ min: 0, max: mostRows })
    .chain((rows) =>
      fc.tuple(
        fc.constant(rows),
        fc.array(
          fc.tuple(
            fc.nat(histograms.length - 1),
            fc.nat(Math.max(0, rows - 1)),
            fc.oneof(fc.nat(3), fc.nat(bucketCount - 1))
          ),
          { maxLength: rows === 0 ? 0 : 200 }
        )
      )
    );

  test('every time is in its row and bucket, and batches do not see the times of those before', () => {
    const writer = createWindowTimes(mostRows);
    fc.assert(
      fc.property(batches, ([rows, times]) => {
        assert.deepEqual(read(columnsOf(writer, rows, times), rows), counted(rows, times));
      }),
      { numRuns: 500 }
    );
  });

  test('more times than there is room for at first are kept', () => {
    const times = Array.from({ length: 50_000 }, (_, i) => [0, i % mostRows, bucketOf(i * 37)] as const);
    const columns = columnsOf(createWindowTimes(mostRows), mostRows, times);
    const all = columns[0]!.counts.reduce((sum, count) => sum + count, 0);
    assert.equal(all, times.length);
    assert.deepEqual(read(columns, mostRows)[0], counted(mostRows, times)[0]);
  });
});
