/**
 * Times in logarithmic buckets, so that percentiles exist for any group and any length of time: counts of the same bucket
 * add up exactly, whoever counted them. A time is a whole number of microseconds of which the five highest binary digits
 * are kept, which divides every power of two into 16 equal parts. That is the scheme of HdrHistogram
 * (https://hdrhistogram.org) with 16 instead of 2048 parts; unlike DDSketch's (Masson, Rim and Lee 2019), its bounds are
 * whole numbers and need no logarithm, so that every machine finds the same bucket.
 */

/** Parts of a power of two. */
const PARTS = 16;
/** Highest power of two that has buckets: times of 12.7 days and more share the last one. */
const HIGHEST = 39;

/** How many buckets there are. */
export const bucketCount = (HIGHEST - 3) * PARTS + PARTS;

/** Most that the middle of a bucket differs from a time in it, as a share of that time; whole microseconds apart. */
export const bucketError = 1 / (2 * PARTS);

/** The bucket of a time in whole microseconds: 0 to `bucketCount` - 1; times below 32 µs have one each. */
export function bucketOf(micros: number): number {
  if (micros < 0x80000000) {
    const shift = 27 - Math.clz32(micros);
    return shift <= 0 ? micros : (shift << 4) + (micros >>> shift);
  }
  const high = Math.floor(micros / 0x10000);
  const shift = 27 - Math.clz32(high);
  return micros < 2 ** (HIGHEST + 1) ? ((shift + 16) << 4) + (high >>> shift) : bucketCount - 1;
}

/** The time that stands for each bucket, whole microseconds: the middle. */
export const bucketTimes: Float64Array = Float64Array.from({ length: bucketCount }, (_, bucket) => {
  const shift = (bucket >>> 4) - 1;
  return shift <= 0 ? bucket : ((bucket & 15) + PARTS) * 2 ** shift + 2 ** (shift - 1);
});

/**
 * The mean of all counted times, whole microseconds of the middles of their buckets divided; null when nothing was counted.
 * @param times buckets in rising order and how many times lie in each, by turns
 */
export function meanOf(times: readonly number[]): number | null {
  let all = 0;
  let sum = 0;
  for (let i = 0; i < times.length; i += 2) {
    const count = times[i + 1] ?? 0;
    all += count;
    sum += (bucketTimes[times[i] ?? 0] ?? 0) * count;
  }
  return all === 0 ? null : sum / all;
}

/**
 * The least time that is not below `percent` of all counted times (the nearest rank): whole microseconds, the middle of
 * its bucket. Null when nothing was counted.
 * @param times buckets in rising order and how many times lie in each, by turns
 */
export function percentileOf(times: readonly number[], percent: number): number | null {
  let all = 0;
  for (let i = 1; i < times.length; i += 2) {
    all += times[i] ?? 0;
  }
  let passed = 0;
  for (let i = 0; i < times.length; i += 2) {
    passed += times[i + 1] ?? 0;
    // In whole numbers, so that SQL finds the same rank.
    if (passed > 0 && passed * 100 >= all * percent) {
      return bucketTimes[times[i] ?? 0] ?? null;
    }
  }
  return null;
}
