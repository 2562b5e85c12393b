/**
 * Seeded random numbers: the same seed and name give the same numbers on every machine. Generator: sfc32 of PractRand
 * (Doty-Humphrey), 128 bits of state, fast in 32-bit arithmetic. Each part of a scenario takes its own by name, so that
 * a change of one leaves the others as they were.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(
    private readonly seed: number,
    name = ''
  ) {
    // FNV-1a of the name, so that names that differ little give unlike streams.
    let hash = 0x811c9dc5;
    for (let i = 0; i < name.length; i++) {
      hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
    }
    this.a = hash;
    this.b = seed | 0;
    this.c = Math.floor(seed / 4294967296) | 0;
    for (let i = 0; i < 12; i++) {
      this.word();
    }
  }

  /** Numbers of their own for a part of the scenario. */
  fork(name: string): Random {
    return new Random(this.seed, name);
  }

  /** 0 to 2^32 - 1. */
  word(): number {
    const sum = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** From 0 up to, not including, 1. */
  unit(): number {
    return this.word() / 4294967296;
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.unit();
  }

  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.unit() * from.length)] as T;
  }

  /** Prefers the first ones, as a few users make most of the traffic: the k-th is picked in proportion to 1 / (k + 1). */
  favourite<T>(from: readonly T[]): T {
    return from[Math.floor(Math.pow(from.length + 1, this.unit()) - 1)] as T;
  }

  /** Waiting times of events that come at random. */
  exponential(mean: number): number {
    return -Math.log(1 - this.unit()) * mean;
  }

  /** Sizes with a long tail, around `median`; a larger `spread` has a longer tail. */
  size(median: number, spread: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.unit())) * Math.cos(2 * Math.PI * this.unit());
    return Math.max(1, Math.round(median * Math.exp(spread * normal)));
  }
}
