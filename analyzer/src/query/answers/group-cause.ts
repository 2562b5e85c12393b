import { causes, findField, type Cause } from '@tcpscope/filter';
import { mostSevere } from '../../diagnose/index.js';
import type { Column } from '../answer.js';
import type { Coverage } from '../coverage.js';
import { keyValue } from '../keys.js';
import type { GroupsQuestion } from '../question.js';
import type { Rows, Session } from '../session.js';
import { groupCausesStatement } from '../sql/stored.js';

/**
 * Why the connections of each group ended: of the causes of those whose last packet lies in the range the most severe one,
 * and the most frequent among these. Null where no single connection is known: none has ended, or they are not kept so long.
 */
export async function causeColumn(
  { groupBy, condition }: GroupsQuestion,
  { range }: Coverage,
  rows: Rows,
  session: Session
): Promise<Column> {
  const groups = rows.columns[1]!.map(String);
  const counted = new Map<string, Array<{ readonly cause: Cause; readonly connections: number }>>();
  if (groups.length > 0) {
    const at = groupBy.findIndex(({ name }) => name === 'server.ip');
    const servers = rows.columns[2 + at]!.map((server) => keyValue(groupBy[at]!, server)).map(String);
    const statement = groupCausesStatement({ range, groupBy, where: condition.where, groups, servers });
    const { columns, count } = await session.ask(statement, groups.length * causes.length);
    for (let row = 0; row < count; row++) {
      const [hash, cause, connections] = columns.map((column) => column[row]);
      const of = counted.get(String(hash)) ?? [];
      counted.set(String(hash), of);
      // One that a later version has stored says nothing here.
      if (causes.includes(cause as Cause)) {
        of.push({ cause: cause as Cause, connections: Number(connections) });
      }
    }
  }
  return {
    name: 'cause',
    field: findField('cause', 'connections') ?? null,
    type: 'string',
    values: groups.map((group) => mostSevere(counted.get(group) ?? [])?.cause ?? null),
    summary: 'Why connections that ended in this time did so: the most severe cause, of several the most frequent',
    describes: true,
  };
}
