import type { Field } from '@tcpscope/filter';
import type { Cell, Notice, TableAnswer } from '../answer.js';
import { coverageOf, tooShort } from '../coverage.js';
import type { FactsQuestion, ValuesQuestion } from '../question.js';
import type { Retention } from '../retention.js';
import type { Rows, Session } from '../session.js';
import { factsStatement, valuesStatement } from '../sql/values.js';
import { factOf } from './connections.js';

/** The different values of a dimension. */
export async function answerValues(
  question: ValuesQuestion,
  session: Session,
  retention: Retention
): Promise<TableAnswer> {
  const { field, limit, notices } = question;
  const coverage = await coverageOf(question.range, retention, session);
  if (coverage === null) {
    return table(field, [], false, [...notices, tooShort], session);
  }
  const rows = await session.ask(valuesStatement(question, coverage.segments), limit);
  return table(field, cells(field, rows), rows.more, [...notices, ...coverage.notices, ...cut(rows, limit)], session);
}

/** The different values of a fact of single connections; of an enumeration all that there can be. */
export async function answerFacts(question: FactsQuestion, session: Session): Promise<TableAnswer> {
  const { field, limit, notices, search } = question;
  const known = field.kind === 'attribute' ? field.values : undefined;
  if (known !== undefined && question.filter === null) {
    const needle = search.trim().toLowerCase();
    const found = known.filter((value) => value.toLowerCase().includes(needle));
    return table(field, found.slice(0, limit), found.length > limit, notices, session);
  }
  const rows = await session.ask(factsStatement(question), limit);
  return table(field, cells(field, rows), rows.more, [...notices, ...cut(rows, limit)], session);
}

function cells(field: Field, { columns }: Rows): Cell[] {
  return columns[0]!.map((value) => factOf(field, value));
}

function cut({ more }: Rows, limit: number): Notice[] {
  const text = `Only the first ${limit} values are shown; there are more. Type to search, or raise the limit.`;
  return more ? [{ severity: 'info', text }] : [];
}

/** Values are texts, whatever their field: they fill variables and lists. */
function table(
  field: Field,
  values: readonly Cell[],
  more: boolean,
  notices: readonly Notice[],
  session: Session
): TableAnswer {
  const column = { name: field.name, field, type: 'string', values: values.map(String) } as const;
  const { statements } = session;
  return { shape: 'table', kind: 'values', columns: [column], rows: values.length, more, notices, statements };
}
