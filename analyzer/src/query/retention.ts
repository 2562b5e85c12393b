import { LRUCache } from 'lru-cache';
import type { RetentionConfig } from '../store/config.js';
import { windowTables } from '../store/schema/tables.js';
import type { Range } from './range.js';
import type { Span } from './segments.js';
import type { Session } from './session.js';
import { ageStatement } from './sql/age.js';

const day = 86_400;
/** Rows may go a little before or after their time; what is close to it counts as gone. */
const marginSeconds = 3600;
/** What was learned about a day holds for so long. */
const knownMs = 600_000;

/**
 * Divides a range by how fine the windows are that are still there. Rows are kept for a time after they were stored: of a
 * live capture that is their age, of an import it is not, so days that are old are looked up. `stored` gives the second
 * at which the oldest row of a day was stored; undefined where a day has no rows. Pure; `now` in seconds.
 */
export function spansOf(
  range: Range,
  retention: RetentionConfig,
  now: number,
  stored: (day: number) => number | undefined
): Span[] {
  const spans: Array<{ from: number; to: number; finest: number }> = [];
  for (let from = range.from; from < range.to;) {
    const start = Math.floor(from / day) * day;
    const complete = completeFrom(retention, now) <= start;
    const to = complete ? range.to : Math.min(start + day, range.to);
    const finest = complete ? 0 : finestOf(start, retention, now, stored(start));
    const last = spans.at(-1);
    if (last?.finest === finest) {
      last.to = to;
    } else {
      spans.push({ from, to, finest });
    }
    from = to;
  }
  return spans.map(widened);
}

/** Windows that reach beyond the range are taken whole: half of one is not known. */
function widened({ from, to, finest }: Span): Span {
  const { seconds } = windowTables[finest]!;
  return { from: Math.floor(from / seconds) * seconds, to: Math.ceil(to / seconds) * seconds, finest };
}

/** From this second on all tables have everything. */
export function completeFrom({ conv_10s: kept }: RetentionConfig, now: number): number {
  return kept === null ? -Infinity : now - kept + marginSeconds;
}

function finestOf(start: number, retention: RetentionConfig, now: number, stored: number | undefined): number {
  const level = windowTables.findIndex(({ name }) => {
    const kept = retention[name];
    // Rows of a conversation are merged over the day and remember the last one, so the first may be a day older.
    return (
      kept === null ||
      start >= now - kept + marginSeconds ||
      (stored !== undefined && stored - day >= now - kept + marginSeconds)
    );
  });
  return level < 0 ? windowTables.length - 1 : level;
}

/** Looks up what `spansOf` must know. */
export class Retention {
  private readonly known = new LRUCache<number, { readonly stored: number | undefined; readonly at: number }>({
    max: 10_000,
  });

  constructor(
    private readonly config: RetentionConfig,
    private readonly now: () => number
  ) {}

  async spans(range: Range, session: Session): Promise<Span[]> {
    const seconds = this.now() / 1000;
    const old: Range = {
      from: Math.floor(range.from / day) * day,
      to: Math.min(range.to, completeFrom(this.config, seconds)),
    };
    if (range.from < old.to) {
      await this.learn({ from: old.from, to: Math.ceil(old.to / day) * day }, session);
    }
    return spansOf(range, this.config, seconds, (start) => this.known.get(start)?.stored);
  }

  private async learn(range: Range, session: Session): Promise<void> {
    const days = Array.from({ length: (range.to - range.from) / day }, (_, i) => range.from + i * day);
    const now = this.now();
    const unknown = days.filter((start) => now - (this.known.get(start)?.at ?? -Infinity) > knownMs);
    if (unknown.length === 0) {
      return;
    }
    const asked = { from: unknown[0]!, to: unknown.at(-1)! + day };
    const { columns, count } = await session.ask(ageStatement(asked), days.length);
    const stored = new Map(Array.from({ length: count }, (_, i) => [Number(columns[0]![i]), Number(columns[1]![i])]));
    for (const start of days.filter((each) => each >= asked.from && each < asked.to)) {
      this.known.set(start, { stored: stored.get(start), at: now });
    }
  }
}
