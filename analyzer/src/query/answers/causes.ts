import { findField } from '@tcpscope/filter';
import type { RetentionConfig } from '../../store/config.js';
import type { Column, Notice, TableAnswer } from '../answer.js';
import { keyValue } from '../keys.js';
import type { CausesQuestion } from '../question.js';
import type { Session } from '../session.js';
import { causesStatement } from '../sql/stored.js';
import { goneNotices } from './connections.js';

/** Why connections ended: a row for each cause, of each group. */
export async function answerCauses(
  question: CausesQuestion,
  session: Session,
  { connections: kept }: RetentionConfig,
  now: number
): Promise<TableAnswer> {
  const { kind, groupBy, instants, limit, notices } = question;
  const rows = await session.ask(causesStatement(question), limit);
  const [ended = [], sure = []] = rows.columns.slice(groupBy.length + 1);
  const columns: Column[] = [
    ...groupBy.map((dimension, i): Column => {
      const text = dimension.type === 'ip' || dimension.type === 'string';
      const values = (rows.columns[i] ?? []).map((value) => keyValue(dimension, value));
      return { name: dimension.name, field: dimension, type: text ? 'string' : 'number', values };
    }),
    {
      name: 'cause',
      field: findField('cause', 'connections') ?? null,
      type: 'string',
      values: (rows.columns[groupBy.length] ?? []).map(String),
    },
    {
      name: 'conn.count',
      field: null,
      type: 'number',
      values: ended.map(Number),
      summary: 'Connections and attempts that ended for this cause',
      unit: 'connections',
    },
    {
      name: 'confidence',
      field: null,
      type: 'number',
      values: sure.map((value) => (value === null ? null : Number(value))),
      summary: 'Mean probability that the cause is right',
      unit: 'share',
    },
  ];
  const cut: Notice[] = rows.more
    ? [
        {
          severity: 'warning',
          text: `Only the first ${limit} rows are shown; there are more. Raise the limit or filter.`,
        },
      ]
    : [];
  const all = [...notices, ...goneNotices(kept, instants, now), ...cut];
  return {
    shape: 'table',
    kind,
    columns,
    rows: rows.count,
    more: rows.more,
    notices: all,
    statements: session.statements,
  };
}
