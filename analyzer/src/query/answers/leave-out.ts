import { endText, scanSurplus, type Thresholds } from '../../diagnose/index.js';
import type { RetentionConfig } from '../../store/config.js';
import type { Notice } from '../answer.js';
import { addressText } from '../keys.js';
import type { Ranged } from '../question.js';
import type { Range } from '../range.js';
import type { LeftOutRows } from '../segments.js';
import type { Session } from '../session.js';
import { rstByDesignStatement } from '../sql/rst-by-design.js';
import { scansStatement } from '../sql/scans.js';
import { goneNotices } from './connections.js';

/** Scans, and services, that are left out at most, the largest. */
const MOST = 100_000;
/** So many a notice names. */
const NAMED = 5;

/** What is left out for one reason. */
interface Found extends Partial<LeftOutRows> {
  readonly notices: readonly Notice[];
}

/**
 * The question with the conversations that its answer leaves out, and notices of them. Both reasons rest on verdicts, so
 * they are looked for among single connections, which are kept for a shorter time than windows: a notice says so.
 */
export async function leaveOut<Q extends Ranged>(
  question: Q,
  session: Session,
  thresholds: Thresholds,
  { connections: kept }: RetentionConfig,
  now: number
): Promise<Q> {
  const { range, notices } = question;
  const [scans, design] = (['scans', 'rst-by-design'] as const).map((reason) => question.leaveOut.includes(reason));
  if ((!scans && !design) || range.from >= range.to) {
    return question;
  }
  const found: readonly Found[] = [
    ...(scans ? [await findScans(range, session, thresholds)] : []),
    ...(design ? [await findByDesign(range, session, thresholds)] : []),
  ];
  const all = (kind: keyof LeftOutRows) => found.flatMap((one) => one[kind] ?? []);
  const leftOut = { hosts: all('hosts'), ports: all('ports'), services: all('services') };
  const gone = goneNotices(kept, { fromMs: range.from * 1000, toMs: range.to * 1000 }, now);
  return { ...question, leftOut, notices: [...notices, ...found.flatMap((one) => one.notices), ...gone] };
}

async function findScans(range: Range, session: Session, thresholds: Thresholds): Promise<Found> {
  const { columns, count, more } = await session.ask(scansStatement(range, thresholds, scanSurplus, MOST), MOST);
  const [hashes = [], clients = [], servers = [], ports = [], contacts = []] = columns;
  const isSweep = (row: number) => servers[row] === '';
  const name = (row: number) => {
    const [client, tried] = [addressText(String(clients[row])), String(contacts[row])];
    return isSweep(row)
      ? `${client} (port ${String(ports[row])} of ${tried} hosts)`
      : `${client} (${tried} ports of ${addressText(String(servers[row]))})`;
  };
  return {
    hosts: hashes.map(String).filter((_, row) => !isSweep(row)),
    ports: hashes.map(String).filter((_, row) => isSweep(row)),
    notices: noticesOf('Left out as scans', name, count, more),
  };
}

async function findByDesign(range: Range, session: Session, thresholds: Thresholds): Promise<Found> {
  const { columns, count, more } = await session.ask(rstByDesignStatement(range, thresholds, MOST), MOST);
  const [hashes = [], servers = [], ports = []] = columns;
  const name = (row: number) => endText(addressText(String(servers[row])), Number(ports[row]));
  const notices = noticesOf('Left out, because they close by RST on purpose', name, count, more);
  return { services: hashes.map(String), notices };
}

function noticesOf(what: string, name: (row: number) => string, count: number, more: boolean): Notice[] {
  if (count === 0) {
    return [];
  }
  const named = Array.from({ length: Math.min(count, NAMED) }, (_, row) => name(row)).join(', ');
  const text = `${what}: ${named}${count > NAMED ? ` and ${count - NAMED} more` : ''}.`;
  return more
    ? [{ severity: 'warning', text: `${text} There are still more, which are counted.` }]
    : [{ severity: 'info', text }];
}
