import { parseFilter, printFilter, splitConjuncts } from '@tcpscope/filter';
import { findings, type Ended, type Finding, type Thresholds } from '../../diagnose/index.js';
import type { RetentionConfig } from '../../store/config.js';
import type { Cell, Column, Notice, TableAnswer } from '../answer.js';
import { dimensionOf } from '../names.js';
import type { FindingsQuestion } from '../question.js';
import type { Session } from '../session.js';
import { storedStatement } from '../sql/stored.js';
import { endedConnections } from '../stored-connections.js';
import { goneNotices } from './connections.js';

/** Connections that findings are made from at most, the last ones: some 100 MB while the answer is made. */
const MOST = 100_000;

/** What groups of connections that ended in a range have in common, the most severe first. */
export async function answerFindings(
  question: FindingsQuestion,
  session: Session,
  { connections: kept }: RetentionConfig,
  now: number,
  thresholds: Thresholds
): Promise<TableAnswer> {
  const { kind, instants, limit, notices } = question;
  const rows = await session.ask(storedStatement(question, MOST), MOST);
  const ended = endedConnections(rows.columns, rows.count);
  const first = ended.at(-1);
  const all = findings(ended.sort(byStart), thresholds);
  const shown = all.slice(0, limit);
  const column = (name: string, type: Column['type'], summary: string, of: (finding: Finding) => Cell): Column => ({
    name,
    field: null,
    type,
    values: shown.map(of),
    summary,
  });
  const columns: Column[] = [
    column('finding', 'string', 'What it is; docs/diagnosis.md describes each', (one) => one.kind),
    column('severity', 'string', 'high, medium or low', (one) => one.severity),
    column('text', 'string', 'What was seen, with numbers', (one) => one.text),
    { ...column('since', 'time', 'First connection of it', (one) => Math.round(one.since * 1000)) },
    { ...column('until', 'time', 'Last connection of it', (one) => Math.round(one.until * 1000)) },
    { ...column('client.ip', 'string', '', (one) => one.client), field: dimensionOf('client.ip') },
    { ...column('server.ip', 'string', '', (one) => one.server), field: dimensionOf('server.ip') },
    { ...column('server.port', 'number', '', (one) => one.port), field: dimensionOf('server.port') },
    { ...column('client.count', 'number', 'Clients concerned', (one) => one.clients), unit: 'hosts' },
    { ...column('conn.count', 'number', 'Connections concerned', (one) => one.connections), unit: 'connections' },
    { ...column('confidence', 'number', 'Probability that it is so', (one) => round(one.confidence)), unit: 'share' },
    column('rival', 'string', 'What it could be instead', (one) => one.rival),
    column('next', 'string', 'What to check next', (one) => one.nextCheck),
    column('origin', 'string', 'Which of the four usual causes of abnormal ends it belongs to', (one) => one.origin),
    column('filter', 'string', 'Filter of conversations that shows its rows', (one) => one.filter),
    column('about', 'string', 'The part of the filter that names hosts and ports, for any rows', (one) =>
      aboutOf(one.filter)
    ),
  ];
  const more = all.length > limit;
  const cut: Notice[] = [
    ...(rows.more && first !== undefined
      ? [
          {
            severity: 'warning',
            text:
              `Findings are made from the last ${MOST} connections, those that ended since ` +
              `${new Date(first.end * 1000).toISOString()}. Choose a shorter range or filter.`,
          } as const,
        ]
      : []),
    ...(more
      ? [{ severity: 'warning', text: `Only the first ${limit} findings are shown; there are more.` } as const]
      : []),
  ];
  return {
    shape: 'table',
    kind,
    columns,
    rows: shown.length,
    more,
    notices: [...notices, ...goneNotices(kept, instants, now), ...cut],
    statements: session.statements,
  };
}

/** What of a filter selects conversations and single connections alike. */
function aboutOf(filter: string): string {
  const parsed = parseFilter(filter, 'windows');
  const { dimensions } = splitConjuncts(parsed.ok ? parsed.expression : null);
  return dimensions === null ? '' : printFilter(dimensions);
}

function byStart(a: Ended, b: Ended): number {
  return a.start - b.start || a.end - b.end || a.clientPort - b.clientPort;
}

function round(probability: number): number {
  return Math.round(probability * 1e4) / 1e4;
}
