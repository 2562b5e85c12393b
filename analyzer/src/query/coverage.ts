import { windowTables } from '../store/schema/tables.js';
import type { Notice } from './answer.js';
import type { Ranged } from './question.js';
import { span, type Range } from './range.js';
import type { Retention } from './retention.js';
import { coarsestTable, segmentsOf, type LeftOut, type Segment, type Span } from './segments.js';
import type { Session } from './session.js';

/** How a range is answered. */
export interface Coverage {
  /** As asked, or longer where only longer windows are left. */
  readonly range: Range;
  readonly spans: readonly Span[];
  /** The range in as few rows as possible. */
  readonly segments: readonly Segment[];
  /** Seconds of the longest windows that must be taken whole. */
  readonly windows: number;
  readonly notices: readonly Notice[];
}

/** Finds what covers a range; null when no window begins in it. */
export async function coverageOf(
  range: Range,
  retention: Retention,
  session: Session,
  leftOut: LeftOut = {}
): Promise<Coverage | null> {
  if (range.from >= range.to) {
    return null;
  }
  const spans = (await retention.spans(range, session)).map((span): Span => ({ ...span, ...leftOut }));
  const from = spans[0]!.from;
  const to = spans.at(-1)!.to;
  const windows = Math.max(...spans.map(({ finest }) => windowTables[finest]!.seconds));
  const notices = from < range.from || to > range.to ? [widenedNotice(spans)] : [];
  return { range: { from, to }, spans, segments: segmentsOf(spans, coarsestTable), windows, notices };
}

/** What of its range a question does not count. */
export function leftOutOf({ leaveOut, leftOut }: Pick<Ranged, 'leaveOut' | 'leftOut'>): LeftOut {
  return {
    ...(leaveOut.includes('poor-captures') ? { poorCaptures: true } : {}),
    ...(leftOut === undefined ? {} : { rows: leftOut }),
  };
}

function widenedNotice(spans: readonly Span[]): Notice {
  const ends = [spans[0]!, spans.at(-1)!].map(({ finest }) => windowTables[finest]!.seconds);
  const text = `Of this time only windows of ${span(Math.max(...ends))} are kept. The range was widened to whole ones.`;
  return { severity: 'warning', text };
}

/** For a range shorter than the windows it would need. */
export const tooShort: Notice = {
  severity: 'info',
  text: 'No window of 10 s begins in this range. Ask for a longer one.',
};
