import type { Counter, Rows, Side, Unit } from './field.js';

interface Options {
  readonly aliases?: readonly string[];
  readonly rows?: Rows;
  readonly aggregate?: 'sum' | 'max';
  readonly storage?: 'u32' | 'u64';
  readonly scale?: number;
  readonly unknown?: boolean;
}

function counter(name: string, unit: Unit, side: Side | null, summary: string, options: Options = {}): Counter {
  return {
    kind: 'counter',
    name,
    type: options.scale === undefined ? 'integer' : 'number',
    unit,
    side,
    summary,
    aliases: options.aliases ?? [],
    rows: options.rows ?? 'windows',
    column: name.replaceAll('.', '_'),
    aggregate: options.aggregate ?? 'sum',
    storage: options.storage ?? 'u32',
    scale: options.scale ?? 1,
    unknown: options.unknown ?? false,
  };
}

/** A counter for each side, `NAME.clt` and `NAME.srv`; `%` in the summary becomes the side's name. */
function bySide(name: string, unit: Unit, summary: string, aliases: [string[], string[]], options: Options = {}) {
  return (['client', 'server'] as const).map((side, i) =>
    counter(`${name}.${side === 'client' ? 'clt' : 'srv'}`, unit, side, summary.replaceAll('%', side), {
      ...options,
      aliases: aliases[i] ?? [],
    })
  );
}

const both: Options = { rows: 'both' };

/**
 * Every stored number, in the order of the store's columns. Event counters are booked in the window of the packet,
 * verdict counters in the window in which the verdict became final.
 */
export const counters: readonly Counter[] = [
  // Packets and bytes
  ...bySide('packets', 'packets', 'TCP segments sent by the %', [['client.pdus'], ['server.pdus']], both),
  ...bySide('bytes', 'bytes', 'TCP payload sent by the %, by the IP length', [['client.payload'], ['server.payload']], {
    rows: 'both',
    storage: 'u64',
  }),
  ...bySide(
    'retrans.count',
    'packets',
    'Segments of the % that carry sequence numbers it had already sent',
    [[], []],
    both
  ),
  ...bySide(
    'zerowindow.count',
    'packets',
    'Segments of the %, SYN, FIN and RST apart, that announce a window of 0: it cannot take any more',
    [['client.zero_windows'], ['server.zero_windows']],
    both
  ),
  ...bySide(
    'dupack.count',
    'packets',
    'Duplicate acknowledgements of the % (RFC 5681): data of the peer did not arrive in order',
    [['client.dupacks'], ['server.dupacks']],
    both
  ),
  // 64 bits so that batches can say NaN: with dedup off nobody has looked for copies.
  ...bySide('dup.count', 'packets', 'Copies of segments of the % that were left out; null with dedup off', [[], []], {
    rows: 'both',
    storage: 'u64',
    unknown: true,
  }),

  // Opening
  counter('syn.count', 'packets', 'client', 'SYN packets without ACK, retransmissions included', {
    aliases: ['syns', 'syn'],
    rows: 'both',
  }),
  counter('synack.count', 'packets', 'server', 'SYN+ACK packets, retransmissions included', {
    aliases: ['synacks', 'synack'],
    rows: 'both',
  }),
  counter(
    'attempt.count',
    'attempts',
    'client',
    'Distinct initial sequence numbers: a retransmitted SYN is one attempt',
    {
      aliases: ['attempts'],
      rows: 'both',
    }
  ),
  counter('ct.count', 'connections', null, 'Successful handshakes: SYN, SYN+ACK and the client’s ACK were seen', {
    aliases: ['connections', 'handshakes'],
    rows: 'both',
  }),
  counter('ct.sum', 'seconds', null, 'Sum of handshake times, from the first SYN to the ACK of the SYN+ACK', {
    storage: 'u64',
    scale: 1e6,
  }),
  counter('ct.net.sum', 'seconds', null, 'Sum of handshake times, from the last SYN to the ACK of the SYN+ACK', {
    storage: 'u64',
    scale: 1e6,
  }),
  counter('ct.max', 'seconds', null, 'Longest handshake, from the first SYN to the ACK of the SYN+ACK', {
    aggregate: 'max',
    scale: 1e6,
  }),
  counter('refused.count', 'attempts', 'server', 'Attempts answered by a server RST that acknowledges the SYN', {
    aliases: ['refused'],
  }),
  counter('noanswer.count', 'attempts', 'server', 'Attempts that got neither SYN+ACK nor RST', {
    aliases: ['noanswer', 'ignored'],
  }),
  counter(
    'unreachable.count',
    'connections',
    null,
    'Attempts of which an ICMP message said that the SYN could not be delivered, or must not be',
    { aliases: ['unreachable'] }
  ),
  counter('halfopen.count', 'connections', null, 'SYN+ACK seen, handshake never completed, no RST', {
    aliases: ['halfopen'],
  }),
  ...bySide('setupabort', 'connections', 'Connections the % reset before the handshake completed, refusals apart', [
    [],
    [],
  ]),

  // Closing, packets
  ...bySide(
    'fin.count',
    'packets',
    'FIN packets emitted by the %',
    [
      ['client.fins', 'fin.clt'],
      ['server.fins', 'fin.srv'],
    ],
    both
  ),
  ...bySide(
    'rst.count',
    'packets',
    'RST packets emitted by the %',
    [
      ['client.rsts', 'rst.clt'],
      ['server.rsts', 'rst.srv'],
    ],
    both
  ),
  ...bySide('rst.noconn', 'packets', 'RST of the % on a tuple without a completed handshake or mid-stream data', [
    [],
    [],
  ]),
  counter('rst.afterfin', 'packets', null, 'RST packets of a side that had already sent its FIN'),
  counter('rst.afterclose', 'packets', null, 'RST packets after both FINs were acknowledged: harmless'),
  counter(
    'rst.afteridle',
    'packets',
    null,
    'RST packets right after a keep-alive or the first data after a long idle time'
  ),
  counter(
    'malformed.count',
    'packets',
    null,
    'SYN with FIN or RST, or no flag at all; also counted under the flags carried',
    {
      aliases: ['malformed'],
      rows: 'both',
    }
  ),

  // Closing, connections
  counter(
    'conn.count',
    'connections',
    null,
    'Connections whose record was finished: closed, refused, unanswered or expired'
  ),
  counter('rst.conn', 'connections', null, 'Connections and attempts with at least one RST'),
  ...bySide('rst.conn', 'connections', 'Connections and attempts with at least one RST of the %', [[], []]),
  ...bySide('fin.conn', 'connections', 'Connections with at least one FIN of the %', [[], []]),
  counter('close.fin', 'connections', null, 'Established connections ended by a FIN of each side'),
  counter('close.finrst', 'connections', null, 'Established connections ended by FIN and RST'),
  counter('close.rst', 'connections', null, 'Established connections ended by RST alone'),
  ...bySide('closer', 'connections', 'Connections that the % closed first, by FIN or valid RST', [[], []]),
  counter('unclosed.idle', 'connections', null, 'Connections forgotten after idling, with no FIN from either side'),
  ...bySide('unclosed.halfclosed', 'connections', 'Connections forgotten after idling, closed only by the %', [[], []]),
  counter('unclosed.reused', 'connections', null, 'Connections still open when their ports were used again'),
  counter('unclosed.memory', 'connections', null, 'Connections evicted because the flow table was full'),
  counter('unclosed.end', 'connections', null, 'Connections still open when the capture ended'),

  // What limits the other numbers
  counter('midstream.count', 'connections', null, 'Connections whose start was not seen', {
    aliases: ['midstream.conn'],
  }),
  counter('oneway.count', 'connections', null, 'Connections of which only one direction was captured'),
  counter('role.guess.count', 'connections', null, 'Connections whose client and server were guessed'),
];
