import { isOfTimes } from '@tcpscope/filter';
import type { Column, Metric, Notice, TableAnswer } from '../answer.js';
import { coverageOf, leftOutOf, tooShort, type Coverage } from '../coverage.js';
import { keyValue } from '../keys.js';
import { Measures, measured, valueOfNothing } from '../measures.js';
import type { Ingredients } from '../names.js';
import type { GroupsQuestion } from '../question.js';
import { span } from '../range.js';
import type { Retention } from '../retention.js';
import type { Rows, Session } from '../session.js';
import { groupsStatement } from '../sql/groups.js';
import { anythingStatement } from '../sql/presence.js';
import { seenSegment, seenStatement } from '../sql/seen.js';
import { causeColumn } from './group-cause.js';

/** Groups with their metrics over the whole range. */
export async function answerGroups(
  question: GroupsQuestion,
  session: Session,
  retention: Retention
): Promise<TableAnswer> {
  const { kind, metrics, groupBy, range, limit, notices } = question;
  const coverage = await coverageOf(range, retention, session, leftOutOf(question));
  if (coverage === null) {
    const columns = [...groupBy, ...metrics].map((field) => emptyColumn(field));
    return {
      shape: 'table',
      kind,
      columns,
      rows: 0,
      more: false,
      notices: [...notices, tooShort],
      statements: session.statements,
    };
  }
  const ingredients = measured(metrics);
  const found = await session.ask(groupsStatement({ ...question, segments: coverage.segments, ingredients }), limit);
  const rows = groupBy.length > 0 ? found : await totals(found, question, coverage, session);
  const columns = [
    ...groupBy.map((dimension, i): Column => {
      const values = rows.columns[2 + i]!.map((value) => keyValue(dimension, value));
      return {
        name: dimension.name,
        field: dimension,
        type: dimension.type === 'port' || dimension.type === 'integer' ? 'number' : 'string',
        values,
      };
    }),
    ...metricColumns(metrics, ingredients, rows, 2 + groupBy.length),
    ...(question.seen
      ? [
          await causeColumn(question, coverage, rows, session),
          ...(await seenColumns(question, coverage, rows, session)),
        ]
      : []),
  ];
  const cut: Notice[] = rows.more
    ? [
        {
          severity: 'warning',
          text: `Only the first ${limit} rows are shown; there are more. Raise the limit or filter.`,
        },
      ]
    : [];
  const all = [...notices, ...coverage.notices, ...cut];
  const { count, more } = rows;
  return { shape: 'table', kind, columns, rows: count, more, notices: all, statements: session.statements };
}

/**
 * Totals are one row even of nothing. It means 0 where something was captured, none of which matched, and it means nothing
 * where nothing was captured.
 */
async function totals(
  rows: Rows,
  { condition }: GroupsQuestion,
  { segments }: Coverage,
  session: Session
): Promise<Rows> {
  if (rows.count === 0 || Number(rows.columns[0]![0]) > 0) {
    return rows;
  }
  const anything = await session.ask(anythingStatement(segments, condition.where), 1);
  return anything.count > 0 ? rows : { count: 0, columns: rows.columns.map(() => []), more: false };
}

function emptyColumn(field: GroupsQuestion['groupBy'][number] | Metric): Column {
  const text = field.kind === 'dimension' && (field.type === 'ip' || field.type === 'string');
  return { name: field.name, field, type: text ? 'string' : 'number', values: [] };
}

export function metricColumns(
  metrics: readonly Metric[],
  ingredients: Ingredients,
  rows: Rows,
  first: number
): Column[] {
  const measures = new Measures(ingredients, rows.columns, first);
  const indexes = Array.from({ length: rows.count }, (_, row) => row);
  return metrics.map((metric): Column => {
    const isNothing = (row: number) => Number(rows.columns[0]![row]) === 0;
    const values = indexes.map((row) => (isNothing(row) ? valueOfNothing(metric) : measures.value(metric, row)));
    const column: Column = { name: metric.name, field: metric, type: 'number', values };
    const nulls = indexes.filter((row) => values[row] === null);
    if ((metric.kind !== 'ratio' && !isOfTimes(metric)) || nulls.length === 0) {
      return column;
    }
    const infinite = nulls.filter((row) => measures.isInfinite(metric, row)).length;
    return { ...column, nulls: infinite === 0 ? 'none' : infinite === nulls.length ? 'infinite' : 'mixed' };
  });
}

async function seenColumns(
  { groupBy, condition }: GroupsQuestion,
  { range, spans }: Coverage,
  rows: Rows,
  session: Session
): Promise<Column[]> {
  const segment = seenSegment(range, spans);
  const times = new Map<string, readonly [number, number]>();
  const groups = rows.columns[1]!.map(String);
  if (groups.length > 0) {
    const at = groupBy.findIndex(({ name }) => name === 'server.ip');
    const servers = rows.columns[2 + at]!.map((server) => keyValue(groupBy[at]!, server)).map(String);
    const statement = seenStatement({ segment, groupBy, where: condition.where, groups, servers });
    const { columns, count } = await session.ask(statement, groups.length);
    for (let row = 0; row < count; row++) {
      const [hash, first, last] = columns.map((column) => column[row]);
      times.set(String(hash), [Math.max(Number(first), range.from) * 1000, Number(last) * 1000]);
    }
  }
  return (['first', 'last'] as const).map((which, i): Column => {
    const values = groups.map((group) => times.get(group)?.[i] ?? null);
    const summary = `Start of the ${which} window of ${span(segment.seconds)} in which it was seen`;
    return { name: `${which}.seen`, field: null, type: 'time', values, summary };
  });
}
