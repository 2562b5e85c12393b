/** A seeded source of chance (mulberry32): the same seed makes the same laboratory run, up to the kernel's timing. */
export class Random {
  private state: number;

  /** @param parts what the seed is made of, e.g. seed, scenario and repeat */
  constructor(...parts: ReadonlyArray<string | number>) {
    let hash = 0x811c9dc5;
    for (const letter of parts.join('/')) {
      hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
    }
    this.state = hash | 0;
  }

  /** From 0 up to, not including, 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let word = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number, both ends included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  /** A whole number whose logarithm is uniform: sizes and times differ by magnitudes, not by steps. */
  spread(from: number, to: number): number {
    return Math.round(Math.exp(Math.log(from) + this.next() * (Math.log(to) - Math.log(from))));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)] as T;
  }
}
