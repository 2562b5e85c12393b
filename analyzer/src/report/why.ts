import pc from 'picocolors';
import { causeTexts, type Finding, type FindingKind } from '../diagnose/index.js';
import { explanationOf, type CauseSummary, type Diagnoses } from './diagnoses.js';
import { count, probability, share } from './format.js';
import { addressText } from './names.js';

export interface WhyOptions {
  readonly color: boolean;
  /** Characters in a line, when they are limited. */
  readonly width?: number;
  /** Findings shown at most. */
  readonly top: number;
}

type Colors = ReturnType<typeof pc.createColors>;

/** Why connections ended, as an expert would note it: the causes with an example each, then what is to be looked at. */
export function whyText(diagnoses: Diagnoses, options: WhyOptions): string {
  const colors = pc.createColors(options.color);
  const parts = [causes(diagnoses.causes, options, colors), findings(diagnoses, options, colors)];
  return parts.map((part) => (part === '' ? '' : `\n${part}\n`)).join('');
}

function causes(all: readonly CauseSummary[], { width }: WhyOptions, colors: Colors): string {
  if (all.length === 0) {
    return '';
  }
  const total = all.reduce((sum, { connections }) => sum + connections, 0);
  const names = Math.max(...all.map(({ cause }) => cause.length));
  const numbers = Math.max(...all.map(({ connections }) => count(connections).length));
  const paint = { fine: colors.green, note: colors.yellow, trouble: colors.red };
  const lines = all.flatMap((one) => {
    const { title, severity, origin } = causeTexts[one.cause];
    const head =
      `  ${paint[severity](one.cause.padEnd(names))}   ${count(one.connections).padStart(numbers)}   ` +
      `${share(one.connections, total).padStart(6)}   ${title}${sureness(one)}${origin === null ? '' : `; ${origin}`}`;
    return one.cause === 'normal' ? [head] : [head, ...example(one, width, colors), ...nextCheck(one, width, colors)];
  });
  return `${colors.bold('Why they ended')}\n${lines.join('\n')}`;
}

/** How sure a cause is, on average. Of "cannot tell" there is nothing to be sure of. */
function sureness({ cause, confidence }: CauseSummary): string {
  return cause === 'cannot-tell' ? '' : `, ${probability(confidence)} sure`;
}

function nextCheck({ cause }: CauseSummary, width: number | undefined, colors: Colors): string[] {
  const next = causeTexts[cause].nextCheck;
  return next === null ? [] : wrapped(`Next: ${next}`, width, '      ').map((line) => colors.dim(line));
}

/** The connection that shows a cause best: who, what was seen, and what else it could have been. */
function example({ example: connection }: CauseSummary, width: number | undefined, colors: Colors): string[] {
  const explanation = explanationOf(connection);
  if (explanation === null) {
    return [];
  }
  const { batch, row } = connection;
  const who =
    `${addressText(batch.clientIp, row * 16)} ${batch.clientPort[row]} → ` +
    `${addressText(batch.serverIp, row * 16)} ${batch.serverPort[row]}`;
  const rival =
    explanation.rival !== null && explanation.rival.confidence >= 0.05
      ? ` ${explanation.cause === 'cannot-tell' ? 'At best' : 'Or'} ${causeTexts[explanation.rival.cause].title} ` +
        `(${probability(explanation.rival.confidence)}).`
      : '';
  const text = `${who}: ${explanation.evidence.slice(0, 2).join('; ')}.${rival}`;
  return wrapped(text, width, '      ').map((line) => colors.dim(line));
}

/** Findings of a kind that are written out; those beyond are counted, so that many of one kind do not hide the others. */
const OF_A_KIND = 3;

/** Kinds in the order of their first finding. */
function findings({ findings: all }: Diagnoses, options: WhyOptions, colors: Colors): string {
  const kinds = new Map<FindingKind, Finding[]>();
  for (const finding of all) {
    const list = kinds.get(finding.kind) ?? [];
    kinds.set(finding.kind, list);
    list.push(finding);
  }
  const lines: string[] = [];
  const unwritten: string[] = [];
  let room = options.top;
  for (const [kind, list] of kinds) {
    const written = Math.min(list.length, OF_A_KIND, room);
    room -= written;
    lines.push(...list.slice(0, written).flatMap((finding) => findingLines(finding, options, colors)));
    if (written === 0) {
      unwritten.push(`${count(list.length)} ${kind}`);
    } else if (written < list.length) {
      lines.push(colors.dim(`  and ${count(list.length - written)} more ${kind}`));
    }
  }
  if (unwritten.length > 0) {
    lines.push(...wrapped(`and ${unwritten.join(', ')}`, options.width, '  ').map((line) => colors.dim(line)));
  }
  return lines.length === 0 ? '' : `${colors.bold('Findings')}\n${lines.join('\n')}`;
}

function findingLines(finding: Finding, { width }: WhyOptions, colors: Colors): string[] {
  const { kind, severity, confidence, origin, text, rival, nextCheck, filter } = finding;
  const paint = { high: colors.red, medium: colors.yellow, low: colors.dim }[severity];
  const dimmed = (line: string) => colors.dim(line);
  return [
    `  ${paint(kind)}   ${severity}, ${probability(confidence)} sure${origin === null ? '' : `; ${origin}`}`,
    ...wrapped(`${text}.${rival === null ? '' : ` Or: ${rival}.`}`, width, '      '),
    ...wrapped(`Next: ${nextCheck}`, width, '      ').map(dimmed),
    ...wrapped(`Rows: ${filter}`, width, '      ').map(dimmed),
  ];
}

/** Breaks a sentence at blanks. */
function wrapped(text: string, width: number | undefined, indent: string): string[] {
  const room = Math.max(30, (width ?? 120) - indent.length);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, indent + line];
}
