import { setImmediate } from 'node:timers/promises';
import { enumeration, formulaOf, type Field } from '@tcpscope/filter';
import type { RetentionConfig } from '../../store/config.js';
import type { Cell, Column, Notice, TableAnswer } from '../answer.js';
import { instantOf } from '../instant.js';
import { addressReader, addressText } from '../keys.js';
import type { ConnectionsQuestion } from '../question.js';
import { span, type Instants } from '../range.js';
import type { Session } from '../session.js';
import { connectionsStatement } from '../sql/connections.js';

/** Single connections. */
export async function answerConnections(
  question: ConnectionsQuestion,
  session: Session,
  { connections: kept }: RetentionConfig,
  now: number
): Promise<TableAnswer> {
  const { kind, columns: fields, limit, instants, notices } = question;
  const rows = await session.ask(connectionsStatement(question), limit);
  const [ids = [], ...data] = rows.columns;
  const columns: Column[] = [];
  for (const [i, field] of fields.entries()) {
    columns.push(connectionColumn(field, data[i] ?? []));
    // Forty columns of ten thousand rows take 30 ms: others have their turn in between.
    await setImmediate();
  }
  const summary = 'Asks for this connection alone';
  columns.push({ name: 'id', field: null, type: 'string', values: ids.map(String), summary });
  const all: Notice[] = [
    ...notices,
    ...(rows.more
      ? [
          {
            severity: 'warning',
            text: `Only the first ${limit} connections are shown; there are more. Raise the limit or filter.`,
          } as const,
        ]
      : []),
    ...goneNotices(kept, instants, now),
  ];
  const { count, more } = rows;
  return { shape: 'table', kind, columns, rows: count, more, notices: all, statements: session.statements };
}

function connectionColumn(field: Field, values: readonly unknown[]): Column {
  const column = { name: field.name, field } as const;
  switch (field.type) {
    case 'time': {
      const instants = values.map((value) => instantOf(String(value)));
      return {
        ...column,
        type: 'time',
        values: instants.map(({ ms }) => ms),
        nanos: instants.map(({ nanos }) => nanos),
      };
    }
    case 'boolean':
      return { ...column, type: 'boolean', values: values.map(Boolean) };
    case 'ip':
      return { ...column, type: 'string', values: values.map(addressReader()) };
    case 'string':
      return { ...column, type: 'string', values: values.map((value) => factOf(field, value)) };
    default:
      return { ...column, type: 'number', values: values.map((value) => factOf(field, value)) };
  }
}

/** A fact in the field's own unit and spelling; null where an enumeration has nothing to say. */
export function factOf(field: Field, value: unknown): Cell {
  if (value === null || value === undefined) {
    return null;
  }
  switch (field.type) {
    case 'ip':
      return addressText(String(value));
    case 'boolean':
      return Boolean(value);
    case 'string':
    case 'time':
      return value === '' && enumeration(field) !== undefined ? null : String(value);
    default:
      return Number(value) / (formulaOf(field)?.scale ?? 1);
  }
}

/** Says that connections of the beginning of a range are no longer there, when that may be. */
export function goneNotices(kept: number | null, { fromMs }: Instants, now: number): Notice[] {
  const text = `Single connections are kept for ${span(kept ?? 0)} after they were stored; older ones are gone.`;
  return kept !== null && fromMs < now - kept * 1000 ? [{ severity: 'info', text }] : [];
}
