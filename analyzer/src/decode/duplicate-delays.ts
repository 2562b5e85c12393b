/** Pairs of vantage points remembered; a power of 2. */
const PAIRS = 256;
/** Copies of a pair after which its delay counts as learned. */
const ENOUGH = 8;
/** Longest delay until then, longest ever, and the shortest that is allowed for, microseconds. */
const UNKNOWN = 20_000;
const MOST = 100_000;
const LEAST = 1000;
/** Weight of a new delay in the averages, and deviations from the mean that are still usual. */
const WEIGHT = 1 / 16;
const DEVIATIONS = 8;

/**
 * How long a packet takes from one vantage point to another. Copies of a switch come microseconds later, those behind a
 * firewall milliseconds: a fixed time would miss the ones or take a sender's own repetitions for the others.
 * Mean and mean deviation are kept as TCP keeps its round-trip times (RFC 6298).
 */
export function createDelays() {
  const keys = new Int32Array(PAIRS);
  const counts = new Int32Array(PAIRS);
  const means = new Float32Array(PAIRS);
  const deviations = new Float32Array(PAIRS);

  function slotOf(pair: number): number {
    return (pair ^ (pair >>> 16)) & (PAIRS - 1);
  }

  /** Longest delay at which a segment of this pair can be a copy, microseconds. */
  function allowed(pair: number): number {
    const slot = slotOf(pair);
    if (keys[slot] !== pair || (counts[slot] as number) < ENOUGH) {
      return UNKNOWN;
    }
    const usual = (means[slot] as number) + DEVIATIONS * (deviations[slot] as number);
    return Math.min(MOST, Math.max(LEAST, usual));
  }

  /** Copies seen of this pair so far. */
  function seen(pair: number): number {
    const slot = slotOf(pair);
    return keys[slot] === pair ? (counts[slot] as number) : 0;
  }

  /** Learns from a copy that came `delay` microseconds after its original. */
  function learn(pair: number, delay: number): void {
    const slot = slotOf(pair);
    if (keys[slot] !== pair) {
      keys[slot] = pair;
      counts[slot] = 1;
      means[slot] = delay;
      deviations[slot] = delay / 2;
      return;
    }
    counts[slot] = (counts[slot] as number) + 1;
    const error = delay - (means[slot] as number);
    means[slot] = (means[slot] as number) + WEIGHT * error;
    deviations[slot] = (deviations[slot] as number) + WEIGHT * (Math.abs(error) - (deviations[slot] as number));
  }

  return { most: MOST, allowed, seen, learn };
}
