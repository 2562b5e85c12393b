import pc from 'picocolors';
import { endText } from '../diagnose/index.js';
import { bytes, counted, duration, probability } from '../report/format.js';
import { closeTexts, wrapped } from '../report/page.js';
import type { ConnectionExplanation, VerdictWords } from './explanation.js';
import { ladderText, offsetText, type Colors } from './ladder.js';
import { nanosBetween } from './packet.js';

export interface ExplanationPageOptions {
  readonly color: boolean;
  /** Characters in a line; 100 when left out. */
  readonly width?: number;
  /** Where it comes from, for the subtitle. */
  readonly source: string;
}

const DEFAULT_WIDTH = 100;

/** One connection as an expert would note it: who, the sequence, why it ended. Ends with a line feed. */
export function explanationText(explanation: ConnectionExplanation, options: ExplanationPageOptions): string {
  const colors = pc.createColors(options.color);
  const width = Math.max(60, options.width ?? DEFAULT_WIDTH);
  const parts = [
    heading(explanation, options.source, width, colors),
    limits(explanation, width, colors),
    sequence(explanation, width, colors),
    messages(explanation, width, colors),
    verdict(explanation, width, colors),
    close(explanation, width, colors),
    wireshark(explanation, colors),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

const text = (value: unknown): string =>
  typeof value === 'string' ? value : value == null ? '' : JSON.stringify(value);

export function titleOf(all: Readonly<Record<string, unknown>>): string {
  const client = endText(text(all['client.ip']), text(all['client.port']));
  const server = endText(text(all['server.ip']), text(all['server.port']));
  return `${client} → ${server}`;
}

function heading(explanation: ConnectionExplanation, source: string, width: number, colors: Colors): string {
  const { facts: all, stream } = explanation;
  const application = text(all['application']);
  const title = `${titleOf(all)}${application === '' ? '' : `  ${application}`}`;
  const start = text(all['start']).slice(0, 23).replace('T', ' ');
  const packets = Number(all['packets.clt']) + Number(all['packets.srv']);
  const where = `${source}${stream === null ? '' : `, stream ${stream}`}`;
  const sizes = `client sent ${bytes(Number(all['bytes.clt']))}, server ${bytes(Number(all['bytes.srv']))}`;
  const lasted = duration(Number(all['duration'] ?? 0));
  const what = `${start} UTC, ${counted(packets, 'packet')} in ${lasted}; ${sizes}`;
  return [colors.bold(wrapped(title, width)), ...[what, where].map((line) => colors.dim(wrapped(line, width)))].join(
    '\n'
  );
}

function sequence({ sequence: { rows } }: ConnectionExplanation, width: number, colors: Colors): string {
  return rows.length === 0 ? '' : `${colors.bold('Sequence')}\n${ladderText(rows, width, colors)}`;
}

function messages({ messages: all, sequence: { rows } }: ConnectionExplanation, width: number, colors: Colors): string {
  if (all.shown.length === 0) {
    return '';
  }
  const [first] = rows.flatMap((row) => ('step' in row ? [row.step.packet] : []));
  const lines = all.shown.map(({ frame, text: words }) => {
    const offset = first === undefined ? '' : `${offsetText(nanosBetween(first, frame))}  `;
    return wrapped(`${offset}packet ${frame.number}: ${words}`, width, '  ');
  });
  const more = all.more === 0 ? [] : [`  and ${all.more} more`];
  return [colors.bold('Messages about it'), ...lines, ...more].join('\n');
}

function limits({ limits: lines }: ConnectionExplanation, width: number, colors: Colors): string {
  const body = lines.map((line) => wrapped(line, width, '  ')).join('\n');
  return lines.length === 0 ? '' : `${colors.bold('What limits this')}\n${colors.yellow(body)}`;
}

function verdict({ verdict: words }: ConnectionExplanation, width: number, colors: Colors): string {
  if (words === null) {
    return `${colors.bold('Verdict')}\n  It has not ended: nothing to explain.`;
  }
  const paint = { fine: colors.green, note: colors.yellow, trouble: colors.red }[words.severity];
  const sure = words.cause === 'cannot-tell' ? '' : `, ${probability(words.confidence)} sure`;
  const head = `  ${paint(words.cause)}: ${words.title}${sure}`;
  const lines = [
    head,
    ...words.evidence.map((line) => bullet('+', line, width)),
    ...words.against.map((line) => colors.dim(bullet('−', line, width))),
    ...rival(words, width),
    ...(words.nextCheck === null ? [] : [wrapped(`Next: ${words.nextCheck}`, width, '  ')]),
  ];
  return `${colors.bold('Verdict')}\n${lines.join('\n')}`;
}

function rival({ rival: other }: VerdictWords, width: number): string[] {
  return other === null
    ? []
    : [wrapped(`Or: ${other.cause}, ${other.title} (${probability(other.confidence)})`, width, '  ')];
}

function bullet(sign: string, line: string, width: number): string {
  return wrapped(line, width, '      ').replace(/^ {6}/, `    ${sign} `);
}

/** How it is classified here and by Zeek. */
function close({ facts: all }: ConnectionExplanation, width: number, colors: Colors): string {
  const name = text(all['close']);
  const byFin = Number(all['fin.count'] ?? 0) > 0;
  const ends = [
    all['closer'] == null || !byFin ? '' : `the ${text(all['closer'])} closed first`,
    all['aborter'] == null
      ? ''
      : `${byFin ? 'first ' : ''}reset by the ${text(all['aborter'])}, stage ${text(all['stage'])}`,
  ].filter((part) => part !== '');
  const lines = [
    `${name}: ${[closeTexts[name] ?? '', ...ends].join('; ')}`,
    `Zeek calls it ${text(all['state'])}, ${text(all['history'])}`,
  ];
  return `${colors.bold('Close')}\n${lines.map((line) => wrapped(line, width, '  ')).join('\n')}`;
}

/** The filter stands on one line, however long, so that it can be copied. */
function wireshark({ displayFilter }: ConnectionExplanation, colors: Colors): string {
  return `${colors.bold('Wireshark')}\n  ${displayFilter}`;
}
