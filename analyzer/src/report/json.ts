import { feedJson } from './feed.js';
import { connectionText, conversationText, type Report } from './report.js';

/**
 * The report as JSON text, in pieces: one conversation or connection a line, so that it is as small as it can be, diffs
 * well, and is never held as a whole (a capture of a million connections gives a gigabyte).
 */
export function* reportJson(report: Report): Generator<string> {
  yield `{\n"packets": ${JSON.stringify(report.packets)},\n"totals": ${JSON.stringify(report.totals)},\n`;
  yield `"feed": ${JSON.stringify(feedJson(report.feed))},\n`;
  yield '"conversations": [';
  yield* lines(report.conversations, (conversation) => conversationText(conversation, report.diagnoses));
  yield '],\n"findings": [';
  yield* lines(report.diagnoses.findings, JSON.stringify);
  yield '],\n"connections": [';
  yield* lines(report.connections, connectionText);
  yield ']\n}\n';
}

function* lines<T>(rows: readonly T[], text: (row: T) => string): Generator<string> {
  let separator = '\n';
  for (const row of rows) {
    yield `${separator}${text(row)}`;
    separator = ',\n';
  }
  if (rows.length > 0) {
    yield '\n';
  }
}
