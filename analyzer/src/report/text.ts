import { closeClasses, type CloseClass } from '@tcpscope/filter';
import type { PacketCounts } from '../pipeline/pipeline.js';
import type { ConnectionRow, Conversation } from './collector.js';
import { feedSentences } from './feed.js';
import { counted, duration } from './format.js';
import { timeText } from './names.js';
import { pageText, type Page, type PageGroup } from './page.js';
import { metricOf, metricsOf, type Metrics } from './metrics.js';
import type { Report } from './report.js';
import { addSums, copyOf, type Sums } from './sums.js';
import { whyText } from './why.js';

export interface TextOptions {
  /** What was read, for the title. */
  readonly title: string;
  /** Rows in each list. */
  readonly top: number;
  readonly color: boolean;
  /** Characters in a line, when they are limited. */
  readonly width?: number;
  /** The filter of the report, as it was written. */
  readonly filter?: string;
}

/** The report as a page for a terminal. */
export function reportText(report: Report, { title, top, color, width, filter }: TextOptions): string {
  const { packets, totals, conversations, connections } = report;
  const by = (totals['rst.count'] ?? 0) > 0 ? 'rst.count' : 'packets';
  const page: Page = {
    title,
    subtitle: timeSpan(report),
    ...(filter === undefined ? {} : { filter }),
    totals,
    counts: [
      ['packets', packets.read],
      ['TCP packets', packets.tcp],
      ['conversations', conversations.length],
      ['connections', connections.length],
    ],
    limits: [...undecodedSentences(packets), ...roleSentences(totals), ...feedSentences(report.feed)],
    servers: groups(conversations, (row) => `${row.serverIp} ${row.serverPort}`, 'rst.count.srv', top),
    clients: groups(conversations, (row) => row.clientIp, 'rst.count.srv', top),
    closes: closes(report),
    conversations: { by, rows: groups(conversations, (row) => row.key, by, top), of: conversations.length },
  };
  const limited = { color, ...(width === undefined ? {} : { width }) };
  return pageText(page, limited) + whyText(report.diagnoses, { ...limited, top });
}

function timeSpan({ connections }: Report): string {
  if (connections.length === 0) {
    return '';
  }
  // From the first second, so that fractions of a second stay exact.
  const base = (connections[0] as ConnectionRow).batch.startSeconds[(connections[0] as ConnectionRow).row] as number;
  let start = Infinity;
  let end = -Infinity;
  for (const { batch, row } of connections) {
    const first = (batch.startSeconds[row] as number) - base + (batch.startNanos[row] as number) / 1e9;
    const last = (batch.endSeconds[row] as number) - base + (batch.endNanos[row] as number) / 1e9;
    // Where the clock was set back, a last packet may be older than a first one.
    start = Math.min(start, first, last);
    end = Math.max(end, first, last);
  }
  const text = (seconds: number) =>
    timeText(base + Math.floor(seconds), 0)
      .slice(0, 19)
      .replace('T', ' ');
  return `${text(start)} to ${text(end)} UTC, ${duration(end - start)}`;
}

/** Packets that could not be read as TCP segments though they may have been ones. */
export function undecodedSentences({ undecoded }: Pick<PacketCounts, 'undecoded'>): string[] {
  return Object.entries(undecoded)
    .filter(([reason, packets]) => packets > 0 && reason !== 'not_tcp')
    .map(([reason, packets]) => `${counted(packets, 'packet')} not decoded: ${undecodedTexts[reason] ?? reason}`);
}

const undecodedTexts: Readonly<Record<string, string>> = {
  fragment: 'fragments of datagrams that were not complete',
  truncated: 'the capture cut them before the TCP flags',
  malformed: 'headers that contradict themselves',
  link_type: 'a link type that is not known',
  encrypted: 'encrypted',
  too_deep: 'too many headers one in another',
};

/** Connections of which the capture did not show enough to be certain. */
export function roleSentences(totals: Metrics): string[] {
  const sentences: ReadonlyArray<readonly [name: string, text: string]> = [
    ['midstream.count', 'began before the capture'],
    ['role.guess.count', 'with a guess of who is client and who server'],
    ['oneway.count', 'of which only one direction was captured'],
  ];
  return sentences.flatMap(([name, text]) => {
    const connections = totals[name] ?? 0;
    return connections > 0 ? [`${counted(connections, 'connection')} ${text}`] : [];
  });
}

function closes({ connections }: Report): Array<[CloseClass, number]> {
  const counts = new Map<CloseClass, number>();
  for (const { batch, row } of connections) {
    const close = closeClasses[batch.close[row] as number] as CloseClass;
    counts.set(close, (counts.get(close) ?? 0) + 1);
  }
  return [...counts];
}

interface Group {
  readonly members: Conversation[];
  /** Those of the only member, or a sum of its own. */
  sums: Sums;
}

/** Conversations with equal keys, what they counted added, the greatest of a metric first. */
function groups(
  rows: readonly Conversation[],
  keyOf: (row: Conversation) => string,
  by: string,
  top: number
): PageGroup[] {
  const found = new Map<string, Group>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = found.get(key);
    if (group === undefined) {
      found.set(key, { members: [row], sums: row });
    } else {
      if (group.members.length === 1) {
        group.sums = copyOf(group.sums);
      }
      group.members.push(row);
      addSums(group.sums, row);
    }
  }
  return [...found.values()]
    .map((group) => ({ group, value: metricOf(by, group.sums) ?? 0 }))
    .filter(({ value }) => value > 0)
    .sort((a, b) => b.value - a.value)
    .slice(0, top)
    .map(({ group }) => pageGroup(group));
}

function pageGroup({ members, sums }: Group): PageGroup {
  const first = members[0] as Conversation;
  const distinct = (of: (row: Conversation) => string | number) => new Set(members.map(of)).size;
  return {
    names: {
      'client.ip': first.clientIp,
      'server.ip': first.serverIp,
      'server.port': String(first.serverPort),
      application: first.application,
    },
    metrics: {
      ...metricsOf(sums),
      'client.count': distinct((row) => row.clientIp),
      'server.count': distinct((row) => row.serverIp),
      'port.count': distinct((row) => row.serverPort),
    },
  };
}
