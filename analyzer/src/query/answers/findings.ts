import type { Thresholds } from '../../diagnose/index.js';
import type { RetentionConfig } from '../../store/config.js';
import type { Cell, Column, Notice, TableAnswer } from '../answer.js';
import type { FoundRow } from '../findings/find.js';
import type { Finder } from '../findings/finder.js';
import { dimensionOf } from '../names.js';
import type { FindingsQuestion } from '../question.js';
import type { Session } from '../session.js';
import { storedStatement } from '../sql/stored.js';
import { goneNotices } from './connections.js';

/** Connections that findings are made from at most, the last ones: some 200 MB while the answer is made. */
const MOST = 100_000;

/** What groups of connections that ended in a range have in common, the most severe first. */
export async function answerFindings(
  question: FindingsQuestion,
  session: Session,
  finder: Finder,
  { connections: kept }: RetentionConfig,
  now: number,
  thresholds: Thresholds
): Promise<TableAnswer> {
  const { kind, instants, limit, notices } = question;
  const ask = () => session.askUnread(storedStatement(question, MOST), MOST);
  const { rows, more, since } = await session.within((signal) =>
    finder.find(ask, { most: MOST, limit, thresholds }, signal)
  );
  const column = (name: string, type: Column['type'], summary: string, of: (row: FoundRow) => Cell): Column => ({
    name,
    field: null,
    type,
    values: rows.map(of),
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
    column('about', 'string', 'The part of the filter that names hosts and ports, for any rows', (one) => one.about),
  ];
  const cut: Notice[] = [
    ...(since === null
      ? []
      : [
          {
            severity: 'warning',
            text:
              `Findings are made from the last ${MOST} connections, those that ended since ` +
              `${new Date(since * 1000).toISOString()}. Choose a shorter range or filter.`,
          } as const,
        ]),
    ...(more
      ? [{ severity: 'warning', text: `Only the first ${limit} findings are shown; there are more.` } as const]
      : []),
  ];
  return {
    shape: 'table',
    kind,
    columns,
    rows: rows.length,
    more,
    notices: [...notices, ...goneNotices(kept, instants, now), ...cut],
    statements: session.statements,
  };
}

function round(probability: number): number {
  return Math.round(probability * 1e4) / 1e4;
}
