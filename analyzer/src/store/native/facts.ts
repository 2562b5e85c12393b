import { aroundWords, readAround, type Surroundings } from '../../diagnose/index.js';
import { factsVersion, factWords } from '../../flow/index.js';
import type { DiagnosableBatch } from './rows.js';

/**
 * The facts of a connection as the store keeps them, few numbers because most are 0: the version of their layout, a bit
 * for each word that is not 0 (32 to a number), then those words. Behind the facts come the words of what other
 * connections told (`readAround`).
 */
const words = factWords + aroundWords;
const masks = Math.ceil(words / 32);

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
  for (let word = 0; word < words; word++) {
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

export interface UnpackedFacts {
  /** As `ConnectionBatch.facts` of one row. */
  readonly facts: Int32Array;
  readonly around: Surroundings;
}

/** Facts as they were packed; null for those of another version, or of a connection that was not diagnosed. */
export function unpackFacts(packed: readonly number[], poorFeed: string): UnpackedFacts | null {
  if (packed[0] !== factsVersion) {
    return null;
  }
  const all = new Int32Array(words);
  let at = 1 + masks;
  for (let word = 0; word < words; word++) {
    if (((packed[1 + (word >>> 5)] ?? 0) & (1 << (word & 31))) !== 0) {
      all[word] = packed[at++] ?? 0;
    }
  }
  const around = readAround(all, factWords, poorFeed === '' ? null : poorFeed);
  return { facts: all.subarray(0, factWords), around };
}
