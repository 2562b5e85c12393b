import { windowTables } from '../../store/schema/tables.js';
import type { Statement } from '../answer.js';
import type { Range } from '../range.js';
import type { Segment, Span } from '../segments.js';
import { Bindings } from './bindings.js';
import { withServers, type FoundGroups } from './found-groups.js';
import { hashOf, tableRows } from './levels.js';
import { sourceOf } from './source.js';

/** Windows looked at one by one; beyond, first and last are known by minutes or hours. */
const mostWindows = 10_000;

/**
 * What tells when something was seen: the finest table that is complete and not too long for the range, from the window
 * that holds its beginning.
 */
export function seenSegment({ from, to }: Range, spans: readonly Span[]): Segment & { readonly seconds: number } {
  const least = Math.max(0, ...spans.map(({ finest }) => finest));
  const fits = ({ seconds }: { seconds: number }, level: number) =>
    level >= least && (to - from) / seconds <= mostWindows;
  const { name: table, seconds } = windowTables.find(fits) ?? windowTables.at(-1)!;
  return { table, seconds, from: Math.floor(from / seconds) * seconds, to };
}

export interface SeenPlan extends FoundGroups {
  readonly segment: Segment;
}

/**
 * First and last window of groups. Columns: hash of the group (text), seconds since 1970 twice. A window with packets comes
 * before one that only counts how a connection ended after its last packet, when its time was up.
 */
export function seenStatement({ segment, groupBy, where, groups, servers }: SeenPlan): Statement {
  const bindings = new Bindings();
  const hash = hashOf(tableRows, groupBy);
  const source = sourceOf(
    [segment],
    ['ts', 'packets_clt + packets_srv > 0 AS sent', ...groupBy.map(({ column }) => column)],
    withServers(where, servers),
    bindings
  );
  const sql = [
    `SELECT toString(${hash}) AS h, toUnixTimestamp(if(max(sent), minIf(ts, sent), min(ts))) AS first,`,
    `  toUnixTimestamp(if(max(sent), maxIf(ts, sent), max(ts))) AS last`,
    `FROM ${source}`,
    `WHERE ${hash} IN ${bindings.hashes(groups)}`,
    `GROUP BY ${hash}`,
  ].join('\n');
  return { what: 'When these were seen first and last', sql, parameters: bindings.parameters };
}
