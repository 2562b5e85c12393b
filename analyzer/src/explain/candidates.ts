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

/** A list to choose a connection from. Its names can be copied as they stand, the time tells namesakes apart. */
export function candidatesText(rows: readonly ConnectionRow[], { color, most }: CandidatesOptions): string {
  const colors = pc.createColors(color);
  const shown = rows.slice(0, most).map((row) => ({ row, all: connectionJson(row) }));
  // Where connections that are listed differ by their VLANs, these are part of the name.
  const tags = shown.map(({ all }) => String(all['vlan']));
  const tagged = new Set(tags).size > 1;
  const name = ({ all }: (typeof shown)[number]) =>
    `${titleOf(all).replace('→', '>')}${tagged ? ` vlan ${vlanText(all['vlan'])}` : ''}`;
  const width = Math.max(0, ...shown.map((one) => name(one).length));
  const lines = shown.map((one) => {
    const { batch, row } = one.row;
    const time = timeText(batch.startSeconds[row] as number, batch.startNanos[row] as number).slice(11, 23);
    const why = explanationOf(one.row);
    const end = `${String(one.all['close'])}, ${duration(Number(one.all['duration']))}`;
    const cause = why === null || why.cause === 'normal' ? '' : `, ${causeTexts[why.cause].title}`;
    return `  ${colors.dim(time)}  ${name(one).padEnd(width)}  ${end}${cause}`;
  });
  const more = rows.length > most ? [colors.dim(`  and ${count(rows.length - most)} more`)] : [];
  return [...lines, ...more].map((line) => `${line}\n`).join('');
}

function vlanText(tags: unknown): string {
  return (tags as readonly number[]).slice(0, NAMING_TAGS).join('.') || 'none';
}

export function candidatesJson(rows: readonly ConnectionRow[]) {
  return rows.map(connectionJson);
}
