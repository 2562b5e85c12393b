import type { Field } from '../catalogue/index.js';
import { FilterError, oneOf, variableLeft } from '../errors.js';
import { combine, type Expression, type SetItem } from '../expression.js';
import { enumeration, findField, isZone } from '../fields/lookup.js';
import type {
  CompareSyntax,
  ComparisonOperator,
  InSyntax,
  IsSyntax,
  MatchesSyntax,
  RangeSyntax,
  Syntax,
} from '../grammar/syntax.js';
import { limits } from '../limits.js';
import { checkSize } from '../regex/match.js';
import { parsePattern, PatternError } from '../regex/pattern.js';
import { addressKey } from '../values/address.js';
import { numberOf } from '../values/number.js';
import { checkMeasure, checkPort, enumerationValue, kindNames, type Kind } from './literal.js';
import { fieldAt, operandAt, type Context, type Typed } from './operand.js';

/** Gives a tree of the grammar its meaning. Throws FilterError at the first thing that has none. */
export function resolve(node: Syntax, context: Context): Expression {
  switch (node.type) {
    case 'and':
    case 'or': {
      const operands = node.operands.map((operand) => resolve(operand, context));
      const joined = combine(node.type, operands);
      if (joined === null) {
        throw new FilterError('syntax', 'Expected a condition here.', node);
      }
      return joined;
    }
    case 'not':
      return { kind: 'not', operand: resolve(node.operand, context) };
    case 'compare':
      return comparison(node, context);
    case 'in':
      return membership(node, context);
    case 'matches':
      return patternTest(node, context);
    case 'is':
      return nullTest(node, context);
    case 'variable':
      if (context.variables === 'refuse') {
        throw variableLeft(node.text, node);
      }
      return { kind: 'variable', text: node.text };
    default:
      return bare(node, context);
  }
}

/** A value where a condition belongs: right for `midstream`, unfinished for `rst.count`. */
function bare(node: Syntax, context: Context): Expression {
  if (node.type === 'boolean') {
    throw new FilterError('type', 'A condition needs a field. Leave the filter empty to match everything.', node);
  }
  const { operand, kind, name } = operandAt(node, context);
  if (operand.kind === 'field' && operand.field.type === 'boolean') {
    return { kind: 'compare', operator: '=', left: operand, right: { kind: 'boolean', value: true } };
  }
  if (operand.kind === 'field' && kind !== 'any') {
    const [value] = enumeration(operand.field) ?? [];
    const rest = value === undefined ? example[kind] : `= ${value}`;
    const message = `${name} is ${kindNames[kind]}, not a condition. Compare it, for example ${name} ${rest}.`;
    throw new FilterError('type', message, node);
  }
  throw new FilterError('type', 'This is a value, not a condition. Compare it with a field.', node);
}

const example: Readonly<Record<Kind, string>> = {
  number: '> 0',
  ip: '= 10.0.0.1',
  string: '= "text"',
  boolean: '= true',
  time: '> "2026-10-01T12:00:00Z"',
};

const mirrored: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  '=': '=',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

function sides(node: CompareSyntax, context: Context): [Typed, Typed] {
  const leftField = fieldAt(node.left, context);
  const rightField = fieldAt(node.right, context);
  // `rst` is a field as well as a value of `close`: beside an enumeration, its values come first.
  const rightIsValue = node.right.type === 'word' && enumerationValue(leftField, node.right.text) !== null;
  const left = operandAt(node.left, context, rightIsValue ? undefined : rightField);
  const right = operandAt(node.right, context, left.operand.kind === 'field' ? leftField : undefined);
  return [left, right];
}

function comparison(node: CompareSyntax, context: Context): Expression {
  const [left, right] = sides(node, context);
  return isLiteral(left.operand) && !isLiteral(right.operand)
    ? compare(right, mirrored[node.operator], left, node)
    : compare(left, node.operator, right, node);
}

function isLiteral(operand: Typed['operand']): boolean {
  return operand.kind !== 'field' && operand.kind !== 'arithmetic';
}

function compare(left: Typed, operator: ComparisonOperator, right: Typed, node: Syntax): Expression {
  const kind = left.kind === 'any' ? right.kind : left.kind;
  if (right.kind !== 'any' && kind !== right.kind) {
    throw mismatch(left, right);
  }
  if (left.operand.kind === 'network') {
    throw new FilterError('type', 'A network belongs on the right: client.ip in 10.0.0.0/8.', left.span);
  }
  if (
    isLiteral(left.operand) &&
    kind !== 'number' &&
    left.operand.kind !== 'variable' &&
    right.operand.kind !== 'variable'
  ) {
    throw new FilterError('type', 'Both sides are values. Compare a field, for example client.ip = 10.0.0.1.', node);
  }
  if (operator !== '=' && operator !== '!=' && kind !== 'number' && kind !== 'time' && kind !== 'any') {
    const message = `${operator} does not order ${left.name}, ${kindNames[kind]}. Use ${oneOf(operators(kind))}.`;
    throw new FilterError('type', message, node);
  }
  if (right.operand.kind === 'network') {
    return { kind: 'in', not: operator === '!=', operand: left.operand, items: [right.operand] };
  }
  checkNumber(left, right);
  checkNumber(right, left);
  return { kind: 'compare', operator, left: left.operand, right: right.operand };
}

/** The operators of conditions on a kind of value, most useful first. */
export function operators(kind: Kind): readonly string[] {
  switch (kind) {
    case 'number':
      return ['>', '>=', '<', '<=', '=', '!=', 'in', 'not in'];
    case 'ip':
      return ['=', '!=', 'in', 'not in'];
    case 'string':
      return ['=', '!=', 'in', 'not in', '~', '!~'];
    case 'boolean':
      return ['=', '!='];
    case 'time':
      return ['>', '>=', '<', '<=', '=', '!='];
  }
}

function checkNumber(value: Typed, against: Typed): void {
  if (value.operand.kind === 'number') {
    checkMeasure(value.operand, against.measure, value.span, against.name);
    checkPort(value.operand, against.operand.kind === 'field' ? against.operand.field : undefined, value.span);
  }
}

function mismatch(left: Typed, right: Typed): FilterError {
  const [field, value] = left.operand.kind === 'field' ? [left, right] : [right, left];
  const kind = kindNames[field.kind === 'any' ? 'string' : field.kind];
  if (field.operand.kind === 'field' && field.operand.field.type === 'boolean') {
    const message = `${field.name} is true or false. Write ${field.name} or not ${field.name}.`;
    return new FilterError('type', message, value.span);
  }
  const advice = field.kind === 'string' && isLiteral(value.operand) ? ' Put the value in quotes.' : '';
  const what = `${value.name} is ${kindNames[value.kind === 'any' ? 'string' : value.kind]}`;
  return new FilterError('type', `${field.name} is ${kind}, but ${what}; they do not compare.${advice}`, value.span);
}

function membership(node: InSyntax, context: Context): Expression {
  const left = operandAt(node.left, context);
  const { operand, kind } = left;
  if (operand.kind === 'network' || (isLiteral(operand) && operand.kind !== 'variable')) {
    throw new FilterError('type', 'A field belongs before in, for example server.port in {80, 443}.', node.left);
  }
  if (kind === 'boolean' || kind === 'time') {
    const message = `in does not apply to ${left.name}, ${kindNames[kind]}. Use ${oneOf(operators(kind))}.`;
    throw new FilterError('type', message, node);
  }
  const { items, braces } = node.set;
  const [only] = items;
  if (items.length > limits.setItems) {
    const message = `The set has ${items.length} values; at most ${limits.setItems} are allowed. Use ranges or networks.`;
    throw new FilterError('limit', message, node.set);
  }
  if (!braces && only?.type === 'string' && kind === 'string' && operand.kind === 'field') {
    return wildcard(operand.field, only.value, node.not);
  }
  const members = items.map((item) => setItem(item, left, context));
  const [member] = members;
  const whole = !braces && member?.kind === 'variable';
  return { kind: 'in', not: node.not, operand, items: whole ? member : members };
}

function wildcard(field: Field, text: string, not: boolean): Expression {
  if (isZone(field) && !/[*?]/.test(text)) {
    return { kind: 'match', by: 'path', not, field, pattern: withoutTrailingSlash(text) };
  }
  return { kind: 'match', by: 'glob', not, field, pattern: text };
}

function withoutTrailingSlash(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') {
    end--;
  }
  return path.slice(0, end);
}

function setItem(node: Syntax, left: Typed, context: Context): SetItem {
  if (node.type === 'range') {
    return rangeItem(node, left, context);
  }
  const field = left.operand.kind === 'field' ? left.operand.field : undefined;
  if (node.type === 'word' && enumerationValue(field, node.text) === null && findField(node.text, context.rows)) {
    throw new FilterError('type', `A set has values, not fields. Write ${left.name} = ${node.text}.`, node);
  }
  const item = operandAt(node, context, field);
  if (item.kind !== 'any' && left.kind !== 'any' && item.kind !== left.kind) {
    throw mismatch(left, item);
  }
  checkNumber(item, left);
  switch (item.operand.kind) {
    case 'null':
      throw new FilterError('type', `null is in no set. Write ${left.name} is null.`, node);
    case 'number':
    case 'string':
    case 'address':
    case 'network':
    case 'variable':
      return item.operand;
    default:
      throw new FilterError('type', 'A set has single values, ranges and networks.', node);
  }
}

function rangeItem(node: RangeSyntax, left: Typed, context: Context): SetItem {
  const [from, to] = [node.from, node.to].map((end) => setItem(end, left, context));
  if (from?.kind === 'number' && to?.kind === 'number') {
    if (numberOf(from) > numberOf(to)) {
      throw new FilterError('type', 'This range is empty: the lower end comes first, as in 8000..8800.', node);
    }
    return { kind: 'range', from, to };
  }
  if (from?.kind === 'address' && to?.kind === 'address') {
    const [low, high] = [addressKey(from.address), addressKey(to.address)];
    if (low === null || high === null || low > high || from.address.includes(':') !== to.address.includes(':')) {
      const message = 'A range goes from an address to a later one of the same family, as in 10.0.0.1..10.0.0.9.';
      throw new FilterError('type', message, node);
    }
    return { kind: 'range', from, to };
  }
  throw new FilterError('type', 'A range goes from number to number or from address to address.', node);
}

function patternTest(node: MatchesSyntax, context: Context): Expression {
  const left = operandAt(node.left, context);
  if (left.operand.kind !== 'field' || left.operand.field.type !== 'string') {
    const message = `~ applies to text fields only, such as application; ${left.name} is none.`;
    throw new FilterError('type', message, node.left);
  }
  const pattern = node.pattern.value;
  try {
    checkSize(parsePattern(pattern));
  } catch (error) {
    if (error instanceof PatternError) {
      const message = `This pattern is not understood at character ${error.at}: ${error.message}.`;
      throw new FilterError('type', message, node.pattern);
    }
    throw error;
  }
  return { kind: 'match', by: 'regex', not: node.not, field: left.operand.field, pattern };
}

function nullTest(node: IsSyntax, context: Context): Expression {
  const { operand } = operandAt(node.left, context);
  if (operand.kind === 'network' || (isLiteral(operand) && operand.kind !== 'variable')) {
    throw new FilterError('type', 'A field belongs before is null, for example rst.ratio is null.', node.left);
  }
  return { kind: 'is null', not: node.not, operand };
}
