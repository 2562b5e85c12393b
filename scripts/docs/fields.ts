import {
  attributes,
  counters,
  dimensions,
  distincts,
  feedCounters,
  feedDimensions,
  feedRatios,
  fields,
  ratios,
  sums,
  timeMetrics,
  type Attribute,
  type Field,
  type Ratio,
} from '../../filter/src/index.js';
import { code, codes, paragraphs, table, type Page } from './markdown.js';

const places: Readonly<Record<Field['rows'], string>> = {
  windows: 'conversations',
  connections: 'connections',
  both: 'both',
  feed: 'captures',
};

const types: Readonly<Record<Field['type'], string>> = {
  ip: 'address',
  port: 'port',
  integer: 'whole number',
  number: 'number',
  string: 'text',
  boolean: 'true or false',
  time: 'time',
};

export const unitText = (unit: Field['unit']) => unit ?? '';

/** `a + b` of names. */
const added = (names: readonly string[]) => names.map(code).join(' + ');

export function quotient({ numerator, denominator }: Pick<Ratio, 'numerator' | 'denominator'>): string {
  const side = (names: readonly string[]) => (names.length > 1 ? `(${added(names)})` : added(names));
  return `${side(numerator)} / ${side(denominator)}`;
}

const common = (field: Field) => [code(field.name), field.summary, codes(field.aliases), places[field.rows]];

function facts({ type, unit, values }: Attribute): string {
  return values === undefined ? [types[type], unit ?? ''].filter((each) => each !== '').join(', ') : codes(values);
}

const intro = `Every name that filters, queries, the report's JSON and the store know: ${fields.length} fields. They come from one catalogue,
which \`GET /api/v1/fields\` answers, too. How to write a filter with them: [filter.md](filter.md). What the numbers mean, in which
unit, and when they are null: [metrics.md](metrics.md).

\`.clt\` and \`.srv\` at the end of a name mean the client's and the server's; the client is the side that opened the connection.
Names are read in any case. Other names are accepted wherever the first one is, and are written as the first one.

The column "on" says which rows have a field: _conversations_ (and whatever they are grouped by), single _connections_, or both.`;

export function fieldsPage(): Page {
  const body = paragraphs(
    intro,
    '## Dimensions',
    'What rows are grouped by, and what a filter compares without adding anything up.',
    table(
      ['Field', 'Meaning', 'Other names', 'On', 'Type'],
      dimensions.map((field) => [...common(field), types[field.type]])
    ),
    '## Counters',
    'Stored numbers. They add up over windows, conversations and probes; `ct.max` keeps the largest instead.',
    table(
      ['Field', 'Meaning', 'Other names', 'On', 'Unit'],
      counters.map((field) => [...common(field), unitText(field.unit)])
    ),
    '## Sums',
    'Counters added together.',
    table(
      ['Field', 'Meaning', 'Other names', 'On', 'Is'],
      sums.map((field) => [...common(field), added(field.terms)])
    ),
    '## Ratios',
    'Sums divided by sums, of all rows together: never a mean of ratios. Where the divisor is 0 a ratio is null.',
    table(
      ['Field', 'Meaning', 'Other names', 'On', 'Is'],
      ratios.map((field) => [...common(field), quotient(field)])
    ),
    '## Times',
    'Percentiles, means and the longest of all times in the group, within 1/32 (3.1 %) of the exact one. Null where there is no such time.',
    table(
      ['Field', 'Meaning', 'Other names', 'On', 'Is'],
      timeMetrics.map((field) => [...common(field), field.kind === 'mean' ? 'mean' : `${field.percent} %`])
    ),
    '## Numbers of different values',
    'How many values a dimension takes within a group.',
    table(
      ['Field', 'Meaning', 'Other names', 'On', 'Counts'],
      distincts.map((field) => [...common(field), code(field.of)])
    ),
    '## Facts of single connections',
    'What is known of one connection. Where nothing applies a fact is null, such as the closer of a connection that nobody closed.',
    table(
      ['Field', 'Meaning', 'Other names', 'On', 'Values'],
      attributes.map((field) => [...common(field), facts(field)])
    ),
    '## Captures',
    'How good the captures were: what queries of the kinds `feed` and `feedseries` answer, apart from all of the above, because no ' +
      'filter knows them. [feed-quality.md](feed-quality.md) says what to do about each. Captures are told apart by `probe` and by:',
    table(
      ['Field', 'Meaning', 'Type'],
      feedDimensions.map(({ name, summary, type }) => [code(name), summary, types[type]])
    ),
    table(
      ['Field', 'Meaning', 'Unit', 'Is'],
      [
        ...feedCounters.map(({ name, summary, unit }) => [code(name), summary, unitText(unit), '']),
        ...feedRatios.map((field) => [code(field.name), field.summary, unitText(field.unit), quotient(field)]),
      ]
    )
  );
  return { path: 'docs/fields.md', title: 'Fields', body };
}
