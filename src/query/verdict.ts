import type { FilterProblem } from '../types';

/** A text cut around the place that is wrong, which may be empty at the end. */
export interface Excerpt {
  before: string;
  wrong: string;
  after: string;
}

/** Characters shown on each side of the place. */
const around = 40;

export function excerpt(text: string, { start, end }: { start: number; end: number }): Excerpt {
  const from = Math.min(Math.max(start, 0), text.length);
  const to = Math.min(Math.max(end, from), text.length);
  const before = text.slice(Math.max(from - around, 0), from);
  const after = text.slice(to, to + around);
  return {
    before: from > around ? `…${before}` : before,
    wrong: text.slice(from, to),
    after: to + around < text.length ? `${after}…` : after,
  };
}

/** The filter with the analyzer's suggestion in place, or null when it has none. */
export function corrected(text: string, { hint, position }: FilterProblem): string | null {
  return hint && position ? text.slice(0, position.start) + hint + text.slice(position.end) : null;
}
