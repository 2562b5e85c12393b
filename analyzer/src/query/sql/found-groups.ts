import { combine, type AddressLiteral, type Dimension, type Expression } from '@tcpscope/filter';
import { dimensionOf } from '../names.js';

/** Beyond so many servers the index is of little help. */
const mostServers = 200;

/** Groups that were found already, and what they were found by. */
export interface FoundGroups {
  readonly groupBy: readonly Dimension[];
  readonly where: Expression | null;
  /** Hashes of the groups. */
  readonly groups: readonly string[];
  /** Addresses of their servers. */
  readonly servers: readonly string[];
}

/** The tables are sorted by server within each hour, so naming the servers skips most of what they hold. */
export function withServers(where: Expression | null, servers: readonly string[]): Expression | null {
  const items = [...new Set(servers)].map((address): AddressLiteral => ({ kind: 'address', address }));
  if (items.length === 0 || items.length > mostServers) {
    return where;
  }
  const operand = { kind: 'field', field: dimensionOf('server.ip') } as const;
  const among: Expression = { kind: 'in', not: false, operand, items };
  return combine('and', where === null ? [among] : [where, among]);
}
