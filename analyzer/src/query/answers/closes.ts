import type { Sum } from '@tcpscope/filter';
import type { Column, Notice, TableAnswer } from '../answer.js';
import { closeMix } from '../defaults.js';
import type { ClosesQuestion, GroupsQuestion } from '../question.js';
import type { Retention } from '../retention.js';
import type { Session } from '../session.js';
import { answerGroups } from './groups.js';

/** Every end together, to say which groups have the most. */
const ends: Sum = {
  kind: 'sum',
  name: 'ends',
  type: 'integer',
  unit: 'connections',
  side: null,
  summary: 'Connections and attempts that ended',
  aliases: [],
  rows: 'windows',
  terms: closeMix.flatMap(({ metric }) => (metric.kind === 'counter' ? [metric.name] : [])),
};

/** How connections and attempts ended: a row for each way, of each group. */
export async function answerCloses(
  question: ClosesQuestion,
  session: Session,
  retention: Retention
): Promise<TableAnswer> {
  const groups: GroupsQuestion = {
    ...question,
    shape: 'groups',
    metrics: closeMix.map(({ metric }) => metric),
    order: [{ field: ends, direction: 'desc' }],
    seen: false,
  };
  const answer = await answerGroups(groups, session, retention);
  const { groupBy } = question;
  const keys = answer.columns.slice(0, groupBy.length);
  const counts = answer.columns.slice(groupBy.length);
  const indexes = Array.from({ length: answer.rows * closeMix.length }, (_, i) => i);
  const groupOf = (i: number) => Math.floor(i / closeMix.length);
  const columns: Column[] = [
    ...keys.map((column) => ({ ...column, values: indexes.map((i) => column.values[groupOf(i)] ?? null) })),
    {
      name: 'close',
      field: null,
      type: 'string',
      values: indexes.map((i) => closeMix[i % closeMix.length]!.close),
      summary: 'How connections and attempts ended',
    },
    {
      name: 'conn.count',
      field: null,
      type: 'number',
      values: indexes.map((i) => counts[i % closeMix.length]!.values[groupOf(i)] ?? null),
      summary: 'Connections and attempts that ended this way',
      unit: 'connections',
    },
  ];
  return { ...answer, columns, rows: indexes.length, notices: answer.notices.map(groupsNotice) };
}

function groupsNotice(notice: Notice): Notice {
  return { ...notice, text: notice.text.replace(/^(Only the first \d+) rows/, '$1 groups') };
}
