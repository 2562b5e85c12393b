import { errorKinds, type ErrorKind } from '../../analyzer/src/errors.js';
import { filterErrorKinds } from '../../filter/src/index.js';
import { code, paragraphs, table, type Page } from './markdown.js';

/** Where an error belongs, by the first word of its code. */
const sections: ReadonlyArray<readonly [title: string, words: readonly string[]]> = [
  ['Capture and capture files', ['CAPTURE', 'FILE', 'STDIN', 'EXPLAIN', 'SLICE']],
  ['Store', ['STORE', 'IMPORT']],
  ['Queries', ['QUERY', 'CONNECTION']],
  ['API', ['API', 'INTERNAL']],
  ['Configuration and commands', []],
];

/** What to do, where the message itself does not say it or says it too briefly for a reference. */
const advice: Readonly<Record<string, string>> = {
  TCPS_E_CAPTURE_INTERFACE_MISSING: 'Name one of the interfaces that the message lists.',
  TCPS_E_CAPTURE_FAILED: 'The message has the reason of the operating system. Is the interface up, is there memory for the ring?',
  TCPS_E_CAPTURE_FILTER: 'Correct the packet filter; `tcpdump -d FILTER` checks the same language.',
  TCPS_E_CAPTURE_PCAP_MISSING: 'Install libpcap, or use the packet filter "default" or "none".',
  TCPS_E_CAPTURE_UNSUPPORTED: 'Read a capture file, or capture on a Linux machine.',
  TCPS_E_USAGE: '`tcpscope COMMAND --help` lists what there is.',
  TCPS_E_OUTPUT: 'Is the disk full that it goes to?',
  TCPS_E_CONFIG_UNREADABLE: 'Does the file exist, and may this user read it?',
  TCPS_E_CONFIG_INVALID: 'Correct the setting that the message names.',
  TCPS_E_FILE_UNREADABLE: 'Does the file exist, and may this user read it?',
  TCPS_E_FILE_FORMAT: 'Convert it, for example with `editcap -F pcapng`.',
  TCPS_E_FILE_DAMAGED: 'Use what was counted, or copy the file again.',
  TCPS_E_EXPLAIN_UNKNOWN: 'Choose one of the connections that are listed.',
  TCPS_E_EXPLAIN_AMBIGUOUS: 'Choose one of the connections that are listed; its start tells namesakes apart in JSON and in the API.',
  TCPS_E_SLICE_UNWRITABLE: 'Give a file in a folder that exists and that this user may write to.',
  TCPS_E_STORE_FOLDER: 'Give the analyzer a folder that it may write to, with space left (`store.folder`).',
  TCPS_E_STORE_ENGINE_FAILED: 'The message has the words of the database. Is there memory, is the disk full?',
  TCPS_E_STORE_UNAVAILABLE: 'Ask again in a moment; `GET /api/v1/health` says why it is away.',
  TCPS_E_STORE_PARAMETER: 'This is a fault of tcpscope; please report it with the query.',
  TCPS_E_STORE_WRITE: 'Lost rows are counted in `tcpscope_store_rows_lost_total`. Is the disk full?',
  TCPS_E_STORE_OWNER_GONE: 'Start the process that owns the store.',
  TCPS_E_QUERY_CANCELLED: 'Nothing: whoever asked has gone.',
  TCPS_E_QUERY_FAILED: 'The message has the words of the database; please report it with the query.',
  TCPS_E_QUERY_INVALID: 'Correct the value that the message names.',
  TCPS_E_QUERY_KIND: 'Use one of the kinds that the message lists.',
  TCPS_E_QUERY_METRIC: 'Use a name of [metrics.md](metrics.md).',
  TCPS_E_QUERY_DIMENSION: 'Group by a dimension of [fields.md](fields.md#dimensions).',
  TCPS_E_QUERY_ORDER: 'Order by a metric, or by what rows are grouped by.',
  TCPS_E_QUERY_RANGE: 'Send RFC 3339 or milliseconds since 1970, the earlier one as `from`.',
  TCPS_E_QUERY_AD_HOC: 'Correct or remove the ad hoc filter of the dashboard.',
  TCPS_E_CONNECTION_ID: 'Ask with the column `id` of kind `connections`.',
  TCPS_E_CONNECTION_UNKNOWN: 'Ask for a later connection, or keep them longer (`store.retention.connections`).',
  TCPS_E_INTERNAL: 'Look the number up in the log; please report what it says there.',
  TCPS_E_API_MEDIA_TYPE: 'Send JSON, with the header `content-type: application/json`.',
  TCPS_E_API_METHOD: 'Use a method of the header `allow`.',
  TCPS_E_API_REQUEST: 'Correct what the message names; `GET /openapi.json` describes requests.',
  TCPS_E_API_BODY_SIZE: 'Ask for less at once, or raise `api.bodyLimit`.',
  TCPS_E_API_STREAMS: 'Close one, or raise `api.streams`.',
  TCPS_E_API_TIMEOUT: 'Ask for a shorter range, filter more, or raise `api.timeout`.',
  TCPS_E_API_LISTEN: 'Is another process listening there? Choose another `api.port` or `api.host`.',
  TCPS_E_API_TLS: 'Check the files of `api.tls`: PEM, readable, the key fits the certificate.',
}; // prettier-ignore

const filterAdvice: Readonly<Record<keyof typeof filterErrorKinds, string>> = {
  syntax: 'Correct the filter at `position`.',
  field: 'Write `hint`, or a name of [fields.md](fields.md).',
  type: 'Compare with a value of the field’s type.',
  limit: 'Shorten the filter; lists of addresses are shorter as networks.',
  variable: 'Define the variable in the dashboard, or write its value.',
};

interface Entry {
  readonly code: string;
  readonly status: number;
  readonly messages: readonly string[];
}

/** One entry for each code; some codes have a message for each case. */
function entries(): Entry[] {
  const byCode = new Map<string, Entry>();
  for (const { code: name, status, message } of Object.values<ErrorKind>(errorKinds)) {
    const known = byCode.get(name);
    byCode.set(name, { code: name, status, messages: [...(known?.messages ?? []), message] });
  }
  return [...byCode.values()];
}

const isOf =
  (words: readonly string[]) =>
  ({ code: name }: Entry) =>
    words.includes(name.replace('TCPS_E_', '').split('_')[0]!);

function inSection(words: readonly string[]): Entry[] {
  const all = entries();
  const named = isOf(sections.flatMap(([, each]) => each));
  return words.length > 0 ? all.filter(isOf(words)) : all.filter((entry) => !named(entry));
}

/** A sentence ends with a full stop before a capital letter. */
const sentences = (message: string) => message.split(/(?<=\.) (?=[A-Z])/);

const readable = (message: string) => message.replaceAll('%s', '…');

/** What is wrong and what to do about it: our advice, else every sentence of the messages but the first. */
function parts({ code: name, messages }: Entry): { readonly wrong: string; readonly remedy: string } {
  const own = advice[name];
  if (own !== undefined) {
    return { wrong: messages.map(readable).join('<br>'), remedy: own };
  }
  const split = messages.map((message) => sentences(readable(message)));
  const wrong = split.map(([first]) => first).join('<br>');
  return { wrong, remedy: [...new Set(split.flatMap((each) => each.slice(1)))].join(' ') };
}

/** Codes of errors that nobody knows what to do about. */
export function errorsWithoutRemedy(): string[] {
  return entries()
    .filter((entry) => parts(entry).remedy === '')
    .map((entry) => entry.code);
}

function rowOf(entry: Entry): string[] {
  const { wrong, remedy } = parts(entry);
  return [code(entry.code), String(entry.status), wrong, remedy];
}

const head = ['Code', 'Status', 'What is wrong', 'What to do'];

const intro = `Every error has a code that stays what it is, a status of HTTP, and a message that says what is wrong. The API answers

\`\`\`json
{ "code": "TCPS_E_FILTER_FIELD", "message": "…", "position": { "start": 18, "end": 27 }, "hint": "rst.count" }
\`\`\`

\`position\` is there for filters: the place in the text, in UTF-16 units, \`end\` not included. \`hint\` is the text to write instead. In the
answer to a query, which has room for a sentence only, they are part of the sentence. On the command line message and code are
printed to standard error. In the messages below \`…\` stands for what differs; where the message itself says what to do, that stands in the last column.`;

export function errorsPage(): Page {
  const filters = Object.entries(filterErrorKinds).map(([key, { code: name, status, summary }]) => {
    return [code(name), String(status), summary, filterAdvice[key as keyof typeof filterErrorKinds]];
  });
  const body = paragraphs(
    intro,
    ...sections.flatMap(([title, words]) => {
      const rows = inSection(words).map(rowOf);
      return rows.length === 0 ? [] : [`## ${title}`, table(head, rows)];
    }),
    '## Filters',
    'The messages of filters name the piece of text that they are about; here is what each code stands for. The language is in [filter.md](filter.md).',
    table(head, filters)
  );
  return { path: 'docs/errors.md', title: 'Errors', body };
}
