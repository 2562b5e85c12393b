import type { Thresholds } from '../../diagnose/index.js';
import type { Statement } from '../answer.js';
import type { Range } from '../range.js';
import { Bindings } from './bindings.js';
import { leftOutHashes } from './source.js';

/** How long before a range services are looked at, seconds: a day, so that a quiet night does not hide what is usual. */
const BEFORE = 86_400;

/** As findings have it (diagnose/findings/closings.ts). */
const isComplete = "ct IS NOT NULL AND bytes_srv > 0 AND cause IN ('normal', 'closes-by-rst')";
const byReset = "cause = 'closes-by-rst'";

/**
 * Services that close by RST on purpose: nearly all of their complete connections of the day before the range ended so,
 * and so do nearly all connections in the range that end by RST at all, so that a service that begins to refuse or to
 * abort is not among them. Columns: hash (text, `leftOutHashes.services`), server (text), port, connections in the range
 * that ended so; the most come first.
 * @param most one more is asked for, to know whether there are more
 */
export function rstByDesignStatement(
  { from, to }: Range,
  { byDesignShare, baseline }: Thresholds,
  most: number
): Statement {
  const bindings = new Bindings();
  const second = (at: number) => bindings.millisecond(at * 1000);
  const within = `\`end\` >= ${second(from)} AND \`end\` < ${second(to)}`;
  const before = `\`end\` >= ${second(Math.max(0, from - BEFORE))} AND \`end\` < ${second(from)}`;
  const share = bindings.bind(byDesignShare, 'Float64');
  // Says nothing new, and lets the engine skip what began later: connections are sorted by their start.
  const begun = `start < ${second(to)}`;
  const services = `SELECT server_ip, server_port FROM connections WHERE ${begun} AND ${within} AND ${byReset}`;
  const sql = [
    `SELECT toString(${leftOutHashes.services}), toString(server_ip), server_port,`,
    `  countIf(${within} AND ${byReset}) AS resets`,
    'FROM connections',
    `WHERE ${begun} AND (${before} OR ${within}) AND (server_ip, server_port) IN (${services})`,
    'GROUP BY server_ip, server_port',
    `HAVING countIf(${before} AND ${isComplete}) >= ${bindings.bind(baseline, 'UInt32')}`,
    `  AND countIf(${before} AND ${isComplete} AND ${byReset}) >= ${share} * countIf(${before} AND ${isComplete})`,
    `  AND resets >= ${share} * countIf(${within} AND rst_count_clt + rst_count_srv > 0)`,
    `ORDER BY resets DESC, server_ip, server_port`,
    `LIMIT ${most + 1}`,
  ].join('\n');
  return { what: 'Services that close by RST on purpose', sql, parameters: bindings.parameters };
}
