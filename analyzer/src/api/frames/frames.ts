import { errorKinds, TcpscopeError } from '../../errors.js';
import type { Answer, QueryKind, TableAnswer } from '../../query/index.js';
import { executedQuery } from './executed.js';
import { contractVersion, type Frame, type FrameMeta, type FrameType } from './frame.js';
import { seriesFrames } from './series.js';
import { numericLongFrame, numericWideFrame, tableFrame } from './table.js';

export interface FrameOptions {
  readonly refId: string;
  /** Name of series; empty for Grafana's own. */
  readonly legend: string;
  /** An alert rule asks: it can use numbers with labels and nothing else. */
  readonly fromAlert: boolean;
}

const types: Readonly<Record<QueryKind, FrameType>> = {
  timeseries: 'timeseries-multi',
  feedseries: 'timeseries-multi',
  feed: 'numeric-long',
  top: 'numeric-long',
  closes: 'numeric-long',
  causes: 'numeric-long',
  health: 'numeric-wide',
  conversations: 'table',
  connections: 'table',
  findings: 'table',
  values: 'table',
};

/** The frames of an answer. Throws `queryAlert` for rows that an alert rule could not use. */
export function framesOf(answer: Answer, { refId, legend, fromAlert }: FrameOptions): Frame[] {
  const { kind, notices, statements } = answer;
  // Conversations and findings are numbers with names, so an alert rule gets them as such, without the times.
  const type = fromAlert && (kind === 'conversations' || kind === 'findings') ? 'numeric-long' : types[kind];
  if (fromAlert && type === 'table' && answer.shape !== 'empty') {
    throw new TcpscopeError(errorKinds.queryAlert, [kind]);
  }
  const meta: FrameMeta = {
    type,
    typeVersion: contractVersion(type),
    preferredVisualisationType: type === 'timeseries-multi' ? 'graph' : 'table',
    ...(statements.length === 0 ? {} : { executedQueryString: executedQuery(statements) }),
    ...(notices.length === 0 ? {} : { notices }),
  };
  switch (answer.shape) {
    case 'empty':
      return [emptyFrame(refId, meta)];
    case 'series': {
      const frames = seriesFrames(answer, refId, legend, meta);
      return frames.length === 0 ? [emptyFrame(refId, meta)] : frames;
    }
    case 'table':
      return [
        type === 'numeric-long'
          ? numericLongFrame(forReader(answer, fromAlert), refId, meta)
          : type === 'numeric-wide'
            ? numericWideFrame(answer, refId, meta)
            : tableFrame(answer, refId, meta),
      ];
  }
}

/** What names a row stays the same from one evaluation of an alert rule to the next; a reason with numbers does not. */
function forReader(answer: TableAnswer, fromAlert: boolean): TableAnswer {
  switch (answer.kind) {
    case 'findings':
      return withoutWords(answer);
    case 'feed':
      return fromAlert ? { ...answer, columns: answer.columns.filter(({ name }) => name !== 'reason') } : answer;
    default:
      return answer;
  }
}

/**
 * Findings as an alert rule can follow them: their labels stay the same from one evaluation to the next, which sentences
 * with numbers do not, and no two are alike.
 */
function withoutWords(answer: TableAnswer): TableAnswer {
  const labels = ['finding', 'severity', 'client.ip', 'server.ip', 'server.port'];
  const columns = answer.columns.filter(({ name, type }) => labels.includes(name) || type === 'number');
  const nameOf = (row: number) =>
    columns
      .filter(({ name }) => labels.includes(name))
      .map(({ values }) => values[row])
      .join(' ');
  const firsts = new Map<string, number>();
  for (let row = 0; row < answer.rows; row++) {
    const name = nameOf(row);
    firsts.set(name, firsts.get(name) ?? row);
  }
  const first = [...firsts.values()];
  const kept = columns.map((column) => ({ ...column, values: first.map((row) => column.values[row] ?? null) }));
  return { ...answer, columns: kept, rows: first.length };
}

/** No data, in a form that says of what. */
function emptyFrame(refId: string, meta: FrameMeta): Frame {
  return { schema: { refId, meta, fields: [] }, data: { values: [] } };
}
