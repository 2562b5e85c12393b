import type { Attribute, Counter, Dimension, Distinct, Field, TimeMetric } from './catalogue/index.js';
import type { ArithmeticOperator, ComparisonOperator } from './grammar/syntax.js';
import type { Suffix } from './values/number.js';

/**
 * A filter that is understood: names are fields, values have the type of the field they stand against. It is always in
 * one normal form (no `and` directly in an `and`, a field on the left where one side is a literal, `= CIDR` as `in`),
 * so that equal filters have equal expressions, and it is plain data, so that an editor can build one.
 *
 * Null: a comparison, set or pattern test of null is false, also with `!=` and `not in`; `not` of it is then true.
 * Only `is null` is true of null.
 */
export type Expression = Combination | Negation | Comparison | Membership | NullTest | Match | Variable;

export interface Combination {
  readonly kind: 'and' | 'or';
  /** Two or more, none of the same kind. */
  readonly operands: readonly Expression[];
}

export interface Negation {
  readonly kind: 'not';
  readonly operand: Expression;
}

export interface Comparison {
  readonly kind: 'compare';
  readonly operator: ComparisonOperator;
  readonly left: Operand;
  readonly right: Operand;
}

/** `in {…}`, `in CIDR`, `= CIDR`. */
export interface Membership {
  readonly kind: 'in';
  readonly not: boolean;
  readonly operand: Operand;
  /** One or more; a variable when it stands for the whole set (`in $ports`). */
  readonly items: readonly SetItem[] | Variable;
}

export interface NullTest {
  readonly kind: 'is null';
  readonly not: boolean;
  readonly operand: Operand;
}

/**
 * A test of a text. `regex`: the pattern occurs somewhere (`~ "…"`); `glob`: the whole text, `*` any characters, `?` one;
 * `path`: the zone and the zones below it (`client.zone in "/Local"`).
 */
export interface Match {
  readonly kind: 'match';
  readonly by: 'regex' | 'glob' | 'path';
  readonly not: boolean;
  readonly field: Field;
  readonly pattern: string;
}

/** A Grafana variable as written: `$server`, `${server:csv}`. Grafana replaces it before the analyzer sees the filter. */
export interface Variable {
  readonly kind: 'variable';
  readonly text: string;
}

export type Operand = FieldReference | Arithmetic | Literal;

export interface FieldReference {
  readonly kind: 'field';
  readonly field: Field;
}

/** Double precision. Null when a side is null, when the divisor is 0, or when the result is not finite. */
export interface Arithmetic {
  readonly kind: 'arithmetic';
  readonly operator: ArithmeticOperator;
  readonly left: Operand;
  readonly right: Operand;
}

export type Literal =
  NumberLiteral | TextLiteral | BooleanLiteral | AddressLiteral | TimeLiteral | NullLiteral | Variable;

export interface NumberLiteral {
  readonly kind: 'number';
  /** As written, before the suffix: 200 in `200ms`. Finite. */
  readonly value: number;
  readonly suffix: Suffix | null;
}

/** Also a value of an enumeration, then spelled as in the catalogue. */
export interface TextLiteral {
  readonly kind: 'string';
  readonly value: string;
}

export interface BooleanLiteral {
  readonly kind: 'boolean';
  readonly value: boolean;
}

export interface AddressLiteral {
  readonly kind: 'address';
  /** Canonical: dotted IPv4, IPv6 after RFC 5952. */
  readonly address: string;
}

export interface TimeLiteral {
  readonly kind: 'time';
  /** RFC 3339 in UTC, fraction without trailing zeros, at most nanoseconds. */
  readonly time: string;
}

export interface NullLiteral {
  readonly kind: 'null';
}

export interface NetworkItem {
  readonly kind: 'network';
  /** First address of the network, canonical. */
  readonly address: string;
  /** Bits: 0 to 32 for IPv4, 0 to 128 for IPv6. */
  readonly prefix: number;
}

/** Both ends belong to it. */
export interface RangeItem {
  readonly kind: 'range';
  readonly from: NumberLiteral | AddressLiteral;
  readonly to: NumberLiteral | AddressLiteral;
}

export type SetItem = NumberLiteral | TextLiteral | AddressLiteral | Variable | NetworkItem | RangeItem;

/** Fields that rows carry themselves; sums and ratios are made of them. */
export type StoredField = Dimension | Counter | Attribute | Distinct | TimeMetric;

function operandFields(operand: Operand): readonly Field[] {
  switch (operand.kind) {
    case 'field':
      return [operand.field];
    case 'arithmetic':
      return [...operandFields(operand.left), ...operandFields(operand.right)];
    default:
      return [];
  }
}

function allFields(expression: Expression): readonly Field[] {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.operands.flatMap(allFields);
    case 'not':
      return allFields(expression.operand);
    case 'compare':
      return [...operandFields(expression.left), ...operandFields(expression.right)];
    case 'in':
    case 'is null':
      return operandFields(expression.operand);
    case 'match':
      return [expression.field];
    case 'variable':
      return [];
  }
}

/** The fields an expression names, each once, in the order of their first appearance. */
export function referencedFields(expression: Expression): Field[] {
  return [...new Set(allFields(expression))];
}

/** Whether something is left for Grafana to replace. */
export function hasVariables(expression: Expression): boolean {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.operands.some(hasVariables);
    case 'not':
      return hasVariables(expression.operand);
    case 'compare':
      return hasVariable(expression.left) || hasVariable(expression.right);
    case 'in':
      return hasVariable(expression.operand) || itemsOf(expression).some((item) => item.kind === 'variable');
    case 'is null':
      return hasVariable(expression.operand);
    case 'match':
      return false;
    case 'variable':
      return true;
  }
}

function hasVariable(operand: Operand): boolean {
  return operand.kind === 'arithmetic'
    ? hasVariable(operand.left) || hasVariable(operand.right)
    : operand.kind === 'variable';
}

/** The items of a set; a variable for the whole set counts as one. */
export function itemsOf({ items }: Membership): readonly SetItem[] {
  return 'kind' in items ? [items] : items;
}

/** Joins conditions in normal form: nothing for none, itself for one, and nested ones of the same kind dissolved. */
export function combine(kind: 'and' | 'or', conditions: readonly Expression[]): Expression | null {
  const operands = conditions.flatMap((condition) => (condition.kind === kind ? condition.operands : [condition]));
  return operands.length > 1 ? { kind, operands } : (operands[0] ?? null);
}

export interface Conjuncts {
  /** The parts joined by `and` that use dimensions and nothing else: they hold for every row of a group or for none. */
  readonly dimensions: Expression | null;
  /** The other parts; null when there are none. */
  readonly rest: Expression | null;
}

/** Divides the top-level `and` parts. `dimensions and rest` selects the same as the expression. */
export function splitConjuncts(expression: Expression | null): Conjuncts {
  const parts = expression === null ? [] : expression.kind === 'and' ? expression.operands : [expression];
  const onDimensions = (part: Expression) => {
    const used = allFields(part);
    return used.length > 0 && used.every((field) => field.kind === 'dimension') && !hasVariables(part);
  };
  return {
    dimensions: combine('and', parts.filter(onDimensions)),
    rest: combine(
      'and',
      parts.filter((part) => !onDimensions(part))
    ),
  };
}
