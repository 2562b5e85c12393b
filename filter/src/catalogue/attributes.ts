import type { Attribute, Unit, ValueType } from './field.js';

function attribute(name: string, type: ValueType, unit: Unit, summary: string, values?: readonly string[]): Attribute {
  const side = /^client\.|\.clt$/.test(name) ? 'client' : name.endsWith('.srv') ? 'server' : null;
  const base = { kind: 'attribute', name, type, unit, side, summary, aliases: [], rows: 'connections' } as const;
  const column = name.replaceAll('.', '_');
  return values === undefined ? { ...base, column } : { ...base, column, values };
}

/** How a connection ended, first match; the order of the definitions is that of the decision. */
export const closeClasses = [
  'refused',
  'setupabort',
  'noanswer',
  'halfopen',
  'finrst',
  'rst',
  'fin',
  'halfclosed',
  'orphan',
  'midstream',
  'open',
] as const;
export type CloseClass = (typeof closeClasses)[number];

/** Zeek's conn_state; `-` when Zeek would not log the connection. */
export const zeekStates = [
  'S0', 'S1', 'SF', 'REJ', 'S2', 'S3', 'RSTO', 'RSTR', 'RSTOS0', 'RSTRH', 'SH', 'SHR', 'OTH',
] as const; // prettier-ignore
export type ZeekState = (typeof zeekStates)[number];

/** How far the connection had come when its first RST arrived (names after Cloudflare's TCP reset stages). */
export const resetStages = ['post_syn', 'post_ack', 'post_psh', 'later'] as const;
export type ResetStage = (typeof resetStages)[number];

/**
 * Why a connection ended, as far as headers tell (docs/diagnosis.md). Names are added at the end; the order is that of the
 * columns of a confusion matrix, nothing else.
 */
export const causes = [
  'normal',
  'refused',
  'rejected-on-path',
  'no-answer',
  'half-open',
  'setup-aborted',
  'port-probe',
  'client-abort',
  'server-abort',
  'closes-by-rst',
  'keepalive-race',
  'late-data',
  'dead-peer',
  'idle-timeout',
  'injected',
  'cannot-tell',
  'half-closed',
] as const;
export type Cause = (typeof causes)[number];

const sides = ['client', 'server'] as const;

/** Facts of one connection. Enumerations are "" in the store and null in JSON when nothing applies. */
export const attributes: readonly Attribute[] = [
  attribute('client.port', 'port', null, 'TCP port of the client'),
  attribute('start', 'time', null, 'Time of the first packet'),
  attribute('end', 'time', null, 'Time of the last packet'),
  attribute('duration', 'number', 'seconds', 'From the first packet to the last'),
  attribute('close', 'string', null, 'How the connection ended', closeClasses),
  attribute('state', 'string', null, 'State by Zeek’s definitions', zeekStates),
  attribute('history', 'string', null, 'Events in order by Zeek’s letters; upper case is the client'),
  attribute('closer', 'string', null, 'Side of the first FIN or first valid RST', sides),
  attribute('aborter', 'string', null, 'Side of the first RST', sides),
  attribute('stage', 'string', null, 'How far the connection had come at its first RST', resetStages),
  attribute('role', 'string', null, 'Whether client and server are known or guessed', ['certain', 'guess']),
  attribute('midstream', 'boolean', null, 'Its start was not seen'),
  attribute('oneway', 'boolean', null, 'Only one direction was captured'),
  attribute('ct', 'number', 'seconds', 'Handshake time, from the first SYN; null without a handshake'),
  attribute(
    'rtt.clt',
    'number',
    'seconds',
    'SYN+ACK to ACK: round trip between the capture and the client; null unless measured'
  ),
  attribute(
    'rtt.srv',
    'number',
    'seconds',
    'SYN to SYN+ACK: round trip between the capture and the server; null unless measured'
  ),
  attribute('cause', 'string', null, 'Why it ended, as far as headers tell; null when it has not', causes),
  attribute('confidence', 'number', 'share', 'Probability that the cause is right, as far as the evidence goes'),
  attribute('rival.cause', 'string', null, 'The next best explanation; null when nothing else is worth a word', causes),
  attribute('rival.confidence', 'number', 'share', 'Probability of the next best explanation'),
  attribute(
    'silence',
    'number',
    'seconds',
    'Longest silence known of, 2 s or more: the one that an idle timeout ended, or one that it outlived'
  ),
];
