import Table from 'cli-table3';
import pc from 'picocolors';
import { closeClasses, type CloseClass } from '@tcpscope/filter';
import type { Conversation } from './collector.js';
import { count, duration, perConnection, share } from './format.js';
import { addCounters, metricsOf, type Metrics, type Report } from './report.js';
import { timeText } from './names.js';

export interface TextOptions {
  /** What was read, for the title. */
  readonly title: string;
  /** Rows in each list. */
  readonly top: number;
  readonly color: boolean;
}

type Colors = ReturnType<typeof pc.createColors>;

/** What each class means, for people. */
const closeTexts: Readonly<Record<CloseClass, string>> = {
  refused: 'refused by the server',
  setupabort: 'reset before the handshake completed',
  noanswer: 'no answer to the SYN',
  halfopen: 'answered, never completed',
  finrst: 'closed by FIN and RST',
  rst: 'closed by RST alone',
  fin: 'closed by FIN on both sides',
  halfclosed: 'closed by one side only',
  orphan: 'RST without any connection',
  midstream: 'start not seen, not closed',
  open: 'open when the capture ended',
};
const troubling: ReadonlySet<CloseClass> = new Set(['refused', 'setupabort', 'noanswer', 'halfopen', 'rst']);

/** The report as a page for a terminal. */
export function reportText(report: Report, options: TextOptions): string {
  const colors = pc.createColors(options.color);
  const parts = [
    title(report, options, colors),
    totals(report, colors),
    losses(report, colors),
    servers(report.conversations, options, colors),
    clients(report.conversations, options, colors),
    closes(report, colors),
    conversations(report.conversations, options, colors),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function title(report: Report, options: TextOptions, colors: Colors): string {
  const head = colors.bold(options.title);
  const span = timeSpan(report);
  return span === null ? head : `${head}\n${colors.dim(span)}`;
}

function timeSpan({ connections }: Report): string | null {
  let start = Infinity;
  let end = -Infinity;
  for (const { batch, row } of connections) {
    start = Math.min(start, batch.startSeconds[row] as number);
    end = Math.max(end, batch.endSeconds[row] as number);
  }
  if (start > end) {
    return null;
  }
  const text = (seconds: number) => timeText(seconds, 0).slice(0, 19).replace('T', ' ');
  return `${text(start)} to ${text(end)} UTC, ${duration(end - start)}`;
}

/** Borderless, with numbers to the right: every column but the `names` first ones. */
function table(head: string[], rows: string[][], names: number, colors: Colors): string {
  const none = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '' };
  const more = { 'bottom-left': '', 'bottom-right': '', left: '  ', 'left-mid': '', mid: '', 'mid-mid': '' };
  const made = new Table({
    head: head.map((text) => colors.dim(text)),
    chars: { ...none, ...more, right: '', 'right-mid': '', middle: '   ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: head.map((_, i) => (i < names ? 'left' : 'right')),
  });
  made.push(...rows);
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function section(name: string, body: string, colors: Colors): string {
  return `${colors.bold(name)}\n${body}`;
}

function totals({ packets, totals: all, conversations: rows, connections }: Report, colors: Colors): string {
  const number = (name: string) => count(all[name] ?? 0);
  const cells: Array<[string, string]> = [
    ['packets', count(packets.read)],
    ['TCP packets', count(packets.tcp)],
    ['conversations', count(rows.length)],
    ['connections', count(connections.length)],
    ['SYN', number('syn.count')],
    ['attempts', number('attempt.count')],
    ['handshakes', number('ct.count')],
    ['SYN per connection', perConnection(all['syn.ratio'] ?? null, all['attempt.count'] ?? 0)],
    ['FIN of clients', number('fin.count.clt')],
    ['FIN of servers', number('fin.count.srv')],
    ['RST of clients', number('rst.count.clt')],
    ['RST of servers', number('rst.count.srv')],
    ['refused', number('refused.count')],
    ['no answer', number('noanswer.count')],
    ['half open', number('halfopen.count')],
    ['retransmissions', count((all['retrans.count.clt'] ?? 0) + (all['retrans.count.srv'] ?? 0))],
  ];
  const rowsOf4 = Array.from({ length: cells.length / 4 }, (_, row) =>
    cells.slice(row * 4, row * 4 + 4).flatMap(([name, value]) => [colors.dim(name), value])
  );
  const made = new Table({
    chars: noLines,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: ['left', 'right', 'left', 'right', 'left', 'right', 'left', 'right'],
  });
  made.push(...rowsOf4);
  return section('Totals', trimmed(made.toString()), colors);
}

const noLines = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '  ',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '   ',
};

function trimmed(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Everything that limits what the numbers above can say; empty when nothing does. */
function losses({ packets, totals: all }: Report, colors: Colors): string {
  const lines: string[] = [];
  for (const [reason, packetsLost] of Object.entries(packets.undecoded)) {
    if (packetsLost > 0 && reason !== 'not_tcp') {
      lines.push(`  ${count(packetsLost)} packets not decoded: ${undecodedTexts[reason] ?? reason}`);
    }
  }
  const guessed = all['role.guess.count'] ?? 0;
  const midstream = all['midstream.count'] ?? 0;
  const oneWay = all['oneway.count'] ?? 0;
  if (midstream > 0) {
    lines.push(`  ${count(midstream)} connections began before the capture`);
  }
  if (guessed > 0) {
    lines.push(`  ${count(guessed)} connections whose client and server are guessed`);
  }
  if (oneWay > 0) {
    lines.push(`  ${count(oneWay)} connections of which only one direction was captured`);
  }
  return lines.length === 0 ? '' : section('What limits these numbers', colors.yellow(lines.join('\n')), colors);
}

const undecodedTexts: Readonly<Record<string, string>> = {
  fragment: 'fragments of datagrams that were not complete',
  truncated: 'the capture cut them before the TCP flags',
  malformed: 'headers that contradict themselves',
  link_type: 'a link type that is not known',
  encrypted: 'encrypted',
  too_deep: 'too many headers one in another',
};

interface Group {
  readonly members: readonly Conversation[];
  readonly metrics: Metrics;
}

/** Conversations with equal keys, their counters added, the greatest of a metric first. */
function groups(rows: readonly Conversation[], key: (row: Conversation) => string, by: string, top: number): Group[] {
  const members = new Map<string, Conversation[]>();
  for (const row of rows) {
    const list = members.get(key(row));
    if (list === undefined) {
      members.set(key(row), [row]);
    } else {
      list.push(row);
    }
  }
  return [...members.values()]
    .map((list) => {
      const sum = list.reduce(
        (all, { counters }) => (addCounters(all, counters), all),
        new Float64Array(list[0]?.counters.length ?? 0)
      );
      return { members: list, metrics: metricsOf(sum) };
    })
    .filter(({ metrics }) => (metrics[by] ?? 0) > 0)
    .sort((a, b) => (b.metrics[by] ?? 0) - (a.metrics[by] ?? 0))
    .slice(0, top);
}

function distinct(rows: readonly Conversation[], key: (row: Conversation) => string | number): string {
  return count(new Set(rows.map(key)).size);
}

const number = (metrics: Metrics, name: string): string => count(metrics[name] ?? 0);
const rate = (metrics: Metrics, name: string): string =>
  perConnection(metrics[name] ?? null, metrics['attempt.count'] ?? 0);

function servers(rows: readonly Conversation[], options: TextOptions, colors: Colors): string {
  const found = groups(rows, (row) => `${row.serverIp} ${row.serverPort}`, 'rst.count.srv', options.top);
  if (found.length === 0) {
    return section('Top servers by RST', colors.dim('  no server sent a RST'), colors);
  }
  const head = [
    'server',
    'port',
    'application',
    'clients',
    'attempts',
    'handshakes',
    'RST',
    'RST/conn',
    'refused',
    'no answer',
  ];
  const body = found.map(({ members, metrics }) => [
    members[0]?.serverIp ?? '',
    String(members[0]?.serverPort),
    members[0]?.application ?? '',
    distinct(members, (row) => row.clientIp),
    number(metrics, 'attempt.count'),
    number(metrics, 'ct.count'),
    number(metrics, 'rst.count.srv'),
    rate(metrics, 'rst.ratio.srv'),
    number(metrics, 'refused.count'),
    number(metrics, 'noanswer.count'),
  ]);
  return section('Top servers by RST', table(head, body, 3, colors), colors);
}

function clients(rows: readonly Conversation[], options: TextOptions, colors: Colors): string {
  const found = groups(rows, (row) => row.clientIp, 'rst.count.srv', options.top);
  if (found.length === 0) {
    return '';
  }
  const head = [
    'client',
    'servers',
    'ports',
    'SYN',
    'handshakes',
    'SYN/conn',
    'RST of servers',
    'own RST',
    'refused',
    'no answer',
  ];
  const body = found.map(({ members, metrics }) => [
    members[0]?.clientIp ?? '',
    distinct(members, (row) => row.serverIp),
    distinct(members, (row) => row.serverPort),
    number(metrics, 'syn.count'),
    number(metrics, 'ct.count'),
    rate(metrics, 'syn.ratio'),
    number(metrics, 'rst.count.srv'),
    number(metrics, 'rst.count.clt'),
    number(metrics, 'refused.count'),
    number(metrics, 'noanswer.count'),
  ]);
  return section('Top clients by RST of servers', table(head, body, 1, colors), colors);
}

const BAR = 30;

function closes({ connections }: Report, colors: Colors): string {
  const counts = new Map<CloseClass, number>();
  for (const { batch, row } of connections) {
    const close = closeClasses[batch.close[row] as number] as CloseClass;
    counts.set(close, (counts.get(close) ?? 0) + 1);
  }
  const rows = [...counts].sort((a, b) => b[1] - a[1]);
  const most = rows[0]?.[1] ?? 0;
  const body = rows.map(([close, connectionsOf]) => {
    const bar = '▇'.repeat(Math.max(1, Math.round((connectionsOf / most) * BAR)));
    const paint = troubling.has(close) ? colors.red : colors.green;
    return [close, closeTexts[close], count(connectionsOf), share(connectionsOf, connections.length), paint(bar)];
  });
  if (body.length === 0) {
    return section('How connections ended', colors.dim('  no TCP connection'), colors);
  }
  const made = new Table({
    chars: noLines,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: ['left', 'left', 'right', 'right', 'left'],
  });
  made.push(...body);
  return section('How connections ended', trimmed(made.toString()), colors);
}

function conversations(rows: readonly Conversation[], options: TextOptions, colors: Colors): string {
  const by = rows.some((row) => (metricsOf(row.counters)['rst.count'] ?? 0) > 0) ? 'rst.count' : 'packets';
  const found = groups(rows, (row) => `${row.clientIp} ${row.serverIp} ${row.serverPort}`, by, options.top);
  const head = [
    'client',
    'server',
    'port',
    'application',
    'SYN',
    'handshakes',
    'FIN clt',
    'FIN srv',
    'RST clt',
    'RST srv',
    'refused',
  ];
  const body = found.map(({ members, metrics }) => [
    members[0]?.clientIp ?? '',
    members[0]?.serverIp ?? '',
    String(members[0]?.serverPort),
    members[0]?.application ?? '',
    ...[
      'syn.count',
      'ct.count',
      'fin.count.clt',
      'fin.count.srv',
      'rst.count.clt',
      'rst.count.srv',
      'refused.count',
    ].map((name) => number(metrics, name)),
  ]);
  if (body.length === 0) {
    return '';
  }
  const shown = found.length < rows.length ? `, ${count(found.length)} of ${count(rows.length)}` : '';
  const what = by === 'rst.count' ? 'by RST' : 'by packets';
  return section(`Conversations ${what}${shown}`, table(head, body, 4, colors), colors);
}
