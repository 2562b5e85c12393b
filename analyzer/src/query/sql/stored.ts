import { printFilter } from '@tcpscope/filter';
import { connectionById } from '../../store/schema/connection-id.js';
import type { Statement } from '../answer.js';
import type { CausesQuestion, FindingsQuestion } from '../question.js';
import type { Instants, Range } from '../range.js';
import { columnsOf } from '../stored-facts.js';
import { Bindings } from './bindings.js';
import { connectionColumn, connectionCondition } from './connections.js';
import { withServers, type FoundGroups } from './found-groups.js';
import { hashOf, tableRows } from './levels.js';
import { rowCondition } from './source.js';

/** Connections whose last packet lies in a range: each is in one range of several that follow one another. */
function endedIn({ fromMs, toMs }: Instants, bindings: Bindings): string {
  return `\`end\` >= ${bindings.millisecond(fromMs)} AND \`end\` < ${bindings.millisecond(toMs)}`;
}

/** The connections that ended last in a range, with all that findings are made from. */
export function storedStatement({ instants, filter }: FindingsQuestion, most: number): Statement {
  const bindings = new Bindings();
  const conditions = [endedIn(instants, bindings), ...(filter === null ? [] : [connectionCondition(filter, bindings)])];
  const sql = [
    `SELECT ${columnsOf('ends').join(', ')}`,
    'FROM connections',
    `WHERE ${conditions.join(' AND ')}`,
    'ORDER BY `end` DESC, id',
    `LIMIT ${most + 1}`,
  ].join('\n');
  const what = `Connections that findings are made from${filter === null ? '' : `, where ${printFilter(filter)}`}`;
  return { what, sql, parameters: bindings.parameters };
}

/** The same of one connection. Null for what cannot be an id. */
export function storedByIdStatement(id: string): Statement | null {
  const found = connectionById(id);
  return found === null
    ? null
    : {
        what: `Facts of connection ${id}`,
        sql: `SELECT ${columnsOf('whole').join(', ')}\nFROM connections\nWHERE ${found.where}\nLIMIT 1`,
        parameters: found.parameters,
      };
}

/** How many connections ended for which cause. Columns: dimensions, cause, connections, mean confidence. */
export function causesStatement({ instants, groupBy, filter, limit }: CausesQuestion): Statement {
  const bindings = new Bindings();
  const keys = [...groupBy.map(connectionColumn), 'cause'];
  const conditions = [
    endedIn(instants, bindings),
    "cause != ''",
    ...(filter === null ? [] : [connectionCondition(filter, bindings)]),
  ];
  const sql = [
    `SELECT ${keys.join(', ')}, count() AS ended, avg(confidence) AS sure`,
    'FROM connections',
    `WHERE ${conditions.join(' AND ')}`,
    `GROUP BY ${keys.join(', ')}`,
    `ORDER BY ended DESC, ${keys.join(', ')}`,
    `LIMIT ${limit + 1}`,
  ].join('\n');
  const by = groupBy.map(({ name }) => name).join(', ');
  const what = `Causes${by === '' ? '' : ` by ${by}`}${filter === null ? '' : ` where ${printFilter(filter)}`}`;
  return { what, sql, parameters: bindings.parameters };
}

export interface GroupCausesPlan extends FoundGroups {
  readonly range: Range;
}

/** For which causes the connections of groups ended. Columns: hash of the group (text), cause, connections. */
export function groupCausesStatement({ range, groupBy, where, groups, servers }: GroupCausesPlan): Statement {
  const bindings = new Bindings();
  const instants = { fromMs: range.from * 1000, toMs: range.to * 1000 };
  const hash = hashOf(tableRows, groupBy);
  const among = withServers(where, servers);
  const conditions = [
    endedIn(instants, bindings),
    // Says nothing new, and lets the engine skip what began later: connections are sorted by their start.
    `start < ${bindings.millisecond(instants.toMs)}`,
    "cause != ''",
    ...(among === null ? [] : [rowCondition(among, bindings)]),
    `${hash} IN ${bindings.hashes(groups)}`,
  ];
  const sql = [
    `SELECT toString(${hash}) AS h, cause, count() AS ended`,
    'FROM connections',
    `WHERE ${conditions.join(' AND ')}`,
    `GROUP BY ${hash}, cause`,
    'ORDER BY h, cause',
  ].join('\n');
  return { what: 'Why their connections ended', sql, parameters: bindings.parameters };
}
