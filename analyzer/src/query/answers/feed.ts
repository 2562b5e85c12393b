import type { RetentionConfig } from '../../store/config.js';
import type { Column, Notice, SeriesAnswer, TableAnswer } from '../answer.js';
import type { FeedQuestion } from '../question.js';
import { span, windowSeconds } from '../range.js';
import type { Rows, Session } from '../session.js';
import { feedBucketsStatement, feedStatement } from '../sql/feed.js';
import { bucketsOf, stepFor } from '../step.js';

/** How good captures were: a row for each, or a series for each. */
export async function answerFeed(
  question: FeedQuestion,
  session: Session,
  { feed: kept }: RetentionConfig,
  now: number
): Promise<TableAnswer | SeriesAnswer> {
  const { range, limit, notices } = question;
  const rows = await session.ask(feedStatement(question), limit);
  const all: Notice[] = [
    ...notices,
    ...(kept !== null && range.from < now / 1000 - kept
      ? [{ severity: 'info', text: `How good captures were is kept for ${span(kept)}.` } as const]
      : []),
    ...(rows.more
      ? [{ severity: 'warning', text: `Only the first ${limit} captures are shown; there are more.` } as const]
      : []),
  ];
  return question.series === null
    ? table(question, rows, all, session)
    : series(question, question.series, rows, all, session);
}

const numberOf = (value: unknown) => (value === null || value === undefined ? null : Number(value));

function table(question: FeedQuestion, rows: Rows, notices: readonly Notice[], session: Session): TableAnswer {
  const { kind, metrics, groupBy } = question;
  const reasons = rows.columns.at(-1) ?? [];
  const columns: Column[] = [
    ...groupBy.map((field, i): Column => {
      return { name: field.name, field, type: 'string', values: (rows.columns[i] ?? []).map(String) };
    }),
    ...metrics.map((field, i): Column => {
      const values = (rows.columns[groupBy.length + i] ?? []).map(numberOf);
      const nulls = field.kind === 'ratio' && values.includes(null) ? { nulls: 'none' as const } : {};
      return { name: field.name, field, type: 'number', values, ...nulls };
    }),
    {
      name: 'reason',
      field: null,
      type: 'string',
      values: reasons.map((reason) => (reason === '' ? null : String(reason))),
      summary: 'Why no verdicts were given, the last time that was so',
    },
  ];
  const { count, more } = rows;
  return { shape: 'table', kind, columns, rows: count, more, notices, statements: session.statements };
}

async function series(
  question: FeedQuestion,
  wishes: NonNullable<FeedQuestion['series']>,
  captures: Rows,
  notices: readonly Notice[],
  session: Session
): Promise<SeriesAnswer> {
  const { kind, range, metrics, groupBy } = question;
  const step = stepFor(range, { ...wishes, windows: windowSeconds });
  const times = bucketsOf(range, step);
  const names = Array.from({ length: captures.count }, (_, row) =>
    groupBy.map((_, i) => String(captures.columns[i]![row]))
  );
  const found = names.map((keys) => ({
    keys,
    values: metrics.map(() => Array<number | null>(times.length).fill(null)),
  }));
  if (names.length > 0) {
    const places = new Map(names.map((keys, i) => [JSON.stringify(keys), i]));
    const rows = await session.ask(feedBucketsStatement(question, step, names), times.length * names.length);
    for (let row = 0; row < rows.count; row++) {
      const keys = groupBy.map((_, i) => String(rows.columns[1 + i]![row]));
      const into = found[places.get(JSON.stringify(keys)) ?? -1];
      const at = (Number(rows.columns[0]![row]) - times[0]!) / step;
      metrics.forEach((_, m) => {
        const line = into?.values[m];
        if (line !== undefined) {
          line[at] = numberOf(rows.columns[1 + groupBy.length + m]![row]);
        }
      });
    }
  }
  return {
    shape: 'series',
    kind,
    metrics,
    groupBy,
    step,
    times,
    series: found,
    notices,
    statements: session.statements,
  };
}
