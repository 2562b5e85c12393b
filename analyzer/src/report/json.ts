import { feedJson } from './feed.js';
import { connectionJson, conversationJson, type Report } from './report.js';

/**
 * The report as JSON text, in pieces: one conversation or connection a line, so that it is as small as it can be, diffs
 * well, and is never held as a whole (a capture of a million connections gives a gigabyte).
 */
export function* reportJson(report: Report): Generator<string> {
  yield `{\n"packets": ${JSON.stringify(report.packets)},\n"totals": ${JSON.stringify(report.totals)},\n`;
  yield `"feed": ${JSON.stringify(feedJson(report.feed))},\n`;
  yield '"conversations": [';
  yield* lines(report.conversations, (conversation) => conversationJson(conversation, report.diagnoses));
  yield '],\n"findings": [';
  yield* lines(report.diagnoses.findings, (finding) => finding);
  yield '],\n"connections": [';
  yield* lines(report.connections, connectionJson);
  yield ']\n}\n';
}

function* lines<T>(rows: readonly T[], toJson: (row: T) => unknown): Generator<string> {
  let separator = '\n';
  for (const row of rows) {
    yield `${separator}${JSON.stringify(toJson(row))}`;
    separator = ',\n';
  }
  if (rows.length > 0) {
    yield '\n';
  }
}
