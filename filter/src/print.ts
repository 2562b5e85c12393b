import {
  itemsOf,
  type Arithmetic,
  type Comparison,
  type Expression,
  type Match,
  type Membership,
  type Operand,
  type SetItem,
} from './expression.js';
import type { Field } from './catalogue/index.js';
import { enumeration } from './fields/lookup.js';
import { limits } from './limits.js';
import { printNumber } from './values/number.js';

/**
 * The canonical text of a filter: canonical names, single blanks, parentheses where needed and around an `and` in an
 * `or`, which not everybody reads alike. Parses to the same expression.
 */
export function printFilter(expression: Expression | null): string {
  // The second kind of parentheses may double the nesting, which the parser bounds.
  return expression === null ? '' : condition(expression, depth(expression) <= limits.nesting / 2);
}

function depth(expression: Expression | Operand): number {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return 1 + expression.operands.reduce((deepest, operand) => Math.max(deepest, depth(operand)), 0);
    case 'not':
      return 1 + depth(expression.operand);
    case 'arithmetic':
    case 'compare':
      return 1 + Math.max(depth(expression.left), depth(expression.right));
    case 'in':
    case 'is null':
      return depth(expression.operand);
    default:
      return 0;
  }
}

function condition(expression: Expression, clear: boolean): string {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.operands
        .map((operand) => grouped(operand, expression.kind, clear))
        .join(` ${expression.kind} `);
    case 'not':
      return `not ${grouped(expression.operand, 'not', clear)}`;
    case 'compare':
      return comparison(expression);
    case 'in':
      return `${value(expression.operand)} ${expression.not ? 'not in' : 'in'} ${set(expression)}`;
    case 'is null':
      return `${value(expression.operand)} is ${expression.not ? 'not null' : 'null'}`;
    case 'match':
      return match(expression);
    case 'variable':
      return expression.text;
  }
}

function grouped(expression: Expression, within: 'and' | 'or' | 'not', clear: boolean): string {
  const parentheses =
    expression.kind === 'or' || (expression.kind === 'and' && (within === 'not' || (clear && within === 'or')));
  return parentheses ? `(${condition(expression, clear)})` : condition(expression, clear);
}

function comparison({ left, operator, right }: Comparison): string {
  const field = left.kind === 'field' ? left.field : undefined;
  if (field?.type === 'boolean' && operator === '=' && right.kind === 'boolean' && right.value) {
    return field.name;
  }
  return `${value(left)} ${operator} ${value(right, field)}`;
}

/** `against` is the field on the other side: values of its enumeration need no quotes. */
function value(operand: Operand, against?: Field): string {
  switch (operand.kind) {
    case 'field':
      return operand.field.name;
    case 'arithmetic':
      return arithmetic(operand);
    case 'number':
      return printNumber(operand);
    case 'string':
      return text(operand.value, against);
    case 'boolean':
      return String(operand.value);
    case 'address':
      return operand.address;
    case 'time':
      return `"${operand.time}"`;
    case 'null':
      return 'null';
    case 'variable':
      return operand.text;
  }
}

function arithmetic({ operator, left, right }: Arithmetic): string {
  const tight = operator === '*' || operator === '/';
  const isSum = (operand: Operand) =>
    operand.kind === 'arithmetic' && (operand.operator === '+' || operand.operator === '-');
  const leftText = tight && isSum(left) ? `(${value(left)})` : value(left);
  const rightText = right.kind === 'arithmetic' && (tight || isSum(right)) ? `(${value(right)})` : value(right);
  return `${leftText} ${operator} ${rightText}`;
}

function text(value: string, against?: Field): string {
  return against !== undefined && enumeration(against)?.includes(value) === true ? value : quote(value);
}

const escapes: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\t': '\\t', '\r': '\\r' };

/** A text in quotes, as the language reads it. */
export function quote(value: string): string {
  return `"${value.replace(/["\\\n\t\r]/g, (letter) => escapes[letter] ?? letter)}"`;
}

function set(membership: Membership): string {
  const { items, operand } = membership;
  const against = operand.kind === 'field' ? operand.field : undefined;
  const [only, ...others] = itemsOf(membership);
  if ('kind' in items || (only?.kind === 'network' && others.length === 0)) {
    return only === undefined ? '{}' : setItem(only, against);
  }
  return `{${items.map((item) => setItem(item, against)).join(', ')}}`;
}

function setItem(item: SetItem, against: Field | undefined): string {
  switch (item.kind) {
    case 'network':
      return `${item.address}/${item.prefix}`;
    case 'range':
      return `${value(item.from)}..${value(item.to)}`;
    default:
      return value(item, against);
  }
}

function match({ by, not, field, pattern }: Match): string {
  const operator = by === 'regex' ? (not ? '!~' : '~') : not ? 'not in' : 'in';
  return `${field.name} ${operator} ${quote(pattern)}`;
}
