import type { Distinct, Ratio, Sum, Unit } from './field.js';

function sum(
  name: string,
  unit: Unit,
  summary: string,
  terms: string[],
  aliases: string[] = [],
  rows: Sum['rows'] = 'windows'
): Sum {
  return { kind: 'sum', name, type: 'integer', unit, side: null, summary, aliases, rows, terms };
}

const sides = (name: string) => [`${name}.clt`, `${name}.srv`];

/** Counters of both sides, or of several reasons, added together. */
export const sums: readonly Sum[] = [
  sum('packets', 'packets', 'TCP segments of both sides', sides('packets'), ['pdus'], 'both'),
  sum('bytes', 'bytes', 'TCP payload of both sides', sides('bytes'), ['payload'], 'both'),
  sum('retrans.count', 'packets', 'Retransmitted segments of both sides', sides('retrans.count'), ['retrans'], 'both'),
  sum(
    'zerowindow.count',
    'packets',
    'Segments of both sides that announce a window of 0',
    sides('zerowindow.count'),
    ['zero_windows', 'zerowindow'],
    'both'
  ),
  sum(
    'dupack.count',
    'packets',
    'Duplicate acknowledgements of both sides',
    sides('dupack.count'),
    ['dupacks', 'dupack'],
    'both'
  ),
  sum(
    'dup.count',
    'packets',
    'Copies of segments of both sides that were left out; null with dedup off',
    sides('dup.count'),
    ['duplicates'],
    'both'
  ),
  sum('fin.count', 'packets', 'FIN packets in both directions', sides('fin.count'), ['fins', 'fin'], 'both'),
  sum('rst.count', 'packets', 'RST packets in both directions', sides('rst.count'), ['rsts', 'rst'], 'both'),
  sum('rst.noconn', 'packets', 'RST packets without any connection', sides('rst.noconn')),
  sum('setupabort.count', 'connections', 'Connections reset before the handshake completed', sides('setupabort'), [
    'setupabort',
  ]),
  sum(
    'close.total',
    'connections',
    'Established connections that ended by FIN or RST',
    ['close.fin', 'close.finrst', 'close.rst'],
    ['closes']
  ),
  sum(
    'unclosed.count',
    'connections',
    'Connections that did not end properly',
    ['unclosed.idle', ...sides('unclosed.halfclosed'), 'unclosed.reused', 'unclosed.memory', 'unclosed.end'],
    ['unclosed']
  ),
];

function ratio(
  name: string,
  unit: Unit,
  side: Ratio['side'],
  summary: string,
  numerator: string[],
  denominator: string[],
  aliases: string[] = [],
  whenNull = 'no connection'
): Ratio {
  const rows = 'windows';
  return { kind: 'ratio', name, type: 'number', unit, side, summary, aliases, rows, numerator, denominator, whenNull };
}

const perConnection = 'per connection';

/** Sums divided by sums. A divisor of 0 gives null and its reason, never 0. */
export const ratios: readonly Ratio[] = [
  ratio(
    'syn.ratio',
    perConnection,
    'client',
    'SYN packets per successful handshake',
    ['syn.count'],
    ['ct.count'],
    ['syns.ratio']
  ),
  ratio(
    'fin.ratio',
    perConnection,
    null,
    'FIN packets per connection',
    sides('fin.count'),
    ['ct.count'],
    ['fins.ratio']
  ),
  ratio(
    'fin.ratio.clt',
    perConnection,
    'client',
    'FIN packets of the client per connection',
    ['fin.count.clt'],
    ['ct.count'],
    ['client.fins.ratio']
  ),
  ratio(
    'fin.ratio.srv',
    perConnection,
    'server',
    'FIN packets of the server per connection',
    ['fin.count.srv'],
    ['ct.count'],
    ['server.fins.ratio']
  ),
  ratio(
    'rst.ratio',
    perConnection,
    null,
    'RST packets per connection',
    sides('rst.count'),
    ['ct.count'],
    ['rsts.ratio']
  ),
  ratio(
    'rst.ratio.clt',
    perConnection,
    'client',
    'RST packets of the client per connection',
    ['rst.count.clt'],
    ['ct.count'],
    ['client.rsts.ratio']
  ),
  ratio(
    'rst.ratio.srv',
    perConnection,
    'server',
    'RST packets of the server per connection',
    ['rst.count.srv'],
    ['ct.count'],
    ['server.rsts.ratio']
  ),
  ratio(
    'reset.ratio.clt',
    'share',
    'client',
    'Share of connections and attempts with a RST of the client',
    ['rst.conn.clt'],
    ['attempt.count', 'midstream.count'],
    [],
    'no attempt'
  ),
  ratio(
    'reset.ratio.srv',
    'share',
    'server',
    'Share of connections and attempts with a RST of the server; refusals count',
    ['rst.conn.srv'],
    ['attempt.count', 'midstream.count'],
    [],
    'no attempt'
  ),
  ratio(
    'refused.ratio',
    'share',
    'server',
    'Share of attempts that were refused',
    ['refused.count'],
    ['attempt.count'],
    [],
    'no attempt'
  ),
  ratio(
    'noanswer.ratio',
    'share',
    'server',
    'Share of attempts that got no answer',
    ['noanswer.count'],
    ['attempt.count'],
    [],
    'no attempt'
  ),
  ratio(
    'retrans.ratio.clt',
    'share',
    'client',
    'Share of the client’s segments that are retransmissions',
    ['retrans.count.clt'],
    ['packets.clt'],
    [],
    'no packet'
  ),
  ratio(
    'retrans.ratio.srv',
    'share',
    'server',
    'Share of the server’s segments that are retransmissions',
    ['retrans.count.srv'],
    ['packets.srv'],
    [],
    'no packet'
  ),
  ratio(
    'zerowindow.ratio.clt',
    'share',
    'client',
    'Share of the client’s segments that announce a window of 0',
    ['zerowindow.count.clt'],
    ['packets.clt'],
    ['client.zero_windows.ratio'],
    'no packet'
  ),
  ratio(
    'zerowindow.ratio.srv',
    'share',
    'server',
    'Share of the server’s segments that announce a window of 0',
    ['zerowindow.count.srv'],
    ['packets.srv'],
    ['server.zero_windows.ratio'],
    'no packet'
  ),
  ratio(
    'dupack.ratio.clt',
    'share',
    'client',
    'Share of the client’s segments that are duplicate acknowledgements',
    ['dupack.count.clt'],
    ['packets.clt'],
    ['client.dupacks.ratio'],
    'no packet'
  ),
  ratio(
    'dupack.ratio.srv',
    'share',
    'server',
    'Share of the server’s segments that are duplicate acknowledgements',
    ['dupack.count.srv'],
    ['packets.srv'],
    ['server.dupacks.ratio'],
    'no packet'
  ),
  ratio('ct.avg', 'seconds', null, 'Mean handshake time, from the first SYN', ['ct.sum'], ['ct.count'], ['ct']),
  ratio('ct.net', 'seconds', null, 'Mean handshake time, from the last SYN', ['ct.net.sum'], ['ct.count']),
];

function distinct(name: string, unit: Unit, of: string, summary: string, aliases: string[]): Distinct {
  return { kind: 'distinct', name, type: 'integer', unit, side: null, summary, aliases, rows: 'windows', of };
}

/** How many different values of a dimension a group has. */
export const distincts: readonly Distinct[] = [
  distinct('client.count', 'hosts', 'client.ip', 'Different clients', ['#client.ip', 'clients']),
  distinct('server.count', 'hosts', 'server.ip', 'Different servers', ['#server.ip', 'servers']),
  distinct('port.count', 'ports', 'server.port', 'Different server ports', ['#server.port', 'ports']),
];
