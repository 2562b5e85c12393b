import { aroundWords } from '../../diagnose/index.js';
import { factsVersion, factWords } from '../../flow/index.js';
import type { DiagnosableBatch } from './rows.js';

/**
 * The facts of a connection as the store keeps them, few numbers because most are 0: the version of their layout, a bit
 * for each word that is not 0 (32 to a number), then those words. Behind the facts come the words of what other
 * connections told (`readAround`).
 */
export const storedFactWords = factWords + aroundWords;
const masks = Math.ceil(storedFactWords / 32);

/** Appends the facts of a row; nothing when it was not diagnosed. */
export function packFacts({ facts, verdicts }: DiagnosableBatch, row: number, into: number[]): void {
  if (verdicts === undefined) {
    return;
  }
  into.push(factsVersion);
  const mask = into.length;
  for (let i = 0; i < masks; i++) {
    into.push(0);
  }
  for (let word = 0; word < storedFactWords; word++) {
    const value =
      word < factWords
        ? (facts[row * factWords + word] as number)
        : (verdicts.around[row * aroundWords + word - factWords] as number);
    if (value !== 0) {
      into[mask + (word >>> 5)] = (into[mask + (word >>> 5)] as number) | (1 << (word & 31));
      into.push(value);
    }
  }
}

/**
 * Reads facts as they were packed: as `ConnectionBatch.facts` of one row, and behind them what `readAround` reads.
 * @param into `storedFactWords` words; those of a connection read before may be in it
 * @returns false, and zeros, for facts of another version or of a connection that was not diagnosed
 */
export function unpackFacts(packed: readonly number[], into: Int32Array): boolean {
  into.fill(0);
  if (packed[0] !== factsVersion) {
    return false;
  }
  let at = 1 + masks;
  for (let mask = 0; mask < masks; mask++) {
    for (let bits = packed[1 + mask] ?? 0; bits !== 0; bits &= bits - 1) {
      into[32 * mask + 31 - Math.clz32(bits & -bits)] = packed[at++] ?? 0;
    }
  }
  return true;
}
