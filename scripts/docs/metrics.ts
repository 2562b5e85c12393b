import { metricCatalogue } from '../../analyzer/src/api/metrics/catalogue.js';
import { captureNumbers, storeNumbers, undecodedNumber } from '../../analyzer/src/query/health-numbers.js';
import { valueOfNothing } from '../../analyzer/src/query/measures.js';
import {
  counters,
  distincts,
  histograms,
  mayBeUnknown,
  ratios,
  sums,
  type Counter,
  type Distinct,
  timeMetrics,
  type Ratio,
  type Sum,
  type TimeMetric,
} from '../../filter/src/index.js';
import { quotient, unitText } from './fields.js';
import { code, codes, paragraphs, table, type Page } from './markdown.js';

type Metric = Counter | Sum | Ratio | TimeMetric | Distinct;

/** When the value of a group, or of a point, is null although something was captured. */
function nullness(metric: Metric): string {
  if (valueOfNothing(metric) !== null) {
    return 'never';
  }
  if ('whenNull' in metric) {
    return metric.whenNull;
  }
  return mayBeUnknown(metric) ? 'dedup off' : 'no handshake';
}

function calculation(metric: Metric): string {
  switch (metric.kind) {
    case 'counter':
      return metric.aggregate === 'max' ? 'largest' : 'sum';
    case 'sum':
      return metric.terms.map(code).join(' + ');
    case 'ratio':
      return quotient(metric);
    case 'mean':
    case 'percentile':
      return `${metric.kind === 'mean' ? 'mean' : `${metric.percent} %`} of ${histograms.find(({ name }) => name === metric.of)!.summary.replace(/^./, (first) => first.toLowerCase())}`;
    case 'distinct':
      return `different ${code(metric.of)}`;
  }
}

const metricRow = (metric: Metric) => [
  code(metric.name),
  metric.summary,
  unitText(metric.unit),
  calculation(metric),
  nullness(metric),
];

const metricHead = ['Metric', 'Meaning', 'Unit', 'Is', 'Null when'];

/** Numbers that a source may not know; the others are always known. */
const unknowable: Readonly<Record<string, string>> = {
  'drops.kernel': 'the kernel does not say, as with a capture file',
  'drops.interface': 'card and driver do not say',
  'drops.softnet': 'the kernel does not say',
  'ring.fill': 'there is no ring, as with a capture file',
  'packet.age': 'no packet came yet',
};

const healthHead = ['Number', 'Meaning', 'Unit', 'Null when'];
const healthRow = ({ name, summary, unit }: { name: string; summary: string; unit: string | null }) => [
  code(name),
  summary,
  unit ?? '',
  unknowable[name] ?? 'never',
];

const intro = `Three sets of numbers: the [metrics of traffic](#metrics-of-traffic), which queries ask for; [capture health](#capture-health), the answer to
a query of kind \`health\`; and the [metrics for Prometheus](#metrics-for-prometheus) at \`GET /metrics\`.`;

const nulls = `**0 and null are different.** 0 says that something was captured and nothing of this kind was in it. Null says that the number is not
known:

- nothing was captured at that time, or not by that probe (every metric);
- a ratio has nothing to divide by: the column "null when" says what is missing. A client that sends SYN and never gets a
  connection has no \`syn.ratio\`; tables then show "∞ (no connection)";
- a maximum or a percentile has nothing to choose from.

In a filter a comparison with null is not true; \`is null\` asks for it ([filter.md](filter.md#null)). A null never fires an alert.

What a packet shows by itself (SYN, FIN, RST, packets, bytes, handshakes, and that a connection has its first FIN or RST) belongs to
the window of 10 s in which the packet came. What is only known at the end of a connection (\`conn.count\`, \`close.*\`, \`closer.*\`,
\`unclosed.*\`, \`refused.count\`, \`noanswer.count\`, \`halfopen.count\`, \`setupabort.*\`, \`oneway.count\`,
\`duration.*\`, \`rst.idle.*\`) belongs to the window in which it
became final; for a connection that is only forgotten that is long after its last packet. So ratios such as \`refused.ratio\` over a very short range
compare what ended with what began.`;

const timesText = `A percentile is the least time that at least so many per cent of all times in the group do not exceed (the nearest rank). Each
time is rounded to a whole microsecond first and to its five highest binary digits then; what is stored is how many there are of each,
which adds up over windows, conversations, probes and rollups. **Percentiles, means and the longest are within 1/32 (3.1 %) of the exact ones**, and 0.5 µs, whatever is
grouped and however long the range. Percentiles themselves do not add up: that of two servers is not the mean of both.

A round trip is taken from a handshake of three segments, each sent once and captured in order: which of two copies was answered nobody can
tell. SYN to SYN+ACK is the way between the capture and the server and back, SYN+ACK to ACK that between the capture and the client. Capturing
beside the server shows the client's round trip and a server's of next to nothing, and the other way round.

Windows that a version before these percentiles stored have no times. Over a range that is partly older, percentiles are those of
the newer part, while \`ct.avg\`, \`ct.max\` and \`ct.count\` are of all; over one that is older altogether they are null.`;

export function metricsPage(): Page {
  const body = paragraphs(
    intro,
    '## Metrics of traffic',
    'They are asked for with `metrics` in queries of kind `timeseries`, `top` and `conversations`. All names, also the shorter ones, are in [fields.md](fields.md).',
    nulls,
    '### Counters',
    table(metricHead, counters.map(metricRow)),
    '### Sums',
    table(metricHead, sums.map(metricRow)),
    '### Ratios',
    'Numerator and denominator are added up over all rows of the group first, and divided then. Shares are 0 to 1 and shown as per cent.',
    table(metricHead, ratios.map(metricRow)),
    '### Times',
    timesText,
    table(metricHead, timeMetrics.map(metricRow)),
    '### Numbers of different values',
    'They do not add up: the clients of two servers are not the sum of the clients of each.',
    table(metricHead, distincts.map(metricRow)),
    '## Capture health',
    'What limits all other numbers. A query of kind `health` answers all of them, or those that `metrics` names; an alert rule names one. Counts are since the start of the process.',
    '### Of each capture',
    `Label: \`interface\`; \`${undecodedNumber.name}\` also has \`reason\`.`,
    table(healthHead, [...captureNumbers, undecodedNumber].map(healthRow)),
    '### Of the store',
    table(healthHead, storeNumbers.map(healthRow)),
    '## Metrics for Prometheus',
    '`GET /metrics` answers in Prometheus’ text format. With a token it needs the token (`authorization` in the scrape configuration). A number that is not known has no sample: it is not 0. `interface` is the capture’s; `route` is the path with `:id` for ids, `none` for paths that do not exist; a request whose caller left before the answer counts with status 499.',
    table(
      ['Metric', 'Type', 'Labels', 'Meaning'],
      metricCatalogue.map(({ name, type, labels, help }) => [code(name), type, codes(labels), help])
    )
  );
  return { path: 'docs/metrics.md', title: 'Metrics', body };
}
