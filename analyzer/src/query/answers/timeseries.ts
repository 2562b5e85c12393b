import type { Notice, Series, SeriesAnswer } from '../answer.js';
import { coverageOf, leftOutOf, tooShort, type Coverage } from '../coverage.js';
import { keyValue } from '../keys.js';
import { Measures, valueOfNothing } from '../measures.js';
import { ingredientsOf } from '../names.js';
import type { TimeseriesQuestion } from '../question.js';
import { span } from '../range.js';
import type { Retention } from '../retention.js';
import { coarsestFor, segmentsOf } from '../segments.js';
import type { Rows, Session } from '../session.js';
import { bucketsStatement } from '../sql/buckets.js';
import { groupsStatement } from '../sql/groups.js';
import { presenceStatement } from '../sql/presence.js';
import { bucketsOf, stepFor } from '../step.js';

/** Most numbers in one answer; longer buckets keep it there. */
const mostNumbers = 1_000_000;

/** A series for each group, those with the highest values over the whole range first. */
export async function answerTimeseries(
  question: TimeseriesQuestion,
  session: Session,
  retention: Retention
): Promise<SeriesAnswer> {
  const { kind, metrics, groupBy, limit, notices } = question;
  const common = { shape: 'series', kind, metrics, groupBy } as const;
  const coverage = await coverageOf(question.range, retention, session, leftOutOf(question));
  if (coverage === null) {
    const all = [...notices, tooShort];
    return { ...common, step: 0, times: [], series: [], notices: all, statements: session.statements };
  }
  const { step, notices: stepped } = stepOf(question, coverage);
  const times = bucketsOf(coverage.range, step);
  const ranking = await rank(question, coverage, session);
  const cut: Notice[] = ranking?.more
    ? [
        {
          severity: 'warning',
          text: `Only the ${limit} series with the highest ${question.order[0]?.field.name} are shown; there are more. Raise the limit or filter.`,
        },
      ]
    : [];
  const series =
    ranking !== null && ranking.count === 0 ? [] : await fill(question, coverage, ranking, step, times, session);
  const all = [...notices, ...coverage.notices, ...stepped, ...cut];
  return { ...common, step, times, series, notices: all, statements: session.statements };
}

function stepOf(question: TimeseriesQuestion, { range, windows }: Coverage) {
  const { groupBy, limit, metrics, intervalMs, maxDataPoints } = question;
  const most = Math.floor(mostNumbers / (metrics.length * (groupBy.length > 0 ? limit : 1)));
  const points = Math.max(2, Math.min(question.points, most));
  const wished = stepFor(range, { intervalMs, maxDataPoints, points: Infinity, windows: 10 });
  const step = stepFor(range, { intervalMs, maxDataPoints, points, windows });
  const why =
    windows > wished
      ? `only windows of ${span(windows)} are kept of this time`
      : `at most ${points} points are answered`;
  const text = `Points are ${span(step)} apart, not ${span(wished)}: ${why}.`;
  const notices: Notice[] = step > wished ? [{ severity: 'info', text }] : [];
  return { step, notices };
}

/** The groups that get a series; null when all rows are one series and nothing can leave it out. */
async function rank(question: TimeseriesQuestion, coverage: Coverage, session: Session): Promise<Rows | null> {
  const { groupBy, condition, limit } = question;
  if (groupBy.length === 0 && (condition.having === null || condition.scope === 'flows')) {
    return null;
  }
  const ingredients = ingredientsOf([]);
  return session.ask(groupsStatement({ ...question, segments: coverage.segments, ingredients }), limit);
}

async function fill(
  question: TimeseriesQuestion,
  coverage: Coverage,
  ranking: Rows | null,
  step: number,
  times: readonly number[],
  session: Session
): Promise<Series[]> {
  const { metrics, groupBy, condition } = question;
  const grouped = ranking !== null && groupBy.length > 0;
  const hashes = grouped ? ranking.columns[1]!.map(String) : ['0'];
  const ingredients = ingredientsOf(metrics);
  const segments = segmentsOf(coverage.spans, coarsestFor(step));
  const groups = grouped ? hashes : null;
  const plan = { segments, whole: coverage.segments, step, condition, groupBy, groups, ingredients };
  const rows = await session.ask(bucketsStatement(plan), times.length * hashes.length);

  const series = hashes.map((_, i): { keys: string[]; values: Array<Array<number | null | undefined>> } => ({
    keys: grouped ? groupBy.map((dimension, k) => String(keyValue(dimension, ranking.columns[2 + k]![i]))) : [],
    values: metrics.map(() => Array<undefined>(times.length).fill(undefined)),
  }));
  const positions = new Map(hashes.map((hash, i) => [hash, i]));
  const measures = new Measures(ingredients, rows.columns, 2);
  const seen = new Set<number>();
  for (let row = 0; row < rows.count; row++) {
    const start = Number(rows.columns[0]![row]);
    const at = (start - times[0]!) / step;
    const into = series[positions.get(String(rows.columns[1]![row])) ?? 0]!;
    seen.add(start);
    metrics.forEach((metric, m) => {
      into.values[m]![at] = measures.value(metric, row);
    });
  }
  const captured = await presence(question, segments, step, times, seen, session);
  if (captured.none && rows.count === 0) {
    return [];
  }
  const probe = groupBy.findIndex(({ name }) => name === 'probe');
  return series.map(({ keys, values }) => ({
    keys,
    values: values.map((points, m) => {
      const nothing = valueOfNothing(metrics[m]!);
      return points.map((value, i) => {
        return value !== undefined ? value : captured.at(times[i]!, keys[probe]) ? nothing : null;
      });
    }),
  }));
}

interface Presence {
  readonly none: boolean;
  at(time: number, probe: string | undefined): boolean;
}

/** Where something was captured, so that nothing found is 0 and not unknown. Rows of the answer prove it; else it is asked. */
async function presence(
  { groupBy, condition, metrics }: TimeseriesQuestion,
  segments: Parameters<typeof presenceStatement>[0],
  step: number,
  times: readonly number[],
  seen: ReadonlySet<number>,
  session: Session
): Promise<Presence> {
  const byProbe = groupBy.some(({ name }) => name === 'probe');
  const counts = metrics.some((metric) => valueOfNothing(metric) !== null);
  if ((seen.size === times.length && !byProbe) || (!counts && seen.size > 0)) {
    return { none: false, at: () => counts };
  }
  const { columns, count } = await session.ask(
    presenceStatement(segments, step, condition.where, byProbe),
    times.length * (byProbe ? 1000 : 1)
  );
  const found = new Set(
    Array.from({ length: count }, (_, row) => columns.map((column) => String(column[row])).join(' '))
  );
  return { none: count === 0, at: (time, probe) => found.has(byProbe ? `${time} ${probe}` : String(time)) };
}
