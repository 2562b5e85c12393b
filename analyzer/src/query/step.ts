import type { Range } from './range.js';

const days = [1, 2, 5, 10, 30, 60, 90, 180, 365].map((day) => day * 86_400);

/**
 * Distances of points in seconds. Each is a multiple of every length of windows that is not longer than it, so buckets are
 * always whole windows of a table.
 */
export const steps: readonly number[] = [
  10, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 14_400, 21_600, 28_800, 43_200, ...days,
]; // prettier-ignore

export interface StepWishes {
  /** Milliseconds. */
  readonly intervalMs: number;
  readonly maxDataPoints: number;
  /** Most buckets that are answered. */
  readonly points: number;
  /** Seconds of the windows that there are in the whole range. */
  readonly windows: number;
}

/** The least step that respects everybody's wishes. */
export function stepFor({ from, to }: Range, { intervalMs, maxDataPoints, points, windows }: StepWishes): number {
  const length = to - from;
  const least = Math.max(
    intervalMs / 1000,
    length / Math.max(1, maxDataPoints),
    length / Math.max(1, points - 1),
    windows
  );
  return steps.find((step) => step >= least) ?? Math.ceil(least / 86_400) * 86_400;
}

/** Starts of the buckets that a range touches, seconds since 1970. Buckets are aligned to their width. */
export function bucketsOf({ from, to }: Range, step: number): number[] {
  const first = Math.floor(from / step);
  const count = to > from ? Math.ceil(to / step) - first : 0;
  return Array.from({ length: count }, (_, i) => (first + i) * step);
}
