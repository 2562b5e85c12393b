import pc from 'picocolors';
import { causeTexts } from '../diagnose/index.js';
import { explanationOf, type CauseSummary, type Diagnoses } from './diagnoses.js';
import { count, counted, share } from './format.js';
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
  return cause === 'cannot-tell' ? '' : `, ${Math.round(confidence * 100)} % sure`;
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
        `(${Math.round(explanation.rival.confidence * 100)} %).`
      : '';
  const text = `${who}: ${explanation.evidence.slice(0, 2).join('; ')}.${rival}`;
  return wrapped(text, width, '      ').map((line) => colors.dim(line));
}

function findings({ findings: all }: Diagnoses, { top, width }: WhyOptions, colors: Colors): string {
  if (all.length === 0) {
    return '';
  }
  const paint = { high: colors.red, medium: colors.yellow, low: colors.dim };
  const lines = all
    .slice(0, top)
    .flatMap((finding) => [
      `  ${paint[finding.severity](finding.kind)}   ${finding.severity}, ${Math.round(finding.confidence * 100)} % sure` +
        (finding.origin === null ? '' : `; ${finding.origin}`),
      ...wrapped(`${finding.text}.${finding.rival === null ? '' : ` Or: ${finding.rival}.`}`, width, '      '),
      ...wrapped(`Next: ${finding.nextCheck}`, width, '      ').map((line) => colors.dim(line)),
      ...wrapped(`Rows: ${finding.filter}`, width, '      ').map((line) => colors.dim(line)),
    ]);
  const more = all.length > top ? [colors.dim(`  and ${counted(all.length - top, 'more finding')}`)] : [];
  return `${colors.bold('Findings')}\n${[...lines, ...more].join('\n')}`;
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
