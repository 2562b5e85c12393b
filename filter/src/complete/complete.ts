import type { Field } from '../catalogue/index.js';
import { enumeration, fieldsOf, mayBeNull, type RowKind } from '../fields/lookup.js';
import { kindOf, type Kind } from '../parse/literal.js';
import { operators } from '../parse/resolve.js';
import { quote } from '../print.js';
import { situationAt, type Situation } from './situation.js';

export interface CompletionItem {
  readonly label: string;
  /** The text that replaces `from` to `to`. */
  readonly insert: string;
  readonly kind: 'field' | 'operator' | 'keyword' | 'value';
  /** Type, unit and side of a field; a short word for everything else. */
  readonly detail: string;
  /** One sentence, for the panel beside the list; may be empty. */
  readonly info: string;
  /** The name or alias that begins with what is written; an editor that filters by itself compares with this. */
  readonly matched: string;
}

export interface Completion {
  /** The part of the text that a choice replaces, in UTF-16 units. */
  readonly from: number;
  readonly to: number;
  readonly items: readonly CompletionItem[];
  /** The field whose values are wanted here, for an editor that fetches known values; null elsewhere. */
  readonly field: Field | null;
}

/** Known values of a field, such as the zones of the time range, as plain text. */
export type ValuesOf = (field: Field) => readonly string[];

/** What may stand at an offset of a text, whole or broken, in the order of the catalogue. Never throws. */
export function complete(text: string, offset: number, rows: RowKind, values: ValuesOf = () => []): Completion {
  const situation = situationAt(text, offset, rows);
  const { from, to, prefix, expects, field } = situation;
  const items = candidates(situation, rows, values).flatMap((candidate) => {
    const matched = matching(candidate, prefix);
    return matched === undefined ? [] : [{ ...candidate.item, matched }];
  });
  const wantsValues = expects === 'value' || expects === 'set' || expects === 'item';
  return { from, to, items: byName(items), field: wantsValues ? (field ?? null) : null };
}

interface Candidate {
  readonly item: Omit<CompletionItem, 'matched'>;
  /** What it may be looked for by, the label first. */
  readonly names: readonly string[];
}

function matching({ names }: Candidate, prefix: string): string | undefined {
  const written = prefix.replace(/^["']/, '').toLowerCase();
  return names.find((name) => name.toLowerCase().startsWith(written));
}

/** Fields found by their name before those found by an alias. The order is otherwise kept. */
function byName(items: readonly CompletionItem[]): readonly CompletionItem[] {
  const named = (item: CompletionItem) => item.matched === item.label;
  return [...items.filter(named), ...items.filter((item) => !named(item))];
}

function candidates(situation: Situation, rows: RowKind, values: ValuesOf): readonly Candidate[] {
  const { expects, field, prefix, closable } = situation;
  switch (expects) {
    case 'condition':
      return [...fieldCandidates(rows), keyword('not', 'the opposite'), keyword('(', 'a group')];
    case 'number':
      return fieldCandidates(rows, 'number');
    case 'operator':
      return [...operatorCandidates(field), ...(closable ? [keyword(')', 'ends the group')] : [])];
    case 'in':
      return [keyword('in', 'one of a set')];
    case 'set':
      return [keyword('{', 'a set'), ...valueCandidates(field, values)];
    case 'item':
      return valueCandidates(field, values);
    case 'value': {
      // Nobody compares an enumeration with a field, and behind a quote only texts fit.
      const known = field === undefined || valuesOfType(field) !== undefined || /^["']/.test(prefix);
      const fields = known ? [] : fieldCandidates(rows, kindOf(field.type));
      return [...valueCandidates(field, values), ...fields.filter(({ item }) => item.label !== field?.name)];
    }
    case 'item end':
      return [keyword(',', 'another value'), keyword('}', 'ends the set')];
    case 'null':
      return [keyword('null', 'has no value'), keyword('not null', 'has a value')];
    case 'only null':
      return [keyword('null', 'has no value')];
    case 'joint':
      return [
        keyword('and', 'both'),
        keyword('or', 'at least one'),
        ...(closable ? [keyword(')', 'ends the group')] : []),
      ];
    case 'pattern':
    case 'nothing':
      return [];
  }
}

function keyword(label: string, detail: string): Candidate {
  return { item: { label, insert: label, kind: 'keyword', detail, info: '' }, names: [label] };
}

function fieldCandidates(rows: RowKind, kind?: Kind): readonly Candidate[] {
  return (
    fieldsOf(rows)
      .filter((field) => kind === undefined || kindOf(field.type) === kind)
      // Ports and VLANs are numbers, but nobody calculates with them.
      .filter((field) => kind !== 'number' || field.kind !== 'dimension')
      .map((field) => ({
        item: { label: field.name, insert: field.name, kind: 'field', detail: describe(field), info: field.summary },
        names: [field.name, ...field.aliases],
      }))
  );
}

const typeNames: Readonly<Record<Field['type'], string>> = {
  ip: 'address',
  port: 'port',
  integer: 'number',
  number: 'number',
  string: 'text',
  boolean: 'yes or no',
  time: 'time',
};

/** "packets · server", "share · client", "address · client", "text". */
export function describe(field: Field): string {
  return [field.unit ?? typeNames[field.type], ...(field.side === null ? [] : [field.side])].join(' · ');
}

const operatorNames: Readonly<Record<string, string>> = {
  '=': 'equal',
  '!=': 'not equal',
  '<': 'less',
  '<=': 'at most',
  '>': 'greater',
  '>=': 'at least',
  in: 'one of a set, a range or a network',
  'not in': 'none of a set, a range or a network',
  '~': 'matches a pattern',
  '!~': 'does not match a pattern',
  '+': 'plus',
  '-': 'minus',
  '*': 'times',
  '/': 'divided by; null when that is 0',
  'is null': 'has no value',
  'is not null': 'has a value',
};

function operatorCandidates(field: Field | undefined): readonly Candidate[] {
  const kind = field === undefined ? 'number' : kindOf(field.type);
  const arithmetic = kind === 'number' ? ['+', '-', '*', '/'] : [];
  const joints = kind === 'boolean' ? [keyword('and', 'both'), keyword('or', 'at least one')] : [];
  const nullTests = field === undefined || mayBeNull(field) ? ['is null', 'is not null'] : [];
  const symbols = [...operators(kind), ...arithmetic, ...nullTests];
  return [
    ...symbols.map((symbol): Candidate => {
      const detail = operatorNames[symbol] ?? '';
      return { item: { label: symbol, insert: symbol, kind: 'operator', detail, info: '' }, names: [symbol] };
    }),
    ...joints,
  ];
}

/** The values that a field can have, when they are few. */
function valuesOfType(field: Field): readonly string[] | undefined {
  return field.type === 'boolean' ? ['true', 'false'] : enumeration(field);
}

function valueCandidates(field: Field | undefined, values: ValuesOf): readonly Candidate[] {
  if (field === undefined) {
    return [];
  }
  const known = valuesOfType(field);
  const quoted = known === undefined && field.type === 'string';
  return (known ?? values(field)).map((value) => ({
    item: { label: value, insert: quoted ? quote(value) : value, kind: 'value', detail: field.name, info: '' },
    names: [value],
  }));
}
