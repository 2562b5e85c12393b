import type { FilterAnswer, FilterProblem } from '../types';

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

export interface Advice {
  message: string;
  /** A whole filter to use instead. */
  filter?: string;
}

/** The analyzer's advice in any of the forms that it may take: a sentence, an object with a message, or several of them. */
export function advices(advice: FilterAnswer['advice']): Advice[] {
  const list = Array.isArray(advice) ? advice : [advice];
  return list.flatMap((item): Advice[] => {
    if (typeof item === 'string') {
      return item === '' ? [] : [{ message: item }];
    }
    if (typeof item !== 'object' || item === null || !('message' in item)) {
      return [];
    }
    const { message, filter, hint } = item as { message: unknown; filter?: unknown; hint?: unknown };
    const replacement = typeof filter === 'string' ? filter : hint;
    return [
      typeof replacement === 'string'
        ? { message: String(message), filter: replacement }
        : { message: String(message) },
    ];
  });
}
