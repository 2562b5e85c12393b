import fc from 'fast-check';
import {
  enumeration,
  fieldsOf,
  isZone,
  type AddressLiteral,
  type Comparison,
  type Expression,
  type Field,
  type Match,
  type Membership,
  type NetworkItem,
  type NumberLiteral,
  type Operand,
  type RowKind,
  type SetItem,
  type Suffix,
  type TextLiteral,
} from '../index.js';
import { kindOf, measureOfField, type Kind } from '../parse/literal.js';
import { addressKey, addressText, networkOf } from '../values/address.js';
import { numberOf } from '../values/number.js';

/**
 * Random filters in normal form and random rows for them. Values come from small pools, so that comparisons hit as often
 * as they miss, and the pools hold what breaks translations: quotes, backslashes, wildcards, line breaks, other scripts.
 */
export const texts = [
  '',
  'web',
  'Web',
  'a"b',
  "it's",
  'a\\b',
  'x\ny',
  '50%_',
  'é€😀',
  '/Local',
  '/Local/Paris',
  '/Localhost',
  '*?',
];
export const addresses = ['10.0.0.1', '10.0.0.2', '10.255.255.255', '0.0.0.0', '255.255.255.255', '::', '::1', '2001:db8::1', 'ffff::']; // prettier-ignore
export const times = [
  '2026-10-01T12:00:00Z',
  '2026-10-01T12:00:00.000000001Z',
  '2026-10-01T12:00:00.5Z',
  '1970-01-01T00:00:00Z',
  '2261-12-31T23:59:59.999999999Z',
];
const patterns = [
  '',
  'web',
  '(?i)WEB',
  '^/Local(/|$)',
  '\\d+',
  '[^a-z]',
  'a.b',
  '(a|é)+',
  '\\bb',
  '%_$',
  '.{2,3}$',
  'x?y*',
  '\\\\',
];
const globs = ['*', '?', 'w?b', '*b', '/Local/*', 'a"*', '\\*\\?', 'é*😀', '50%_'];

/** Plain objects, as the parser makes them; fast-check's own have no prototype and would never be deeply equal. */
const record: typeof fc.record = (model: object) => fc.record(model, { noNullPrototype: true }) as never;

const bare = (value: number): NumberLiteral => ({ kind: 'number', value, suffix: null });

const numberPool = [0, 1, 2, 3, 5, 0.5, -1, 1.5, 80, 443, 1e21, 1e-7, 0.001, 1e308, 9007199254740993];

const bareNumber = fc
  .oneof(
    fc.constantFrom(...numberPool),
    fc.integer({ min: -1000, max: 100_000 }),
    fc.double({ noNaN: true, noDefaultInfinity: true })
  )
  .map((value) => bare(value === 0 ? 0 : value));

function numberFor(field: Field | undefined): fc.Arbitrary<NumberLiteral> {
  if (field?.type === 'port') {
    return fc.oneof(fc.constantFrom(0, 1, 80, 443, 65_535), fc.integer({ min: 0, max: 65_535 })).map(bare);
  }
  const suffixes: Suffix[] = ['k', 'M', 'G'];
  const measure = field === undefined ? 'any' : measureOfField(field);
  if (measure === 'time') {
    suffixes.push('us', 'ms', 's', 'm', 'h');
  } else if (measure === 'share') {
    suffixes.push('%');
  }
  const suffixed = record({
    kind: fc.constant('number' as const),
    value: bareNumber.map(({ value }) => value),
    suffix: fc.constantFrom(...suffixes),
  }).filter((literal) => Number.isFinite(numberOf(literal)));
  return fc.oneof(bareNumber, suffixed);
}

const address: fc.Arbitrary<AddressLiteral> = fc
  .oneof(fc.constantFrom(...addresses), fc.ipV4(), fc.ipV6())
  .map((text) => ({ kind: 'address', address: addressText(addressKey(text) ?? '') }));

const network: fc.Arbitrary<NetworkItem> = fc
  .tuple(address, fc.integer({ min: 0, max: 128 }))
  .map(([{ address: text }, bits]) => networkOf(text, text.includes(':') ? bits : bits % 33))
  .filter((found) => found !== null)
  .map((found) => ({ kind: 'network', ...found }));

const string: fc.Arbitrary<TextLiteral> = fc
  .oneof(fc.constantFrom(...texts), fc.string({ unit: fc.constantFrom(...'ab"\'\\\n\t/é😀 $[{}]') }))
  .map((value) => ({ kind: 'string', value }));

const reference = (field: Field): Operand => ({ kind: 'field', field });

function arithmetic(numbers: readonly Field[]): fc.Arbitrary<Operand> {
  const leaf = fc.oneof(fc.constantFrom(...numbers).map(reference), bareNumber);
  return fc.letrec<{ operand: Operand; node: Operand }>((tie) => ({
    operand: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('node')),
    node: record({
      kind: fc.constant('arithmetic' as const),
      operator: fc.constantFrom('+' as const, '-' as const, '*' as const, '/' as const),
      left: tie('operand'),
      right: tie('operand'),
    }),
  })).node;
}

const ordering = ['=', '!=', '<', '<=', '>', '>='] as const;
const equality = ['=', '!='] as const;

function valueFor(field: Field): fc.Arbitrary<Operand> {
  const values = enumeration(field);
  switch (kindOf(field.type)) {
    case 'number':
      return numberFor(field);
    case 'ip':
      return address;
    case 'boolean':
      return fc.boolean().map((value) => ({ kind: 'boolean', value }));
    case 'time':
      return fc.constantFrom(...times).map((time) => ({ kind: 'time', time }));
    case 'string':
      return values === undefined ? string : fc.constantFrom(...values).map((value) => ({ kind: 'string', value }));
  }
}

function comparison(fields: readonly Field[], variables: boolean): fc.Arbitrary<Comparison> {
  const numbers = fields.filter((field) => kindOf(field.type) === 'number');
  const ofField = fc.constantFrom(...fields).chain((field) => {
    const kind = kindOf(field.type);
    const alike = fields.filter((other) => kindOf(other.type) === kind);
    const right = fc.oneof(
      { weight: 8, arbitrary: valueFor(field) },
      { weight: 2, arbitrary: fc.constantFrom(...alike).map(reference) },
      { weight: 1, arbitrary: fc.constant<Operand>({ kind: 'null' }) },
      ...(variables ? [{ weight: 1, arbitrary: variable }] : [])
    );
    const operators = kind === 'number' || kind === 'time' ? ordering : equality;
    return record({
      kind: fc.constant('compare' as const),
      operator: fc.constantFrom(...operators),
      left: fc.constant(reference(field)),
      right,
    });
  });
  const calculated = record({
    kind: fc.constant('compare' as const),
    operator: fc.constantFrom(...ordering),
    left: arithmetic(numbers),
    right: fc.oneof(bareNumber, arithmetic(numbers)),
  });
  return fc.oneof({ weight: 4, arbitrary: ofField }, { weight: 1, arbitrary: calculated });
}

const variable = fc
  .constantFrom('$server', '${server:csv}', '[[server]]')
  .map((text) => ({ kind: 'variable' as const, text }));

function range<T extends NumberLiteral | AddressLiteral>(end: fc.Arbitrary<T>): fc.Arbitrary<SetItem> {
  const keyOf = (literal: NumberLiteral | AddressLiteral) =>
    literal.kind === 'number' ? numberOf(literal) : (addressKey(literal.address) ?? '');
  return fc
    .tuple(end, end)
    .filter(
      ([a, b]) => a.kind === 'number' || (b.kind === 'address' && a.address.includes(':') === b.address.includes(':'))
    )
    .map(([a, b]) => (keyOf(a) <= keyOf(b) ? { kind: 'range', from: a, to: b } : { kind: 'range', from: b, to: a }));
}

function itemFor(field: Field): fc.Arbitrary<SetItem> {
  switch (kindOf(field.type)) {
    case 'number':
      return fc.oneof(numberFor(field), range(numberFor(field)));
    case 'ip':
      return fc.oneof(address, network, range(address));
    default:
      return valueFor(field) as fc.Arbitrary<TextLiteral>;
  }
}

function membership(fields: readonly Field[], variables: boolean): fc.Arbitrary<Membership> {
  const usable = fields.filter((field) => !['boolean', 'time'].includes(kindOf(field.type)));
  return fc.constantFrom(...usable).chain((field) => {
    const items = fc.array(itemFor(field), { minLength: 1, maxLength: 5 });
    return record({
      kind: fc.constant('in' as const),
      not: fc.boolean(),
      operand: fc.constant(reference(field)),
      items: variables ? fc.oneof({ weight: 5, arbitrary: items }, { weight: 1, arbitrary: variable }) : items,
    });
  });
}

function match(fields: readonly Field[]): fc.Arbitrary<Match> {
  const usable = fields.filter((field) => kindOf(field.type) === 'string');
  return fc.constantFrom(...usable).chain((field) => {
    const by = fc.constantFrom('regex' as const, 'glob' as const);
    return fc
      .tuple(by, fc.boolean(), fc.constantFrom(...patterns), fc.constantFrom(...globs, ...texts))
      .map(([kind, not, pattern, glob]): Match => {
        const path = kind === 'glob' && isZone(field) && !/[*?]/.test(glob);
        return { kind: 'match', by: path ? 'path' : kind, not, field, pattern: kind === 'regex' ? pattern : glob };
      });
  });
}

export interface ExpressionOptions {
  readonly variables?: boolean;
}

/** Filters about rows of one kind, in the normal form that the parser makes. */
export function expressions(rows: RowKind, { variables = false }: ExpressionOptions = {}): fc.Arbitrary<Expression> {
  const fields = fieldsOf(rows);
  const numbers = fields.filter((field) => kindOf(field.type) === 'number');
  const nullTest = record({
    kind: fc.constant('is null' as const),
    not: fc.boolean(),
    operand: fc.oneof(fc.constantFrom(...fields).map(reference), arithmetic(numbers)),
  });
  const leaf = fc.oneof(
    { weight: 6, arbitrary: comparison(fields, variables) },
    { weight: 3, arbitrary: membership(fields, variables) },
    { weight: 1, arbitrary: nullTest },
    { weight: 2, arbitrary: match(fields) },
    ...(variables ? [{ weight: 1, arbitrary: variable }] : [])
  );
  return fc.letrec<Record<'expression' | 'and' | 'or' | 'not', Expression>>((tie) => {
    const operands = (kind: 'and' | 'or') =>
      fc.array(
        tie('expression').filter((operand) => operand.kind !== kind),
        { minLength: 2, maxLength: 4 }
      );
    return {
      expression: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        { weight: 3, arbitrary: leaf },
        { weight: 1, arbitrary: tie('and') },
        { weight: 1, arbitrary: tie('or') },
        { weight: 1, arbitrary: tie('not') }
      ),
      and: record({ kind: fc.constant('and' as const), operands: operands('and') }),
      or: record({ kind: fc.constant('or' as const), operands: operands('or') }),
      not: record({ kind: fc.constant('not' as const), operand: tie('expression') }),
    };
  }).expression;
}

/** The kinds of a field's type, for tests that make rows. */
export const kindOfField = (field: Field): Kind => kindOf(field.type);
