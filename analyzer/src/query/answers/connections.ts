import { enumeration, formulaOf, type Field } from '@tcpscope/filter';
import type { RetentionConfig } from '../../store/config.js';
import type { Cell, Column, Notice, TableAnswer } from '../answer.js';
import { addressText } from '../keys.js';
import type { ConnectionsQuestion } from '../question.js';
import { span } from '../range.js';
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
  const columns: Column[] = [
    ...fields.map((field, i) => connectionColumn(field, data[i] ?? [])),
    { name: 'id', field: null, type: 'string', values: ids.map(String), summary: 'Asks for this connection alone' },
  ];
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
    ...(kept !== null && instants.fromMs < now - kept * 1000
      ? [
          {
            severity: 'info',
            text: `Single connections are kept for ${span(kept)} after they were stored; older ones are gone.`,
          } as const,
        ]
      : []),
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

/** Milliseconds since 1970 and the nanoseconds behind them, of a time as the store prints it. */
function instantOf(text: string): { readonly ms: number; readonly nanos: number } {
  const [, seconds = '', fraction = ''] = /^(.*?)(?:\.(\d+))?Z$/.exec(text) ?? [];
  const digits = fraction.padEnd(9, '0');
  return { ms: Date.parse(`${seconds}Z`) + Number(digits.slice(0, 3)), nanos: Number(digits.slice(3, 9)) };
}
