import { counters, type Counter, type Field } from '../catalogue/index.js';

/**
 * How a number is made of stored counters: the sum of `numerator`, divided by `scale`, divided by the sum of
 * `denominator`. The evaluator and the SQL both follow it in this order, in double precision, and so agree to the bit.
 */
export interface Formula {
  readonly numerator: readonly Counter[];
  /** Stored units in one unit of the field: 1, or 1e6 where microseconds are stored. */
  readonly scale: number;
  /** Null when nothing divides; a divisor of 0 makes the value null. */
  readonly denominator: readonly Counter[] | null;
}

const byName = new Map(counters.map((counter) => [counter.name, counter]));

function named(names: readonly string[]): readonly Counter[] {
  return names.flatMap((name) => byName.get(name) ?? []);
}

const formulas = new WeakMap<Field, Formula | null>();

/** The formula of a counter, sum or ratio; null for fields that rows carry as they are. */
export function formulaOf(field: Field): Formula | null {
  // Asked for every row that a filter looks at.
  let formula = formulas.get(field);
  if (formula === undefined) {
    formula = makeFormula(field);
    formulas.set(field, formula);
  }
  return formula;
}

/** Whether what it is made of may be unknown: how many copies there were in some captures, the largest of nothing. */
export function mayBeUnknown(field: Field): boolean {
  return isMaximum(field) || (formulaOf(field)?.numerator.some(({ unknown }) => unknown) ?? false);
}

/** Whether it is the largest of some numbers. 0 is stored where there was none, and means that. */
export function isMaximum(field: Field): field is Counter {
  return field.kind === 'counter' && field.aggregate === 'max';
}

function makeFormula(field: Field): Formula | null {
  switch (field.kind) {
    case 'counter':
      return { numerator: [field], scale: field.scale, denominator: null };
    case 'sum':
      return scaled(named(field.terms), null);
    case 'ratio':
      return scaled(named(field.numerator), named(field.denominator));
    default:
      return null;
  }
}

function scaled(numerator: readonly Counter[], denominator: readonly Counter[] | null): Formula {
  return { numerator, scale: numerator[0]?.scale ?? 1, denominator };
}
