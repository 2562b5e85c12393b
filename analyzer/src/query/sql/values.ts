import type { Dimension, Field } from '@tcpscope/filter';
import type { Statement } from '../answer.js';
import { conditionText } from '../condition.js';
import type { FactsQuestion, ValuesQuestion } from '../question.js';
import type { Segment } from '../segments.js';
import { Bindings } from './bindings.js';
import { addUp, askedBy, columnsOf, conversationOf, neededFor, together } from './conversations.js';
import { connectionCondition, inRange } from './connections.js';
import { addedUp, conditionOn } from './levels.js';
import { sourceOf } from './source.js';

/** The text of a value, addresses as people write them. */
function textOf(column: string, { type }: Field): string {
  const text = `toString(${column})`;
  return type === 'ip' ? `replaceRegexpOne(${text}, '^::ffff:(\\\\d+\\\\.)', '\\\\1')` : text;
}

/** Different values, those that begin with the search text first; empty texts cannot be chosen and are left out. */
function searched(source: string, field: Field, search: string, limit: number, bindings: Bindings): string {
  const text = textOf('v', field);
  const needle = bindings.bind(search.trim(), 'String');
  const conditions = [
    ...(field.type === 'string' ? [`v != ''`] : []),
    ...(search.trim() === '' ? [] : [`positionCaseInsensitiveUTF8(${text}, ${needle}) > 0`]),
  ];
  const order = search.trim() === '' ? 'v' : `positionCaseInsensitiveUTF8(${text}, ${needle}) = 1 DESC, v`;
  return [
    'SELECT v',
    `FROM (\n${source}\n)`,
    ...(conditions.length === 0 ? [] : [`WHERE ${conditions.join(' AND ')}`]),
    `ORDER BY ${order}`,
    `LIMIT ${limit + 1}`,
  ].join('\n');
}

/** The values of a dimension in a range. One column. */
export function valuesStatement(question: ValuesQuestion, segments: readonly Segment[]): Statement {
  const { field, condition, search, limit } = question;
  const bindings = new Bindings();
  const what = `Values of ${field.name}${conditionText(condition)}`;
  const sql = searched(distinctValues(field, question, segments, bindings), field, search, limit, bindings);
  return { what, sql, parameters: bindings.parameters };
}

function distinctValues(
  field: Dimension,
  { condition }: ValuesQuestion,
  segments: readonly Segment[],
  bindings: Bindings
): string {
  const { where, having, scope } = condition;
  if (having === null) {
    const source = sourceOf(segments, [field.column], where, bindings);
    return `SELECT DISTINCT ${field.column} AS v\nFROM ${source}`;
  }
  const of = scope === 'rows' ? 'groups' : 'conversations';
  const key = of === 'groups' ? [field] : conversationOf(having, [field]);
  const needs = together(neededFor([], key), askedBy(having));
  const source = sourceOf(segments, columnsOf(needs), where, bindings);
  const value = addedUp.dimension(field);
  return `SELECT DISTINCT ${value} AS v\nFROM ${addUp(source, key, needs)}\nWHERE ${conditionOn(of, having, bindings)}`;
}

/** The values of a fact of connections in a range. One column. */
export function factsStatement({ field, instants, filter, search, limit }: FactsQuestion): Statement {
  if (field.kind !== 'attribute') {
    throw new TypeError(`${field.name} is not an attribute`);
  }
  const bindings = new Bindings();
  const conditions = [inRange(instants, bindings), ...(filter === null ? [] : [connectionCondition(filter, bindings)])];
  const column = field.type === 'string' ? `toString(\`${field.column}\`)` : `\`${field.column}\``;
  const source = `SELECT DISTINCT ${column} AS v\nFROM connections\nWHERE ${conditions.join(' AND ')}`;
  const sql = searched(source, field, search, limit, bindings);
  return { what: `Values of ${field.name}`, sql, parameters: bindings.parameters };
}
