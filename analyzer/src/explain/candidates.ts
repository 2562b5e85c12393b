import pc from 'picocolors';
import { causeTexts } from '../diagnose/index.js';
import { count, duration } from '../report/format.js';
import { connectionJson, explanationOf, timeText, type ConnectionRow } from '../report/index.js';
import { titleOf } from './page.js';
import { NAMING_TAGS } from './tuple.js';

export interface CandidatesOptions {
  readonly color: boolean;
  /** Connections listed at most. */
  readonly most: number;
}

interface Candidate {
  readonly row: ConnectionRow;
  readonly all: Readonly<Record<string, unknown>>;
  /** When it began, as `timeText` has it. */
  readonly start: string;
  readonly name: string;
}

const WHOLE = [0, 29] as const;
/** Parts of `timeText`, shorter ones first: the clock to the millisecond and to the nanosecond, the same with the date. */
const TIMES = [[11, 23], [11, 29], [0, 23], WHOLE] as const;

/** A list to choose a connection from. Its names can be copied as they stand. */
export function candidatesText(rows: readonly ConnectionRow[], { color, most }: CandidatesOptions): string {
  const colors = pc.createColors(color);
  const shown = named(rows.slice(0, most));
  const days = new Set(shown.map(({ start }) => start.slice(0, 10)));
  const width = Math.max(0, ...shown.map(({ name }) => name.length));
  const lines = shown.map(({ row, all, start, name }) => {
    const time = start.slice(days.size > 1 ? 0 : 11, 23).replace('T', ' ');
    const why = explanationOf(row);
    const end = `${String(all['close'])}, ${duration(Number(all['duration']))}`;
    const cause = why === null || why.cause === 'normal' ? '' : `, ${causeTexts[why.cause].title}`;
    return `  ${colors.dim(time)}  ${name.padEnd(width)}  ${end}${cause}`;
  });
  const more = rows.length > most ? [colors.dim(`  and ${count(rows.length - most)} more`)] : [];
  return [...lines, ...more].map((line) => `${line}\n`).join('');
}

/** Gives each a name that no other one has. */
function named(rows: readonly ConnectionRow[]): Candidate[] {
  const shown = rows.map((row) => {
    const start = timeText(row.batch.startSeconds[row.row] as number, row.batch.startNanos[row.row] as number);
    return { row, all: connectionJson(row), start };
  });
  // Where connections that are listed differ by their VLANs, these are part of the name.
  const tagged = new Set(shown.map(({ all }) => String(all['vlan']))).size > 1;
  const plain = shown.map((one) => ({
    ...one,
    name: `${titleOf(one.all).replace('→', '>')}${tagged ? ` vlan ${vlanText(one.all['vlan'])}` : ''}`,
  }));
  return plain.map((one) => {
    const others = plain.filter(({ name }) => name === one.name);
    return others.length > 1 ? { ...one, name: `${one.name} at ${timeAmong(one, others)}` } : one;
  });
}

/** As much of the time at which it began as tells it from its namesakes. */
function timeAmong({ start }: { readonly start: string }, others: ReadonlyArray<Omit<Candidate, 'name'>>): string {
  const [from, to] =
    TIMES.find((part) => new Set(others.map((other) => other.start.slice(...part))).size === others.length) ?? WHOLE;
  return start.slice(from, to);
}

function vlanText(tags: unknown): string {
  return (tags as readonly number[]).slice(0, NAMING_TAGS).join('.') || 'none';
}

export function candidatesJson(rows: readonly ConnectionRow[]) {
  return rows.map(connectionJson);
}
