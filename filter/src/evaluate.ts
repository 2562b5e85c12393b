import type { Counter, Field } from './catalogue/index.js';
import { variableLeft } from './errors.js';
import {
  itemsOf,
  type Arithmetic,
  type Comparison,
  type Expression,
  type Match,
  type Membership,
  type Operand,
  type SetItem,
  type StoredField,
} from './expression.js';
import { formulaOf, isMaximum } from './fields/formula.js';
import { enumeration } from './fields/lookup.js';
import type { ArithmeticOperator, ComparisonOperator } from './grammar/syntax.js';
import { matcher } from './regex/match.js';
import { addressKey, networkRanges } from './values/address.js';
import { numberOf } from './values/number.js';
import { isWithin, patternOf } from './values/text.js';
import { canonicalTime, timeKey, timeKeyOfMilliseconds } from './values/time.js';

/**
 * A value of a row. Addresses are text; counters and metrics of times are in stored units (microseconds where `scale` is 1e6);
 * attributes in the unit of the field; times are RFC 3339 or milliseconds since 1970; null is unknown or none.
 */
export type FilterValue = number | string | boolean | null;

/** Gives the stored value of a field of one row. */
export type ValueOf = (field: StoredField) => FilterValue;

/** Tells whether a row matches. */
export type Predicate = (valueOf: ValueOf) => boolean;

const compiled = new WeakMap<Expression, Predicate>();

/**
 * Whether a row matches; exactly the rows that the SQL of `toSql` selects. Throws FilterError for a variable that was
 * not replaced.
 */
export function evaluate(expression: Expression | null, valueOf: ValueOf): boolean {
  if (expression === null) {
    return true;
  }
  let predicate = compiled.get(expression);
  if (predicate === undefined) {
    predicate = condition(expression);
    compiled.set(expression, predicate);
  }
  return predicate(valueOf);
}

/**
 * The value of any field in the field's own unit (seconds, shares), sums and ratios computed from their counters. Null
 * where the divisor is 0, a counter is missing, or an enumeration is empty.
 */
export function valueOfField(field: Field, valueOf: ValueOf): FilterValue {
  switch (field.kind) {
    case 'dimension':
    case 'distinct':
      return valueOf(field);
    case 'percentile':
    case 'mean': {
      const value = valueOf(field);
      return typeof value === 'number' ? value / field.scale : null;
    }
    case 'attribute': {
      const value = valueOf(field);
      return (value === '' && enumeration(field) !== undefined) || Number.isNaN(value) ? null : value;
    }
    default:
      return numberOfField(field, valueOf);
  }
}

function numberOfField(field: Field, valueOf: ValueOf): number | null {
  const formula = formulaOf(field);
  const numerator = formula === null ? null : total(formula.numerator, valueOf);
  if (formula === null || numerator === null || (numerator === 0 && isMaximum(field))) {
    return null;
  }
  const value = formula.scale === 1 ? numerator : numerator / formula.scale;
  if (formula.denominator === null) {
    return value;
  }
  const divisor = total(formula.denominator, valueOf);
  return divisor === null || divisor === 0 ? null : value / divisor;
}

function total(counters: readonly Counter[], valueOf: ValueOf): number | null {
  let sum = 0;
  for (const counter of counters) {
    const value = valueOf(counter);
    if (typeof value !== 'number') {
      return null;
    }
    sum += value;
  }
  return sum;
}

/** Compiled once, so that patterns and networks are not read again for every row. */
function condition(expression: Expression): Predicate {
  switch (expression.kind) {
    case 'and': {
      const parts = expression.operands.map(condition);
      return (valueOf) => parts.every((part) => part(valueOf));
    }
    case 'or': {
      const parts = expression.operands.map(condition);
      return (valueOf) => parts.some((part) => part(valueOf));
    }
    case 'not': {
      const inner = condition(expression.operand);
      return (valueOf) => !inner(valueOf);
    }
    case 'compare':
      return comparison(expression);
    case 'in':
      return membership(expression);
    case 'is null': {
      const operand = comparable(expression.operand);
      return (valueOf) => (operand(valueOf) === null) !== expression.not;
    }
    case 'match':
      return match(expression);
    case 'variable':
      throw variableLeft(expression.text);
  }
}

/** Values that sort as they should: addresses and times by their keys, everything else as it is. */
type Comparable = number | string | boolean | null;
type Reader = (valueOf: ValueOf) => Comparable;

function comparable(operand: Operand): Reader {
  switch (operand.kind) {
    case 'field': {
      const { field } = operand;
      const key = keyOfType(field);
      return (valueOf) => key(valueOfField(field, valueOf));
    }
    case 'arithmetic':
      return arithmetic(operand);
    case 'variable':
      throw variableLeft(operand.text);
    default: {
      const value = literalValue(operand);
      return () => value;
    }
  }
}

function literalValue(literal: Exclude<Operand, { kind: 'field' | 'arithmetic' | 'variable' }>): Comparable {
  switch (literal.kind) {
    case 'number':
      return numberOf(literal);
    case 'address':
      return addressKey(literal.address);
    case 'time':
      return timeKey(literal.time);
    case 'null':
      return null;
    default:
      return literal.value;
  }
}

/** A value that has not the type of its field is unknown rather than wrong. */
function keyOfType(field: Field): (value: FilterValue) => Comparable {
  switch (field.type) {
    case 'ip':
      return (value) => (typeof value === 'string' ? addressKey(value) : null);
    case 'time':
      return (value) => (typeof value === 'number' ? timeKeyOfMilliseconds(value) : timeKeyOfText(value));
    case 'string':
      return (value) => (typeof value === 'string' ? value : null);
    case 'boolean':
      return (value) => (typeof value === 'number' ? value !== 0 : typeof value === 'boolean' ? value : null);
    default:
      return (value) => (typeof value === 'number' && Number.isFinite(value) ? value : null);
  }
}

function timeKeyOfText(value: FilterValue): string | null {
  const canonical = typeof value === 'string' ? canonicalTime(value) : null;
  return canonical === null ? null : timeKey(canonical);
}

function arithmetic({ operator, left, right }: Arithmetic): Reader {
  const readLeft = comparable(left);
  const readRight = comparable(right);
  return (valueOf) => {
    const a = readLeft(valueOf);
    const b = readRight(valueOf);
    return typeof a === 'number' && typeof b === 'number' ? calculate(operator, a, b) : null;
  };
}

function calculate(operator: ArithmeticOperator, a: number, b: number): number | null {
  const results = { '+': () => a + b, '-': () => a - b, '*': () => a * b, '/': () => (b === 0 ? NaN : a / b) };
  const result = results[operator]();
  return Number.isFinite(result) ? result : null;
}

const tests: Readonly<Record<ComparisonOperator, <T extends number | string | boolean>(a: T, b: T) => boolean>> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

function comparison({ operator, left, right }: Comparison): Predicate {
  const readLeft = comparable(left);
  const readRight = comparable(right);
  const test = tests[operator];
  return (valueOf) => {
    const a = readLeft(valueOf);
    const b = readRight(valueOf);
    return a !== null && b !== null && test(a, b);
  };
}

function membership(expression: Membership): Predicate {
  const operand = comparable(expression.operand);
  const single = new Set<Comparable>();
  const ranges: Array<readonly [number | string, number | string]> = [];
  for (const item of itemsOf(expression)) {
    if (item.kind === 'network') {
      ranges.push(...networkRanges(item).map(({ low, high }) => [low, high] as const));
    } else if (item.kind === 'range') {
      ranges.push([end(item.from), end(item.to)]);
    } else {
      single.add(memberValue(item));
    }
  }
  return (valueOf) => {
    const value = operand(valueOf);
    if (value === null) {
      return false;
    }
    const found = single.has(value) || ranges.some(([low, high]) => value >= low && value <= high);
    return found !== expression.not;
  };
}

function memberValue(item: Exclude<SetItem, { kind: 'network' | 'range' }>): Comparable {
  if (item.kind === 'variable') {
    throw variableLeft(item.text);
  }
  return literalValue(item);
}

function end(literal: Extract<SetItem, { kind: 'range' }>['from']): number | string {
  return literal.kind === 'number' ? numberOf(literal) : (addressKey(literal.address) ?? '');
}

function match({ by, field, not, pattern }: Match): Predicate {
  const matches = by === 'path' ? (text: string) => isWithin(text, pattern) : matcher(patternOf(by, pattern));
  const read = comparable({ kind: 'field', field });
  return (valueOf) => {
    const value = read(valueOf);
    return typeof value === 'string' && matches(value) !== not;
  };
}
