/** How times of silence are weighed: by magnitude, since nobody knows anybody's timer. */

/** Decimal orders of magnitude of a quiet time above 0.4 s, at most 2.5. */
export function quiet(micros: number): number {
  return Math.max(0, Math.min(2.5, Math.log10(Math.max(1, micros) / 0.4e6)));
}

/** 1 for what happens within a second, less for what took longer, 0.3 at the least. */
export function atOnce(micros: number): number {
  return Math.max(0.3, Math.min(1, 1 - 0.5 * Math.log10(Math.max(1, micros) / 1e6)));
}
