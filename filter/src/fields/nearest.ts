import { fieldsOf, type RowKind } from './lookup.js';

/** Letters left out are the most likely slip (`rst.cnt`), so a wrong letter costs more than a missing one. */
const cost = { missing: 1, extra: 1, wrong: 1.3, swapped: 1 } as const;

/** Weighted edit distance with swaps of neighbours (optimal string alignment): what it takes to make `to` of `from`. */
export function distance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, j) => j * cost.missing);
  for (let i = 1; i <= from.length; i++) {
    const row = [i * cost.extra];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      let best = Math.min(
        (last[j] ?? 0) + cost.extra,
        (row[j - 1] ?? 0) + cost.missing,
        (last[j - 1] ?? 0) + (same ? 0 : cost.wrong)
      );
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + cost.swapped);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[to.length] ?? 0;
}

/**
 * The candidates a word may have been meant for, nearest first; none when nothing is close. `handicap` is added to the
 * distance of a candidate.
 */
export function nearest(
  word: string,
  candidates: readonly string[],
  limit: number,
  handicap: (candidate: string) => number = () => 0
): string[] {
  const lower = word.toLowerCase().slice(0, 60);
  const most = Math.max(1.3, lower.length * 0.4);
  return candidates
    .map((candidate) => ({ candidate, distance: distance(lower, candidate.toLowerCase()) + handicap(candidate) }))
    .filter((found) => found.distance <= most)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

/** Canonical names of fields that an unknown name may have been meant for, nearest first. Aliases count a little less. */
export function nearestFields(name: string, rows: RowKind, limit = 3): string[] {
  const canonical = new Map<string, string>();
  for (const field of fieldsOf(rows)) {
    for (const alias of [field.name, ...field.aliases]) {
      canonical.set(alias, canonical.get(alias) ?? field.name);
    }
  }
  const handicap = (word: string) => (canonical.get(word) === word ? 0 : 0.8);
  const found = nearest(name, [...canonical.keys()], limit * 3, handicap).map((word) => canonical.get(word) ?? word);
  return [...new Set(found)].slice(0, limit);
}
