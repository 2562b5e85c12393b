import type { Field } from '../catalogue/index.js';
import { FilterError, quoted, variableLeft } from '../errors.js';
import type { Arithmetic, Literal, NetworkItem, Operand } from '../expression.js';
import { enumeration, findField, type RowKind } from '../fields/lookup.js';
import { nearestFields } from '../fields/nearest.js';
import type { ArithmeticOperator, NumberSyntax, Span, Syntax, TextSyntax, WordSyntax } from '../grammar/syntax.js';
import { canonicalTime } from '../values/time.js';
import { negative } from '../values/number.js';
import {
  addressOrNetwork,
  checkMeasure,
  enumerationValue,
  kindNames,
  kindOf,
  malformed,
  measureOfArithmetic,
  measureOfField,
  measureOfNumber,
  notInEnumeration,
  numberLiteral,
  quotedAddress,
  type Kind,
  type Measure,
} from './literal.js';

export interface Context {
  readonly rows: RowKind;
  /** `allow` before Grafana has replaced variables, `refuse` behind it. */
  readonly variables: 'allow' | 'refuse';
}

/** A side of a comparison. */
export interface Typed {
  readonly operand: Operand | NetworkItem;
  /** `any` compares with everything: null and variables. */
  readonly kind: Kind | 'any';
  readonly measure: Measure;
  readonly span: Span;
  /** How messages call it. */
  readonly name: string;
}

/** The field that a word names, when it does. */
export function fieldAt(node: Syntax, { rows }: Context): Field | undefined {
  return node.type === 'word' ? findField(node.text, rows) : undefined;
}

/**
 * Resolves a side of a comparison; `against` is the field on the other side, whose type says how a quoted text is read
 * and whose enumeration a bare word may come from (`close = rst`).
 */
export function operandAt(node: Syntax, context: Context, against?: Field): Typed {
  const literal = (operand: Literal | NetworkItem, kind: Kind | 'any'): Typed => {
    const measure = operand.kind === 'number' ? measureOfNumber(operand) : 'any';
    return { operand, kind, measure, span: node, name: 'the value' };
  };
  switch (node.type) {
    case 'word':
      return wordOperand(node, context, against);
    case 'number':
      return literal(numberLiteral(node), 'number');
    case 'string':
      return literal(...textLiteral(node, against));
    case 'address':
      return literal(addressOrNetwork(node), 'ip');
    case 'boolean':
      return literal({ kind: 'boolean', value: node.value }, 'boolean');
    case 'null':
      return literal({ kind: 'null' }, 'any');
    case 'variable':
      if (context.variables === 'refuse') {
        throw variableLeft(node.text, node);
      }
      return literal({ kind: 'variable', text: node.text }, 'any');
    case 'malformed':
      throw malformed(node.text, node);
    case 'negative':
      return negativeOperand(node.operand, node, context);
    case 'arithmetic':
      return arithmetic(node.operator, numeric(node.left, context), numeric(node.right, context), node);
    default:
      throw new FilterError(
        'type',
        'Expected a value here, found a condition. Conditions are joined by and, or.',
        node
      );
  }
}

function fieldOperand(field: Field, span: Span): Typed {
  return {
    operand: { kind: 'field', field },
    kind: kindOf(field.type),
    measure: measureOfField(field),
    span,
    name: field.name,
  };
}

function wordOperand(node: WordSyntax, context: Context, against: Field | undefined): Typed {
  const value = enumerationValue(against, node.text);
  if (value !== null) {
    return { operand: value, kind: 'string', measure: 'any', span: node, name: 'the value' };
  }
  const field = findField(node.text, context.rows);
  if (field !== undefined) {
    return fieldOperand(field, node);
  }
  if (against !== undefined && enumeration(against) !== undefined) {
    throw notInEnumeration(against, node.text, node);
  }
  if (against?.type === 'string') {
    const hint = `"${node.text}"`;
    throw new FilterError('field', `${quoted(node.text)} is no field. Put text in quotes: ${hint}.`, node, hint);
  }
  throw unknownField(node.text, context.rows, node);
}

const rowNames: Readonly<Record<RowKind, string>> = {
  windows: 'conversations and groups',
  connections: 'single connections',
};

export function unknownField(name: string, rows: RowKind, span: Span): FilterError {
  const others: RowKind = rows === 'windows' ? 'connections' : 'windows';
  const elsewhere = findField(name, others);
  if (elsewhere !== undefined) {
    const message = `${quoted(name)} is a field of ${rowNames[others]}, not of ${rowNames[rows]}, which this filter is about.`;
    return new FilterError('field', message, span);
  }
  const [meant] = nearestFields(name, rows, 1);
  const advice = meant === undefined ? 'docs/fields.md lists the fields.' : `Did you mean ${meant}?`;
  return new FilterError('field', `Unknown field ${quoted(name)}. ${advice}`, span, meant);
}

/** What a quoted text is, by the field it stands against. */
function textLiteral(node: TextSyntax, against: Field | undefined): [Literal | NetworkItem, Kind] {
  const { value } = node;
  const field = against;
  switch (field === undefined ? 'string' : kindOf(field.type)) {
    case 'ip':
      return [quotedAddress(value, node), 'ip'];
    case 'number': {
      // Dashboards quote every value of a variable, numbers too.
      const number = /^\s*(-?)(\d+(?:\.\d+)?)\s*$/.exec(value);
      if (number !== null) {
        const syntax: NumberSyntax = { ...node, type: 'number', digits: number[2] ?? '', suffix: null };
        const literal = numberLiteral(syntax);
        return [number[1] === '-' ? negative(literal) : literal, 'number'];
      }
      throw new FilterError('type', `${field?.name} is a number, ${quoted(value)} is not. Write a number.`, node);
    }
    case 'time': {
      const time = canonicalTime(value);
      if (time === null) {
        const message = `${quoted(value)} is not a time from 1970 on. Write "2026-10-01T12:00:00Z".`;
        throw new FilterError('type', message, node);
      }
      return [{ kind: 'time', time }, 'time'];
    }
    case 'boolean':
      // As dashboards quote it.
      if (value === 'true' || value === 'false') {
        return [{ kind: 'boolean', value: value === 'true' }, 'boolean'];
      }
      throw new FilterError(
        'type',
        `${field?.name} is true or false; write ${field?.name} or not ${field?.name}.`,
        node
      );
    case 'string': {
      const known = enumerationValue(field, value);
      if (known === null && field !== undefined && enumeration(field) !== undefined) {
        throw notInEnumeration(field, value, node);
      }
      return [known ?? { kind: 'string', value }, 'string'];
    }
  }
}

/** A sign of a number becomes part of it; a sign of anything else is a subtraction from 0. */
function negativeOperand(inner: Syntax, node: Span, context: Context): Typed {
  const typed = numeric(inner, context);
  if (typed.operand.kind === 'number') {
    return { ...typed, operand: negative(typed.operand), span: node };
  }
  const zero = { ...typed, operand: { kind: 'number', value: 0, suffix: null }, measure: 'any' } as const;
  return arithmetic('-', zero, typed, node);
}

function numeric(node: Syntax, context: Context): Typed & { readonly operand: Operand } {
  const typed = operandAt(node, context);
  const { operand, kind, name } = typed;
  if (operand.kind === 'null' || operand.kind === 'network' || (kind !== 'number' && kind !== 'any')) {
    const what = operand.kind === 'null' ? 'null' : `${name}, ${kindNames[kind === 'any' ? 'string' : kind]}`;
    throw new FilterError('type', `Arithmetic needs numbers; ${what} is none.`, node);
  }
  return { ...typed, operand };
}

function arithmetic(
  operator: ArithmeticOperator,
  left: Typed & { readonly operand: Operand },
  right: Typed & { readonly operand: Operand },
  span: Span
): Typed & { readonly operand: Arithmetic } {
  if (operator === '+' || operator === '-') {
    for (const [one, other] of [
      [left, right],
      [right, left],
    ] as const) {
      if (one.operand.kind === 'number') {
        checkMeasure(one.operand, other.measure, one.span, other.name);
      }
    }
  }
  return {
    operand: { kind: 'arithmetic', operator, left: left.operand, right: right.operand },
    kind: 'number',
    measure: measureOfArithmetic(operator, left.measure, right.measure),
    span,
    name: 'the result',
  };
}
