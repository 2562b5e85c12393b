import type { Counter, Field } from './catalogue/index.js';
import { variableLeft } from './errors.js';
import {
  itemsOf,
  type Arithmetic,
  type Comparison,
  type Expression,
  type Match,
  type Membership,
  type NumberLiteral,
  type Operand,
  type SetItem,
  type StoredField,
} from './expression.js';
import { formulaOf, isMaximum, mayBeUnknown } from './fields/formula.js';
import { enumeration } from './fields/lookup.js';
import { re2 } from './regex/re2.js';
import { addressKey, networkRanges, storedText } from './values/address.js';
import { numberOf } from './values/number.js';
import { childPrefix, patternOf } from './values/text.js';

/** Types of parameters, as ClickHouse writes them in `{p1:UInt16}`. */
export type SqlType = 'String' | 'IPv6' | 'UInt16' | 'Int64' | 'Float64' | "DateTime64(9, 'UTC')";

/**
 * Whole numbers that a double holds exactly are numbers, all others (`Float64`) their decimal text, because drivers refuse
 * numbers like 1e21. Addresses are IPv6 text (IPv4 as ::ffff:a.b.c.d), times `2026-10-01 12:00:00.000000000` in UTC.
 */
export type SqlValue = string | number;

/**
 * What the translation needs to know of a query. `column` is the SQL of a stored field, aggregated or not: addresses of
 * type IPv6, ports and counters unsigned integers in stored units, texts String ('' in an enumeration is none), booleans
 * UInt8, times DateTime64(9), attributes in the field's unit (null or NaN is none), metrics of times in stored units (null is
 * none). `parameter` registers a value and returns its placeholder; it is the only way from the user's text into the SQL.
 */
export interface SqlBinder {
  column(field: StoredField): string;
  parameter(value: SqlValue, type: SqlType): string;
}

/**
 * The condition in ClickHouse's SQL, in parentheses where needed. It is 1 or 0 and never null, exactly as `evaluate`
 * tells. Throws FilterError for a variable that was not replaced.
 */
export function toSql(expression: Expression, binder: SqlBinder): string {
  return new Translation(binder).condition(expression);
}

interface Value {
  readonly sql: string;
  /** Whether it can be null, so that a condition on it needs a guard. Guards keep the primary key from being used. */
  readonly nullable: boolean;
  /** Whole numbers compare exactly; everything else compares as a double. */
  readonly whole: boolean;
}

class Translation {
  readonly #binder: SqlBinder;

  constructor(binder: SqlBinder) {
    this.#binder = binder;
  }

  condition(expression: Expression): string {
    switch (expression.kind) {
      case 'and':
      case 'or':
        return `(${expression.operands.map((part) => this.condition(part)).join(` ${expression.kind.toUpperCase()} `)})`;
      case 'not':
        return `(NOT ${this.condition(expression.operand)})`;
      case 'compare':
        return this.#comparison(expression);
      case 'in':
        return this.#membership(expression);
      case 'is null':
        return `(${this.#value(expression.operand).sql} IS ${expression.not ? 'NOT NULL' : 'NULL'})`;
      case 'match':
        return this.#match(expression);
      case 'variable':
        throw variableLeft(expression.text);
    }
  }

  #comparison({ operator, left, right }: Comparison): string {
    if (left.kind === 'null' || right.kind === 'null') {
      return '0';
    }
    const port = [left, right].some((side) => side.kind === 'field' && side.field.type === 'port');
    const a = this.#value(left, port);
    const b = this.#value(right, port);
    return guarded(`(${a.sql} ${operator} ${b.sql})`, a.nullable || b.nullable);
  }

  #value(operand: Operand, port = false): Value {
    switch (operand.kind) {
      case 'field':
        return this.#field(operand.field);
      case 'arithmetic':
        return this.#arithmetic(operand);
      case 'number':
        return this.#number(operand, port);
      case 'string':
        return certain(this.#binder.parameter(operand.value, 'String'));
      case 'boolean':
        return certain(operand.value ? '1' : '0');
      case 'address':
        return certain(this.#address(operand.address));
      case 'time':
        return certain(this.#binder.parameter(timeParameter(operand.time), "DateTime64(9, 'UTC')"));
      case 'null':
        return { sql: 'NULL', nullable: true, whole: false };
      case 'variable':
        throw variableLeft(operand.text);
    }
  }

  #number(literal: NumberLiteral, port: boolean): Value {
    const value = numberOf(literal);
    const whole = Number.isSafeInteger(value);
    return {
      ...certain(whole ? this.#binder.parameter(value, port ? 'UInt16' : 'Int64') : this.#double(value)),
      whole,
    };
  }

  #double(value: number): string {
    return this.#binder.parameter(String(value), 'Float64');
  }

  #address(text: string): string {
    return this.#binder.parameter(storedText(addressKey(text) ?? ''), 'IPv6');
  }

  #field(field: Field): Value {
    switch (field.kind) {
      case 'dimension':
      case 'distinct':
        return { ...certain(this.#binder.column(field)), whole: true };
      case 'percentile':
      case 'mean':
        return { sql: `(${this.#binder.column(field)} / ${field.scale})`, nullable: true, whole: false };
      case 'attribute':
        return this.#attribute(this.#binder.column(field), field);
      default:
        return this.#formula(field);
    }
  }

  #attribute(column: string, field: Field): Value {
    if (enumeration(field) !== undefined) {
      return { sql: `nullIf(${column}, '')`, nullable: true, whole: false };
    }
    if (field.type === 'number') {
      return { sql: `ifNotFinite(toFloat64(${column}), NULL)`, nullable: true, whole: false };
    }
    return { ...certain(field.type === 'boolean' ? `(${column} != 0)` : column), whole: true };
  }

  #formula(field: Field): Value {
    const formula = formulaOf(field);
    if (formula === null) {
      throw new TypeError(`${field.name} is not made of counters`);
    }
    const sum = this.#total(formula.numerator);
    const numerator = isMaximum(field) ? `nullIf(${sum}, 0)` : sum;
    const value = formula.scale === 1 ? numerator : `(${numerator} / ${formula.scale})`;
    return formula.denominator === null
      ? { sql: value, nullable: mayBeUnknown(field), whole: formula.scale === 1 }
      : { sql: `(${value} / nullIf(${this.#total(formula.denominator)}, 0))`, nullable: true, whole: false };
  }

  #total(counters: readonly Counter[]): string {
    const columns = counters.map((counter) => this.#binder.column(counter));
    return columns.length === 1 ? (columns[0] ?? '') : `(${columns.join(' + ')})`;
  }

  /** In doubles throughout: whole numbers of ClickHouse would wrap around where JavaScript's do not. */
  #arithmetic({ operator, left, right }: Arithmetic): Value {
    const [a, b] = [left, right].map((side) => `toFloat64(${this.#value(side).sql})`);
    const divisor = operator === '/' ? `nullIf(${b}, 0)` : b;
    return { sql: `ifNotFinite(${a} ${operator} ${divisor}, NULL)`, nullable: true, whole: false };
  }

  #membership(expression: Membership): string {
    const { operand, not } = expression;
    const value = this.#value(operand);
    const items = itemsOf(expression);
    const singles = items.filter((item) => item.kind !== 'network' && item.kind !== 'range');
    const tests = [
      ...(singles.length > 0 ? [this.#list(singles, operand, value)] : []),
      ...items.flatMap((item) => this.#rangeTests(item, value)),
    ];
    const joined = tests.length === 1 ? (tests[0] ?? '0') : `(${tests.join(' OR ')})`;
    return guarded(not ? `(NOT ${joined})` : joined, value.nullable);
  }

  #list(items: ReadonlyArray<Exclude<SetItem, { kind: 'network' | 'range' }>>, operand: Operand, value: Value): string {
    // `IN` turns its list into the type of the left side, which would lose 1.5 beside a whole number.
    const whole = value.whole && items.every((item) => item.kind !== 'number' || Number.isSafeInteger(numberOf(item)));
    const numbers = items.some((item) => item.kind === 'number');
    const port = operand.kind === 'field' && operand.field.type === 'port';
    const list = items.map((item) =>
      item.kind === 'number' && !whole ? this.#double(numberOf(item)) : this.#value(item, port).sql
    );
    return `(${numbers && !whole ? `toFloat64(${value.sql})` : value.sql} IN (${list.join(', ')}))`;
  }

  #rangeTests(item: SetItem, value: Value): readonly string[] {
    if (item.kind === 'network') {
      return networkRanges(item).map(({ low, high }) => {
        const [first, last] = [low, high].map((key) => this.#binder.parameter(storedText(key), 'IPv6'));
        return `(${value.sql} BETWEEN ${first} AND ${last})`;
      });
    }
    if (item.kind === 'range') {
      return [`(${value.sql} BETWEEN ${this.#value(item.from).sql} AND ${this.#value(item.to).sql})`];
    }
    return [];
  }

  #match({ by, field, not, pattern }: Match): string {
    const value = this.#field(field);
    const test = by === 'path' ? this.#within(value, pattern) : `match(${value.sql}, ${this.#pattern(by, pattern)})`;
    return guarded(not ? `(NOT ${test})` : test, value.nullable);
  }

  #pattern(by: 'regex' | 'glob', pattern: string): string {
    return this.#binder.parameter(re2(patternOf(by, pattern)), 'String');
  }

  #within(value: Value, path: string): string {
    const same = this.#binder.parameter(path, 'String');
    const below = this.#binder.parameter(childPrefix(path), 'String');
    return `(${value.sql} = ${same} OR startsWith(${value.sql}, ${below}))`;
  }
}

function certain(sql: string): Value {
  return { sql, nullable: false, whole: false };
}

/** A comparison with null is null in SQL; in the language it is false. */
function guarded(condition: string, nullable: boolean): string {
  return nullable ? `ifNull(${condition}, 0)` : condition;
}

/** ClickHouse's own spelling of a canonical time. */
function timeParameter(time: string): string {
  return time.replace('T', ' ').replace('Z', '');
}
