import type { Thresholds } from '../../diagnose/index.js';
import type { Statement } from '../answer.js';
import type { Range } from '../range.js';
import { Bindings } from './bindings.js';
import { leftOutHashes } from './source.js';

/** An attempt that got nothing, as findings have it (`hasFailed` in diagnose/findings/groups.ts). */
const hasFailed = [
  "cause IN ('refused', 'rejected-on-path', 'no-answer')",
  "cause = 'port-probe' AND bytes_clt + bytes_srv = 0",
  "cause = 'half-open' AND ct IS NULL",
].join(' OR ');

/**
 * Port scans and host sweeps of a range, by the rule of the findings (diagnose/findings/scans.ts) on all connections that
 * are stored, without reading them: of each client and host (or port) the stretch of `scanSeconds` with the most failed
 * first contacts, of which there must be enough, and so many more than good ones. Columns: hash of the conversations (text;
 * `leftOutHashes.hosts`, of a sweep `leftOutHashes.ports`), client, server (text; empty for a sweep), port (0 for a port scan), failed
 * contacts. The largest come first.
 * @param surplus failed contacts beyond good ones from which on a source is a scanner
 * @param most one more is asked for, to know whether there are more
 */
export function scansStatement(
  { from, to }: Range,
  { scanPorts, scanHosts, scanSeconds }: Thresholds,
  surplus: number,
  most: number
): Statement {
  const bindings = new Bindings();
  // What a scan tried shortly before the range makes it one.
  const since = Math.max(0, from - Math.ceil(scanSeconds));
  const begun = `start >= ${bindings.second(since)} AND start < ${bindings.second(to)}`;
  // Few clients fail so often: all that follows looks at these alone.
  const suspects = [
    `SELECT client_ip FROM connections WHERE ${begun} AND (${hasFailed}) GROUP BY client_ip`,
    `HAVING uniqExact(server_ip, server_port) >= ${bindings.bind(Math.min(scanPorts, scanHosts), 'UInt32')}`,
  ].join(' ');
  const contacts = [
    'SELECT client_ip, server_ip, server_port,',
    `toUnixTimestamp64Milli(min(start)) AS at, argMin(${hasFailed}, start) AS failed`,
    `FROM connections WHERE ${begun} AND client_ip IN (${suspects})`,
    'GROUP BY client_ip, server_ip, server_port',
  ].join(' ');
  const window = `ORDER BY at RANGE BETWEEN ${Math.round(scanSeconds * 1000)} PRECEDING AND CURRENT ROW`;
  const bursts = (names: string, by: string, least: number) => {
    const frame = `(PARTITION BY client_ip, ${by} ${window})`;
    const counted = [
      `SELECT client_ip, ${by}, at, sum(if(failed, 1, 0)) OVER ${frame} AS failures,`,
      `sum(if(failed, 1, -1)) OVER ${frame} AS surplus FROM (${contacts})`,
    ].join(' ');
    return [
      `SELECT ${names}, max(failures) AS widest FROM (${counted})`,
      `GROUP BY client_ip, ${by} HAVING widest >= ${bindings.bind(least, 'UInt32')}`,
      `AND argMax(surplus, (failures, -at)) >= ${bindings.bind(surplus, 'UInt32')}`,
    ].join(' ');
  };
  const [client, server] = ['client_ip', 'server_ip'].map((column) => `toString(${column})`);
  const sql = [
    'SELECT toString(h), client, server, port, widest FROM (',
    bursts(
      `${leftOutHashes.hosts} AS h, ${client} AS client, ${server} AS server, toUInt16(0) AS port`,
      'server_ip',
      scanPorts
    ),
    'UNION ALL',
    bursts(
      `${leftOutHashes.ports} AS h, ${client} AS client, '' AS server, server_port AS port`,
      'server_port',
      scanHosts
    ),
    `) ORDER BY widest DESC, client, server, port LIMIT ${most + 1}`,
  ].join('\n');
  return { what: 'Port scans and host sweeps', sql, parameters: bindings.parameters };
}
