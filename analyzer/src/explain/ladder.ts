import type pc from 'picocolors';
import { count, counted, bytes, duration } from '../report/format.js';
import { wrapped } from '../report/page.js';
import type { Side } from '../diagnose/index.js';
import { flagsText } from './flags-text.js';
import type { Elided, SequenceRow } from './kept-steps.js';
import { markKinds, markWeights, type Mark, type MarkKind } from './mark.js';
import type { Step } from './step.js';

export type Colors = ReturnType<typeof pc.createColors>;

/** Characters: of an arrow at least and at most, between columns, and of notes that stand beside their packets. */
const ARROW = { least: 20, most: 34 };
const GAP = 2;
const NOTES = 42;
const WIDEST_NOTES = 72;

interface Column {
  readonly head: string;
  readonly show: (step: Step) => string;
}

const numbered: Column = {
  head: 'packet',
  show: ({ packet }) => (packet.number === null ? '' : String(packet.number)),
};
const columns: readonly Column[] = [
  { head: 'seq', show: ({ sequence }) => String(sequence) },
  { head: 'ack', show: ({ acknowledgement }) => (acknowledgement === null ? '–' : String(acknowledgement)) },
  { head: 'len', show: ({ packet }) => String(packet.payload) },
  { head: 'win', show: ({ packet }) => (packet.window === null ? '–' : String(packet.window)) },
];

/** How a ladder is laid out: where its columns are, and whether notes stand beside the packets or below them. */
interface Layout {
  readonly time: number;
  readonly arrow: number;
  readonly columns: ReadonlyArray<{ readonly column: Column; readonly width: number }>;
  /** Where notes begin, and their room. */
  readonly notesAt: number;
  readonly notes: number;
  readonly beside: boolean;
}

/** The sequence of a connection: time, an arrow between client and server, numbers, and what is remarkable. */
export function ladderText(rows: readonly SequenceRow[], width: number, colors: Colors): string {
  const steps = rows.flatMap((row) => ('step' in row ? [row.step] : []));
  const layout = layoutOf(steps, width);
  const lines = rows.flatMap((row) =>
    'step' in row ? stepLines(row.step, layout, colors) : elidedLines(row.elided, layout, colors)
  );
  return [head(layout, colors), ...lines].map((line) => line.trimEnd()).join('\n');
}

function layoutOf(steps: readonly Step[], width: number): Layout {
  const widthOf = (column: Column) => Math.max(column.head.length, ...steps.map((step) => column.show(step).length));
  const placed = columns.map((column) => ({ column, width: widthOf(column) }));
  const time = Math.max(9, ...steps.map((step) => offsetText(step.offset).length));
  const numbers = placed.reduce((sum, one) => sum + GAP + one.width, 0);
  const fixed = GAP + time + GAP + numbers;
  const number = { column: numbered, width: widthOf(numbered) };
  const withNumber =
    steps.some(({ packet }) => packet.number !== null) &&
    width >= fixed + GAP + number.width + ARROW.least + GAP + NOTES;
  const shown = withNumber ? [number, ...placed] : placed;
  const taken = fixed + (withNumber ? GAP + number.width : 0);
  const beside = width >= taken + ARROW.least + GAP + NOTES;
  const spare = width - taken - (beside ? GAP + NOTES : 0);
  const arrow = Math.max(
    ARROW.least,
    Math.min(ARROW.most, Math.floor(beside ? ARROW.least + (spare - ARROW.least) / 3 : spare))
  );
  const end = taken + arrow;
  return beside
    ? { time, arrow, columns: shown, notesAt: end + GAP, notes: Math.min(WIDEST_NOTES, width - end - GAP), beside }
    : { time, arrow, columns: shown, notesAt: GAP + time + GAP, notes: Math.max(20, width - GAP - time - GAP), beside };
}

function head({ time, arrow, columns: shown }: Layout, colors: Colors): string {
  const ends = `client${' '.repeat(arrow - 12)}server`;
  const numbers = shown.map(({ column, width }) => column.head.padStart(width)).join(' '.repeat(GAP));
  return colors.dim(`${' '.repeat(GAP)}${'time'.padStart(time)}  ${ends}  ${numbers}`);
}

/** Seconds since the first packet, to the microsecond. */
export function offsetText(nanos: number): string {
  return (nanos / 1e9).toFixed(6);
}

function stepLines(step: Step, layout: Layout, colors: Colors): string[] {
  const { packet, offset } = step;
  const silence = step.marks.filter((mark) => mark.kind === 'silence');
  const notes = step.marks.filter((mark) => mark.kind !== 'silence').map(noteText);
  const paint = paintOf(step, colors);
  const numbers = layout.columns.map(({ column, width }) => column.show(step).padStart(width)).join(' '.repeat(GAP));
  const line = `${' '.repeat(GAP)}${offsetText(offset).padStart(layout.time)}  ${paint(arrow(packet.from, flagsText(packet.flags), layout.arrow))}  ${numbers}`;
  const text = notes.length === 0 ? [] : wrapped(notes.join('. '), layout.notes).split('\n');
  const before = silence.map(({ text: words }) => aside(words, layout, colors));
  if (!layout.beside) {
    return [...before, line, ...text.map((each) => `${' '.repeat(layout.notesAt)}${paint(each)}`)];
  }
  const [first = '', ...rest] = text;
  return [
    ...before,
    first === '' ? line : `${line}${' '.repeat(GAP)}${paint(first)}`,
    ...rest.map((each) => `${' '.repeat(layout.notesAt)}${paint(each)}`),
  ];
}

/** The text of a mark, with its kind in front where the text does not say it. */
function noteText({ kind, text }: Mark): string {
  return silentKinds.has(kind) ? text : `${markKinds[kind]}: ${text}`;
}

const silentKinds: ReadonlySet<MarkKind> = new Set([
  'syn-again',
  'handshake',
  'zero-window',
  'window-open',
  'first-data',
  'clock-back',
  'fin',
  'reset',
  'late-data',
  'closed',
  'malformed',
]);

function paintOf(step: Step, colors: Colors): (text: string) => string {
  const kinds = new Set(step.marks.map(({ kind }) => kind));
  if (kinds.has('reset') || kinds.has('malformed')) {
    return colors.red;
  }
  if (step.marks.some(({ kind }) => markWeights[kind] === 1 || troubling.has(kind))) {
    return colors.yellow;
  }
  return step.weight === 3 ? colors.cyan : (text) => text;
}

const troubling: ReadonlySet<MarkKind> = new Set(['syn-again', 'zero-window', 'late-data']);

/** `SYN ─────────▶` from the client, `◀───── SYN+ACK` from the server. */
function arrow(from: Side, label: string, width: number): string {
  const line = '─'.repeat(Math.max(1, width - label.length - 2));
  return from === 'client' ? `${label} ${line}▶` : `◀${line} ${label}`;
}

/** A line between packets. */
function aside(text: string, layout: Layout, colors: Colors): string {
  const at = ' '.repeat(GAP + layout.time);
  return colors.dim(`${at}  ┆ ${text}`);
}

function elidedLines({ counts, nanos }: Elided, layout: Layout, colors: Colors): string[] {
  const packets = counts.packets.client + counts.packets.server;
  const sides = (['client', 'server'] as const)
    .filter((side) => counts.packets[side] > 0)
    .map(
      (side) =>
        `${side} ${count(counts.packets[side])}${counts.bytes[side] > 0 ? ` with ${bytes(counts.bytes[side])}` : ''}`
    );
  const kinds = new Map<MarkKind, number>();
  for (const side of ['client', 'server'] as const) {
    for (const [kind, number] of Object.entries(counts.marks[side]) as Array<[MarkKind, number]>) {
      kinds.set(kind, (kinds.get(kind) ?? 0) + number);
    }
  }
  const marks = [...kinds].map(([kind, number]) => plural(kind, number));
  const text = `${counted(packets, 'packet')} in ${duration(Math.max(0, nanos) / 1e9)}: ${[...sides, ...marks].join(', ')}`;
  const room = Math.max(20, (layout.beside ? layout.notesAt : layout.notesAt + layout.notes) - GAP - layout.time - 4);
  return wrapped(text, room)
    .split('\n')
    .map((line, i) => aside(i === 0 ? `… ${line}` : `  ${line}`, layout, colors));
}

function plural(kind: MarkKind, number: number): string {
  const one = markKinds[kind];
  return `${count(number)} ${one}${number === 1 || /again|order|data$|open|back|closed/.test(one) ? '' : 's'}`;
}
