import type { Dimension, Rows, Side, ValueType } from './field.js';

function dimension(
  name: string,
  type: ValueType,
  side: Side | null,
  summary: string,
  aliases: string[] = [],
  rows: Rows = 'both'
): Dimension {
  const column = name.replaceAll('.', '_');
  return { kind: 'dimension', name, type, unit: null, side, summary, aliases, rows, column };
}

/** What rows can be grouped by. Addresses are 16 bytes in the store, IPv4 as ::ffff:a.b.c.d. */
export const dimensions: readonly Dimension[] = [
  dimension('client.ip', 'ip', 'client', 'Address of the side that opened the connection', ['client', 'ip.client']),
  dimension('server.ip', 'ip', 'server', 'Address of the side that was connected to', ['server', 'ip.server']),
  dimension('server.port', 'port', 'server', 'TCP port that was connected to', ['port', 'server_port']),
  dimension('application', 'string', null, 'Application by server port and zone; "NC" when no rule matches', [
    'application.name',
    'app',
  ]),
  dimension('client.zone', 'string', 'client', 'Zone of the client; "" when no rule matches', ['client.zone.name']),
  dimension('server.zone', 'string', 'server', 'Zone of the server; "" when no rule matches', ['server.zone.name']),
  dimension('vlan', 'integer', null, 'Outermost VLAN tag of the first packet; 0 when untagged', ['vlans.outer']),
  dimension('probe', 'string', null, 'Name of the capturing analyzer, or of the import', [
    'capture',
    'capture.hostname',
  ]),
];
