import type { CaptureStatus, Queries, TableAnswer } from '../query/index.js';
import { counted, roleSentences, undecodedSentences, type Page, type PageGroup } from '../report/index.js';

/** What the page of a running capture is about. */
export interface LivePageOptions {
  /** Seconds back from now. */
  readonly span: number;
  /** Rows in each list. */
  readonly top: number;
  /** Where the page ends, milliseconds since 1970. */
  readonly now: number;
  /** That is the time of the last packet, not the clock's. */
  readonly recorded?: boolean;
  /** Files of rows that are captured and wait in the spool for the database. */
  readonly waiting?: number;
}

/** A few files are always on their way; more are a backlog, of a recording that comes faster than it can be stored. */
const BACKLOG = 20;

const totalMetrics = [
  ...['syn.count', 'attempt.count', 'ct.count', 'syn.ratio', 'fin.count.clt', 'fin.count.srv'],
  ...['rst.count.clt', 'rst.count.srv', 'rst.count', 'refused.count', 'noanswer.count', 'halfopen.count'],
  ...[
    'retrans.count',
    'zerowindow.count',
    'dupack.count',
    'midstream.count',
    'role.guess.count',
    'oneway.count',
    'packets',
    'ct.p50',
    'ct.p95',
    'rtt.p50.clt',
    'rtt.p95.clt',
    'rtt.p50.srv',
    'rtt.p95.srv',
  ],
];
const serverMetrics = [
  ...['rst.count.srv', 'client.count', 'attempt.count', 'ct.count', 'rst.ratio.srv', 'refused.count', 'noanswer.count'],
  'ct.p95',
];
const clientMetrics = [
  ...['rst.count.srv', 'server.count', 'port.count', 'syn.count', 'ct.count', 'syn.ratio', 'attempt.count'],
  ...['rst.count.clt', 'refused.count', 'noanswer.count'],
];
const conversationMetrics = [
  ...['rst.count', 'packets', 'syn.count', 'ct.count', 'fin.count.clt', 'fin.count.srv', 'rst.count.clt'],
  ...['rst.count.srv', 'refused.count'],
];

/** The page of the last minutes of a running capture, from the store. Throws errors of the catalogue. */
export async function livePage(
  queries: Queries,
  captures: readonly CaptureStatus[],
  { span, top, now, recorded = false, waiting = 0 }: LivePageOptions
): Promise<Page> {
  const range = { from: now - span * 1000, to: now };
  const ask = async (query: object): Promise<TableAnswer | null> => {
    const answer = await queries.answer({ refId: 'page', ...range, ...query });
    return answer.shape === 'table' ? answer : null;
  };
  const resetBy = { filter: 'rst.count.srv > 0', scope: 'rows', orderBy: 'rst.count.srv desc', limit: top };
  const [totals] = rowsOf(await ask({ kind: 'top', metrics: totalMetrics, groupBy: [], limit: 1 }));
  const by = (totals?.metrics['rst.count'] ?? 0) > 0 ? 'rst.count' : 'packets';
  const [servers, clients, closes, conversations] = await Promise.all([
    ask({ kind: 'top', metrics: serverMetrics, groupBy: ['server.ip', 'server.port', 'application'], ...resetBy }),
    ask({ kind: 'top', metrics: clientMetrics, groupBy: ['client.ip'], ...resetBy }),
    ask({ kind: 'closes' }),
    ask({
      kind: 'top',
      metrics: conversationMetrics,
      groupBy: ['client.ip', 'server.ip', 'server.port', 'application'],
      filter: `${by} > 0`,
      scope: 'rows',
      orderBy: `${by} desc`,
      limit: top,
    }),
  ]);
  const packets = captures.reduce((sum, status) => sum + status.packets.read, 0);
  return {
    title: `tcpscope on ${captures.map((status) => status.interface).join(', ')}`,
    subtitle: subtitleOf(span, now, recorded),
    totals: totals?.metrics ?? {},
    counts: [
      ['packets since start', packets],
      ...known('TCP packets', totals?.metrics['packets']),
      ['open now', captures.reduce((sum, { connections }) => sum + connections, 0)],
      ['windows closed', Math.max(0, ...captures.map(({ windowsClosed }) => windowsClosed))],
    ],
    limits: [...backlog(waiting), ...captures.flatMap(captureSentences), ...roleSentences(totals?.metrics ?? {})],
    servers: rowsOf(servers),
    clients: rowsOf(clients),
    closes: closesOf(closes),
    conversations: { by, rows: rowsOf(conversations), of: null },
  };
}

function backlog(files: number): string[] {
  return files > BACKLOG
    ? [`${counted(files, 'block')} of rows still to be stored: the latest numbers are missing here until then`]
    : [];
}

/** What a capture lost, or why it stands still. */
function captureSentences(status: CaptureStatus): string[] {
  const { interface: name, reason, kernelDrops, interfaceDrops, softnetDrops, late, evicted } = status;
  const losses: ReadonlyArray<readonly [number | null, string]> = [
    [kernelDrops, 'dropped because the ring was full'],
    [interfaceDrops, 'dropped by the card'],
    [softnetDrops, 'dropped by the kernel before any capture saw them'],
    [late, 'came after their window was closed'],
  ];
  return [
    ...(reason === undefined ? [] : [`${name}: ${reason}`]),
    ...(status.state === 'running' ? beginning(status) : []),
    ...losses.flatMap(([packets, what]) =>
      packets === null || packets === 0 ? [] : [`${name}: ${counted(packets, 'packet')} ${what}`]
    ),
    ...(evicted > 0 ? [`${name}: ${counted(evicted, 'connection')} given up because the flow table was full`] : []),
    ...undecodedSentences(status.packets).map((sentence) => `${name}: ${sentence}`),
  ];
}

function subtitleOf(span: number, now: number, recorded: boolean): string {
  const [day, time] = new Date(now).toISOString().slice(0, 19).split('T');
  return recorded
    ? `the ${span / 60} minutes up to the last packet, ${day} ${time} UTC`
    : `the last ${span / 60} minutes, ${time} UTC`;
}

/** A count for the head of the page, where it is known. */
function known(name: string, value: number | null | undefined): Array<[string, number]> {
  return value === null || value === undefined ? [] : [[name, value]];
}

/** Why there is nothing to see yet. */
function beginning({ interface: name, packets, windowsClosed }: CaptureStatus): string[] {
  if (packets.read === 0) {
    return [`${name}: no packet has come yet; is it the right place, and is there TCP traffic?`];
  }
  return windowsClosed === 0 ? [`${name}: the first window of 10 s is still open; numbers come when it closes`] : [];
}

/** Rows of a table: text columns name the group, number columns measure it. */
function rowsOf(answer: TableAnswer | null): PageGroup[] {
  if (answer === null) {
    return [];
  }
  return Array.from({ length: answer.rows }, (_, row) => {
    const names: Record<string, string> = {};
    const metrics: Record<string, number | null> = {};
    for (const { name, field, values } of answer.columns) {
      const value = values[row] ?? null;
      if (field?.kind === 'dimension') {
        names[name] = String(value ?? '');
      } else if (typeof value === 'number' || value === null) {
        metrics[name] = value;
      }
    }
    return { names, metrics };
  });
}

function closesOf(answer: TableAnswer | null): Array<[string, number]> {
  const column = (name: string) => answer?.columns.find((one) => one.name === name)?.values ?? [];
  const counts = column('conn.count');
  return column('close')
    .map((close, i): [string, number] => [String(close), Number(counts[i] ?? 0)])
    .filter(([, connections]) => connections > 0);
}
