/** Numbers that a seed repeats: xorshift128 by Marsaglia (2003), good enough to choose mutations. */
export class Random {
  private readonly state: Uint32Array;

  constructor(seed: number) {
    this.state = Uint32Array.of(seed | 1, seed ^ 0x9e3779b9, seed + 0x7f4a7c15, 0x6a09e667);
    for (let i = 0; i < 20; i++) {
      this.word();
    }
  }

  /** 0 to 2^32 - 1. */
  word(): number {
    const s = this.state as unknown as [number, number, number, number];
    let t = s[3];
    t ^= t << 11;
    t ^= t >>> 8;
    s[3] = s[2];
    s[2] = s[1];
    s[1] = s[0];
    s[0] = t ^ s[0] ^ (s[0] >>> 19);
    return s[0];
  }

  /** 0 to `end` - 1. */
  below(end: number): number {
    return this.word() % end;
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}
