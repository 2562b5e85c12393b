import { LRUCache } from 'lru-cache';
import type { Answer } from './answer.js';
import type { Question } from './question.js';
import { windowSeconds } from './range.js';

/** Rows of a window may still come this long after its end: grace, spool, insert. */
const settledMs = 60_000;
/** What is past may still change: files are imported, late rows arrive. */
const pastMs = 30_000;

interface Entry {
  readonly answer: Answer;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/**
 * Recent answers, by what was asked. Many viewers of one dashboard ask the same within a few seconds. The price is that an
 * answer may be up to a window old, or 30 s for what is past, and a bounded amount of memory.
 */
export class AnswerCache {
  private readonly entries: LRUCache<string, Entry>;
  hits = 0;
  misses = 0;

  /** @param bytes for all answers together; one may take a quarter of it */
  constructor(
    bytes: number,
    private readonly now: () => number
  ) {
    this.entries = new LRUCache({ maxSize: bytes, maxEntrySize: Math.max(1, Math.floor(bytes / 4)) });
  }

  get bytes(): number {
    return this.entries.calculatedSize;
  }

  get(key: string): Answer | undefined {
    const entry = this.entries.get(key);
    if (entry !== undefined && entry.expires > this.now()) {
      this.hits++;
      return entry.answer;
    }
    this.misses++;
    return undefined;
  }

  set(key: string, answer: Answer, endMs: number): void {
    this.entries.set(key, { answer, expires: expiry(endMs, this.now()) }, { size: sizeOf(key, answer) });
  }
}

/** Until when an answer about a range that ends at `endMs` holds, both in milliseconds since 1970. */
export function expiry(endMs: number, now: number): number {
  const window = windowSeconds * 1000;
  return endMs > now - settledMs ? (Math.floor(now / window) + 1) * window : now + pastMs;
}

/** The same text for the same question: fields by their names, and nothing of who asks. */
export function keyOf(question: Question): string {
  return JSON.stringify(question, (_, value: unknown) =>
    typeof value === 'object' && value !== null && 'summary' in value && 'name' in value ? value.name : value
  );
}

/** Bytes, roughly. */
function sizeOf(key: string, answer: Answer): number {
  const texts = answer.statements.reduce((sum, { sql }) => sum + 2 * sql.length, 2 * key.length + 1000);
  switch (answer.shape) {
    case 'series':
      return texts + answer.series.reduce((sum, { values }) => sum + 200 + 8 * values.length * answer.times.length, 0);
    case 'table':
      return answer.columns.reduce(
        (sum, { values }) =>
          values.reduce<number>((of, cell) => of + (typeof cell === 'string' ? 2 * cell.length + 16 : 8), sum),
        texts
      );
    case 'empty':
      return texts;
  }
}
