import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import pc from 'picocolors';
import { count, duration, perConnection, share } from './format.js';

/** Metrics of a group by the names of the catalogue; null is unknown, a ratio without a divisor, a percentile of nothing. */
export type PageMetrics = Readonly<Record<string, number | null>>;

/** A line of a list: what it is about, and its metrics. */
export interface PageGroup {
  /** Dimensions by their names in the catalogue. */
  readonly names: Readonly<Record<string, string>>;
  readonly metrics: PageMetrics;
}

/** What a page shows, wherever it comes from: a capture file, or the store of a running capture. */
export interface Page {
  readonly title: string;
  /** Under the title: which time it is about. Empty for nothing. */
  readonly subtitle: string;
  /** The filter that chose the conversations of the page; left out where there was none. */
  readonly filter?: string;
  readonly totals: PageMetrics;
  /** Counts that are no metrics, before the totals: packets read, connections. */
  readonly counts: ReadonlyArray<readonly [name: string, value: number]>;
  /** Everything that limits what the numbers can say, a sentence each. */
  readonly limits: readonly string[];
  readonly servers: readonly PageGroup[];
  readonly clients: readonly PageGroup[];
  /** Ways to end by their names, and how many connections and attempts ended so. */
  readonly closes: ReadonlyArray<readonly [close: string, connections: number]>;
  readonly conversations: {
    readonly by: 'rst.count' | 'packets';
    readonly rows: readonly PageGroup[];
    /** How many there are; null when that was not counted. */
    readonly of: number | null;
  };
}

export interface PageOptions {
  readonly color: boolean;
  /** Characters in a line; where lists do not fit, the columns that matter least are left out, then names are shortened. All fits when left out. */
  readonly width?: number;
}

type Colors = ReturnType<typeof pc.createColors>;

/** What each way to end means, for people: close classes of connections, and what windows count in their place. */
export const closeTexts: Readonly<Record<string, string>> = {
  refused: 'refused by the server',
  setupabort: 'reset before the handshake completed',
  'setupabort.clt': 'reset by the client before the handshake completed',
  'setupabort.srv': 'reset by the server before the handshake completed',
  noanswer: 'no answer to the SYN',
  halfopen: 'answered, never completed',
  finrst: 'closed by FIN and RST',
  rst: 'closed by RST alone',
  fin: 'closed by FIN on both sides',
  halfclosed: 'closed by one side only',
  orphan: 'RST without any connection',
  midstream: 'start not seen, not closed',
  open: 'open when the capture ended',
  'unclosed.idle': 'silent for so long that it was forgotten',
  'unclosed.halfclosed.clt': 'closed by the client only',
  'unclosed.halfclosed.srv': 'closed by the server only',
  'unclosed.reused': 'its ports were used again',
  'unclosed.memory': 'given up because the flow table was full',
  'unclosed.end': 'open when the capture ended',
};
const troubling = /^(refused|setupabort.*|noanswer|halfopen|rst)$/;

/** A page for a terminal, ending with a line feed. */
export function pageText(page: Page, { color, width = Infinity }: PageOptions): string {
  const colors = pc.createColors(color);
  const parts = [
    [
      colors.bold(wrapped(page.title, width)),
      ...(page.subtitle === '' ? [] : [colors.dim(wrapped(page.subtitle, width))]),
      ...(page.filter === undefined ? [] : [colors.dim(wrapped(`only conversations with ${page.filter}`, width))]),
    ].join('\n'),
    totals(page, width, colors),
    limits(page, width, colors),
    servers(page, width, colors),
    clients(page, width, colors),
    closes(page, width, colors),
    conversations(page, width, colors),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** Neither borders nor padding; the indent of a section, three blanks between columns. */
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

type Align = 'left' | 'right';

export function aligned(rows: string[][], colAligns: Align[], head: string[] = []): string {
  const style = { 'padding-left': 0, 'padding-right': 0, head: [], border: [] };
  const table = new Table({ chars: noLines, style, colAligns, ...(head.length > 0 ? { head } : {}) });
  table.push(...rows);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function section(name: string, body: string, colors: Colors): string {
  return `${colors.bold(name)}\n${body}`;
}

const number = (metrics: PageMetrics, name: string): string => {
  const value = metrics[name];
  return value === null || value === undefined ? '–' : count(value);
};
const time = (metrics: PageMetrics, name: string): string => {
  const value = metrics[name];
  return value === null || value === undefined ? '–' : duration(value);
};
const rate = (metrics: PageMetrics, name: string): string =>
  perConnection(metrics[name] ?? null, metrics['attempt.count'] ?? 0);

type Show = (metrics: PageMetrics, name: string) => string;

const totalNames: ReadonlyArray<readonly [name: string, text: string, show?: Show]> = [
  ['syn.count', 'SYN'],
  ['attempt.count', 'attempts'],
  ['ct.count', 'handshakes'],
  ['syn.ratio', 'SYN per connection', rate],
  ['fin.count.clt', 'FIN of clients'],
  ['fin.count.srv', 'FIN of servers'],
  ['rst.count.clt', 'RST of clients'],
  ['rst.count.srv', 'RST of servers'],
  ['refused.count', 'refused'],
  ['noanswer.count', 'no answer'],
  ['unreachable.count', 'ICMP said no'],
  ['halfopen.count', 'half open'],
  ['retrans.count', 'retransmissions'],
  ['zerowindow.count', 'zero windows'],
  ['dupack.count', 'duplicate ACKs'],
  ['ct.p50', 'handshake p50', time],
  ['ct.p95', 'handshake p95', time],
  ['rtt.p50.clt', 'client RTT p50', time],
  ['rtt.p95.clt', 'client RTT p95', time],
  ['rtt.p50.srv', 'server RTT p50', time],
  ['rtt.p95.srv', 'server RTT p95', time],
];

function totals({ counts, totals: all }: Page, width: number, colors: Colors): string {
  const cells: Array<readonly [string, string]> = [
    ...counts.map(([name, value]) => [name, count(value)] as const),
    ...totalNames.map(([name, text, show = number]) => [text, show(all, name)] as const),
  ];
  const inColumns = (columns: number): string => {
    const rows: string[][] = [];
    for (let at = 0; at < cells.length; at += columns) {
      rows.push(cells.slice(at, at + columns).flatMap(([name, value]) => [colors.dim(name), value]));
    }
    return aligned(
      rows,
      Array.from({ length: columns * 2 }, (_, i): Align => (i % 2 === 0 ? 'left' : 'right'))
    );
  };
  const body = [4, 3, 2].map(inColumns).find((text) => widest(text) <= width) ?? inColumns(1);
  return section('Totals', body, colors);
}

/** Characters of the longest line. */
const widest = (text: string) => Math.max(...text.split('\n').map((line) => stripVTControlCharacters(line).length));

function limits({ limits: lines }: Page, width: number, colors: Colors): string {
  const text = lines.map((line) => wrapped(line, width, '  ')).join('\n');
  return lines.length === 0 ? '' : section('What limits these numbers', colors.yellow(text), colors);
}

/** A column of a list. */
interface ListColumn {
  readonly head: string;
  readonly show: (group: PageGroup) => string;
  /** Names stand to the left, numbers to the right. */
  readonly align: Align;
  /** The greater, the sooner it is left out where there is no room; 0 never. */
  readonly spare: number;
}

const name = (key: string, head: string, spare = 0): ListColumn => ({
  head,
  show: (group) => group.names[key] ?? '',
  align: 'left',
  spare,
});
const metric = (key: string, head: string, spare = 0): ListColumn => ({
  head,
  show: (group) => number(group.metrics, key),
  align: 'right',
  spare,
});
const ratio = (key: string, head: string, spare = 0): ListColumn => ({
  head,
  show: (group) => rate(group.metrics, key),
  align: 'right',
  spare,
});
const percentile = (key: string, head: string, spare = 0): ListColumn => ({
  head,
  show: (group) => time(group.metrics, key),
  align: 'right',
  spare,
});

/** Text in lines of at most `width` characters, broken between words where that is possible. */
export function wrapped(text: string, width: number, indent = ''): string {
  const room = Math.max(1, width - indent.length);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= room) {
      line = longer;
      continue;
    }
    if (line !== '') {
      lines.push(line);
    }
    for (line = word; line.length > room; line = line.slice(room)) {
      lines.push(line.slice(0, room));
    }
  }
  return [...lines, line].map((each) => indent + each).join('\n');
}

function list(groups: readonly PageGroup[], all: readonly ListColumn[], width: number, colors: Colors): string {
  const columns = fitting(groups, all, width);
  return aligned(
    groups.map((group) => columns.map(({ column, width: room }) => shortened(column.show(group), room))),
    columns.map(({ column }) => column.align),
    columns.map(({ column }) => colors.dim(column.head))
  );
}

/** Both ends tell names apart, so what is missing is in the middle: `2001:db8:…00:1`. */
function shortened(text: string, room: number): string {
  if (text.length <= room) {
    return text;
  }
  const tail = Math.floor((room - 1) / 2);
  return `${text.slice(0, room - 1 - tail)}…${text.slice(text.length - tail)}`;
}

/** Characters between two columns. */
const GAP = 3;
const INDENT = 2;

/** Characters that a name is shortened to at most. */
const SHORTEST_NAME = 9;

interface PlacedColumn {
  readonly column: ListColumn;
  readonly width: number;
}

/** The columns for which there is room, and how much of it each gets. */
function fitting(groups: readonly PageGroup[], all: readonly ListColumn[], width: number): readonly PlacedColumn[] {
  const widthOf = ({ head, show }: ListColumn) => Math.max(head.length, ...groups.map((group) => show(group).length));
  let columns = all.map((column): PlacedColumn => ({ column, width: widthOf(column) }));
  const needed = () => columns.reduce((sum, one) => sum + one.width + GAP, INDENT - GAP);
  while (needed() > width) {
    const most = Math.max(...columns.map(({ column }) => column.spare));
    if (most === 0) {
      break;
    }
    columns = columns.filter(({ column }) => column.spare !== most);
  }
  while (needed() > width) {
    const names = columns.filter(({ column }) => column.align === 'left').map((one) => one.width);
    const longest = Math.max(...names);
    if (longest <= SHORTEST_NAME) {
      break;
    }
    columns = columns.map((one) =>
      one.column.align === 'left' && one.width === longest ? { ...one, width: longest - 1 } : one
    );
  }
  return columns;
}

const serverColumns: readonly ListColumn[] = [
  name('server.ip', 'server'),
  name('server.port', 'port'),
  name('application', 'application', 4),
  metric('client.count', 'clients', 2),
  metric('attempt.count', 'attempts', 1),
  metric('ct.count', 'handshakes', 3),
  metric('rst.count.srv', 'RST'),
  ratio('rst.ratio.srv', 'RST/conn'),
  metric('refused.count', 'refused'),
  metric('noanswer.count', 'no answer', 5),
  percentile('ct.p95', 'handshake p95', 6),
];

function servers({ servers: groups, filter }: Page, width: number, colors: Colors): string {
  const none = filter === undefined ? '  no server sent a RST' : '  no server of these conversations sent a RST';
  const body = groups.length === 0 ? colors.dim(none) : list(groups, serverColumns, width, colors);
  return section('Top servers by RST', body, colors);
}

const clientColumns: readonly ListColumn[] = [
  name('client.ip', 'client'),
  metric('server.count', 'servers', 2),
  metric('port.count', 'ports', 3),
  metric('syn.count', 'SYN', 1),
  metric('ct.count', 'handshakes', 4),
  ratio('syn.ratio', 'SYN/conn'),
  metric('rst.count.srv', 'RST of servers'),
  metric('rst.count.clt', 'own RST', 5),
  metric('refused.count', 'refused'),
  metric('noanswer.count', 'no answer', 6),
];

function clients({ clients: groups }: Page, width: number, colors: Colors): string {
  return groups.length === 0
    ? ''
    : section('Top clients by RST of servers', list(groups, clientColumns, width, colors), colors);
}

/** Characters of the longest bar, where there is room for it, and where there is little. */
const BAR = 30;
const SHORT_BAR = 4;

function closes({ closes: counted, filter }: Page, width: number, colors: Colors): string {
  const rows = [...counted].sort((a, b) => b[1] - a[1]);
  const most = rows[0]?.[1] ?? 0;
  const all = rows.reduce((sum, [, connections]) => sum + connections, 0);
  if (rows.length === 0) {
    const none = filter === undefined ? '  no TCP connection' : '  no conversation matches the filter';
    return section('How connections ended', colors.dim(none), colors);
  }
  const cells = rows.map(([close, connections]) => [
    close,
    closeTexts[close] ?? '',
    count(connections),
    share(connections, all),
  ]);
  const withoutTexts = cells.map(([close, , ...numbers]) => [close ?? '', ...numbers]);
  const aligns: Align[] = ['left', 'left', 'right', 'right'];
  const roomFor = (body: string[][], sides: Align[]) => width - widest(aligned(body, sides)) - GAP;
  const fits = roomFor(cells, aligns) >= SHORT_BAR;
  const body = fits ? cells : withoutTexts;
  const bodyAligns = fits ? aligns : aligns.slice(1);
  const longest = Math.max(1, Math.min(BAR, roomFor(body, bodyAligns)));
  const lines = rows.map(([close, connections], row) => {
    const bar = '▇'.repeat(Math.max(1, Math.round((connections / most) * longest)));
    const paint = troubling.test(close) ? colors.red : colors.green;
    return [...(body[row] as string[]), paint(bar)];
  });
  return section('How connections ended', aligned(lines, [...bodyAligns, 'left']), colors);
}

const conversationColumns: readonly ListColumn[] = [
  name('client.ip', 'client'),
  name('server.ip', 'server'),
  name('server.port', 'port'),
  name('application', 'application', 4),
  metric('syn.count', 'SYN', 1),
  metric('ct.count', 'handshakes', 2),
  metric('fin.count.clt', 'FIN clt', 5),
  metric('fin.count.srv', 'FIN srv', 5),
  metric('rst.count.clt', 'RST clt'),
  metric('rst.count.srv', 'RST srv'),
  metric('refused.count', 'refused', 3),
];

function conversations({ conversations: { by, rows, of } }: Page, width: number, colors: Colors): string {
  if (rows.length === 0) {
    return '';
  }
  const shown = of !== null && rows.length < of ? `, ${count(rows.length)} of ${count(of)}` : '';
  const what = by === 'rst.count' ? 'by RST' : 'by packets';
  return section(`Conversations ${what}${shown}`, list(rows, conversationColumns, width, colors), colors);
}
