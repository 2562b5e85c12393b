import { formulaOf, isOfTimes, printFilter, toSql, type Counter, type Expression, type Field } from '@tcpscope/filter';
import { connectionById } from '../../store/schema/connection-id.js';
import type { Statement } from '../answer.js';
import type { ConnectionsQuestion, Order } from '../question.js';
import type { Instants } from '../range.js';
import { Bindings } from './bindings.js';

/** Connections that lived in a range: begun before its end and ended after its beginning. */
export function inRange({ fromMs, toMs }: Instants, bindings: Bindings): string {
  return `start < ${bindings.millisecond(toMs)} AND \`end\` >= ${bindings.millisecond(fromMs)}`;
}

/** A filter on single connections. */
export function connectionCondition(filter: Expression, bindings: Bindings): string {
  return toSql(filter, {
    column: (field) => {
      if (field.kind === 'distinct' || isOfTimes(field)) {
        throw new TypeError(`${field.name} is not on connections`);
      }
      return `\`${field.column}\``;
    },
    parameter: (value, type) => bindings.bind(value, type),
  });
}

/** A field of a connection as it is read: sums of both sides are added, stored units stay. */
export function connectionColumn(field: Field): string {
  if (field.kind === 'dimension' || field.kind === 'attribute') {
    return `\`${field.column}\``;
  }
  const formula = formulaOf(field);
  const columns = formula?.numerator.map((counter: Counter) => `\`${counter.column}\``) ?? [];
  if (formula === null || formula.denominator !== null || columns.length === 0) {
    throw new TypeError(`${field.name} is not on connections`);
  }
  return columns.join(' + ');
}

function orderTerm({ field, direction }: Order): string {
  // Facts that do not apply are empty texts in the store; they come last like other nulls.
  const value =
    field.kind === 'attribute' && field.values !== undefined
      ? `nullIf(${connectionColumn(field)}, '')`
      : connectionColumn(field);
  return `${value} ${direction.toUpperCase()} NULLS LAST`;
}

/** Single connections. Columns: id, then those of the question. */
export function connectionsStatement({ instants, columns, filter, order, limit }: ConnectionsQuestion): Statement {
  const bindings = new Bindings();
  const conditions = [inRange(instants, bindings), ...(filter === null ? [] : [connectionCondition(filter, bindings)])];
  const sql = [
    `SELECT ${['id', ...columns.map((field, i) => `${connectionColumn(field)} AS x${i}`)].join(', ')}`,
    'FROM connections',
    `WHERE ${conditions.join(' AND ')}`,
    `ORDER BY ${[...order.map(orderTerm), 'id'].join(', ')}`,
    `LIMIT ${limit + 1}`,
  ].join('\n');
  const what = `Connections${filter === null ? '' : ` where ${printFilter(filter)}`}`;
  return { what, sql, parameters: bindings.parameters };
}

/** One connection by its id: id, tags of VLANs, then the fields in order. Null for what cannot be an id. */
export function connectionStatement(id: string, fields: readonly Field[]): Statement | null {
  const found = connectionById(id);
  if (found === null) {
    return null;
  }
  const columns = ['id', 'vlans', ...fields.map((field, i) => `${connectionColumn(field)} AS x${i}`)];
  const sql = `SELECT ${columns.join(', ')}\nFROM connections\nWHERE ${found.where}\nLIMIT 1`;
  return { what: `Connection ${id}`, sql, parameters: found.parameters };
}

/** The packets kept with a connection. Null for what cannot be an id. */
export function packetsStatement(id: string): Statement | null {
  const found = connectionById(id);
  return found === null
    ? null
    : {
        what: `Packets of connection ${id}`,
        sql: `SELECT packets\nFROM connections\nWHERE ${found.where}\nLIMIT 1`,
        parameters: found.parameters,
      };
}
