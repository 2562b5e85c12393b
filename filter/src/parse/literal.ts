import type { Field, ValueType } from '../catalogue/index.js';
import { FilterError, oneOf, quoted } from '../errors.js';
import type { AddressLiteral, NetworkItem, NumberLiteral, TextLiteral } from '../expression.js';
import { enumeration } from '../fields/lookup.js';
import { nearest } from '../fields/nearest.js';
import type { AddressSyntax, NumberSyntax, Span } from '../grammar/syntax.js';
import { addressKey, addressText, networkOf } from '../values/address.js';
import { isSuffix, numberOf, suffixes, suffixMeaning } from '../values/number.js';

/** Types that compare with one another are one kind: ports, whole numbers and numbers are `number`. */
export type Kind = 'ip' | 'number' | 'string' | 'boolean' | 'time';

export function kindOf(type: ValueType): Kind {
  return type === 'port' || type === 'integer' ? 'number' : type;
}

export const kindNames: Readonly<Record<Kind, string>> = {
  ip: 'an address',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  time: 'a time',
};

/** Reads `200ms`, `10%`, `1.5k`. */
export function numberLiteral({ digits, suffix, ...span }: NumberSyntax): NumberLiteral {
  if (suffix !== null && !isSuffix(suffix)) {
    const meant = suffixes.find((known) => known.toLowerCase() === suffix.toLowerCase());
    const message = `${quoted(digits + suffix)} has an unknown suffix. Suffixes are ${oneOf(suffixes)}.`;
    throw new FilterError('type', message, span, meant === undefined ? undefined : digits + meant);
  }
  const literal: NumberLiteral = { kind: 'number', value: Number(digits), suffix };
  if (!Number.isFinite(literal.value) || !Number.isFinite(numberOf(literal))) {
    throw new FilterError('type', `${quoted(digits)} is too large a number. Use a smaller one.`, span);
  }
  return literal;
}

export function malformed(text: string, span: Span): FilterError {
  const message = `${quoted(text)} is neither a number nor an address. Write 10, 1.5, 200ms, 10.0.0.1 or 10.0.0.0/8, or put text in quotes.`;
  return new FilterError('type', message, span);
}

export function addressOrNetwork({ address, prefix, ...span }: AddressSyntax): AddressLiteral | NetworkItem {
  const key = addressKey(address);
  if (key === null) {
    throw new FilterError('type', `${quoted(address)} is not an address. Write 10.0.0.1 or 2001:db8::1.`, span);
  }
  if (prefix === null) {
    return { kind: 'address', address: addressText(key) };
  }
  const network = networkOf(address, prefix);
  if (network === null) {
    const most = address.includes(':') ? 128 : 32;
    throw new FilterError('type', `A prefix of ${address} has 0 to ${most} bits, not ${prefix}.`, span);
  }
  return { kind: 'network', ...network };
}

/** `10.0.0.0/8` within quotes, as dashboards put it there. */
export function quotedAddress(value: string, span: Span): AddressLiteral | NetworkItem {
  const [address = '', prefix, ...more] = value.trim().split('/');
  const bits = prefix === undefined ? null : /^\d{1,3}$/.test(prefix) && more.length === 0 ? Number(prefix) : NaN;
  if (Number.isNaN(bits)) {
    throw new FilterError('type', `${quoted(value)} is not an address or a network.`, span);
  }
  return addressOrNetwork({ type: 'address', address, prefix: bits, ...span });
}

/** A value of an enumeration in the spelling of the catalogue; null when it is none. */
export function enumerationValue(field: Field | undefined, word: string): TextLiteral | null {
  const values = field === undefined ? undefined : enumeration(field);
  const value = values?.find((known) => known.toLowerCase() === word.toLowerCase());
  return value === undefined ? null : { kind: 'string', value };
}

export function notInEnumeration(field: Field, word: string, span: Span): FilterError {
  const values = enumeration(field) ?? [];
  const [meant] = nearest(word, values, 1);
  const guess = meant === undefined ? '' : ` Did you mean ${meant}?`;
  const message = `${quoted(word)} is not a value of ${field.name}. Its values are ${oneOf(values)}.${guess}`;
  return new FilterError('type', message, span, meant);
}

/**
 * What a number measures, for telling that a duration cannot be compared with a count. `any` is a bare number, or an
 * arithmetic result that the rules below do not follow.
 */
export type Measure = 'time' | 'share' | 'count' | 'any';

const measureNames: Readonly<Record<Measure, string>> = {
  time: 'a duration',
  share: 'a share',
  count: 'a count',
  any: '',
};

export function measureOfField(field: Field): Measure {
  if (kindOf(field.type) !== 'number') {
    return 'any';
  }
  if (field.unit === 'seconds') {
    return 'time';
  }
  return field.unit === 'share' || field.unit === 'per connection' ? 'share' : 'count';
}

export function measureOfNumber({ suffix }: NumberLiteral): Measure {
  const meaning = suffix === null ? 'count' : suffixMeaning(suffix);
  return meaning === 'count' ? 'any' : meaning;
}

export function measureOfArithmetic(operator: string, left: Measure, right: Measure): Measure {
  if (operator === '*' || operator === '/') {
    return right === 'any' ? left : 'any';
  }
  return left === 'any' ? right : left === right || right === 'any' ? left : 'any';
}

/** Throws when a number with a suffix stands against a number that measures something else. */
export function checkMeasure(literal: NumberLiteral, against: Measure, span: Span, name: string): void {
  const measure = measureOfNumber(literal);
  if (measure !== 'any' && against !== 'any' && measure !== against) {
    const text = `${literal.value}${literal.suffix ?? ''}`;
    const message = `${name} is ${measureNames[against]}, ${text} is ${measureNames[measure]}. Write the number without ${literal.suffix}, or another field.`;
    throw new FilterError('type', message, span);
  }
}

/** Throws when a port field stands against a number that is no port. */
export function checkPort(literal: NumberLiteral, field: Field | undefined, span: Span): void {
  const value = numberOf(literal);
  if (field?.type === 'port' && !(Number.isInteger(value) && value >= 0 && value <= 65_535)) {
    throw new FilterError('type', `A port is a whole number from 0 to 65535, not ${value}.`, span);
  }
}
