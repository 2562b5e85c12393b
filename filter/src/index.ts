export { advise, type Advice } from './advise.js';
export * from './catalogue/index.js';
export { complete, describe, type Completion, type CompletionItem, type ValuesOf } from './complete/complete.js';
export {
  FilterError,
  filterErrorKinds,
  type FilterErrorCode,
  type FilterErrorKind,
  type FilterProblem,
  type Position,
} from './errors.js';
export { evaluate, valueOfField, type FilterValue, type ValueOf } from './evaluate.js';
export {
  combine,
  hasVariables,
  itemsOf,
  referencedFields,
  splitConjuncts,
  type AddressLiteral,
  type Arithmetic,
  type BooleanLiteral,
  type Combination,
  type Comparison,
  type Conjuncts,
  type Expression,
  type FieldReference,
  type Literal,
  type Match,
  type Membership,
  type Negation,
  type NetworkItem,
  type NullLiteral,
  type NullTest,
  type NumberLiteral,
  type Operand,
  type RangeItem,
  type SetItem,
  type StoredField,
  type TextLiteral,
  type TimeLiteral,
  type Variable,
} from './expression.js';
export { formulaOf, isMaximum, mayBeUnknown, type Formula } from './fields/formula.js';
export { enumeration, fieldsOf, findField, isOfTimes, isZone, type RowKind } from './fields/lookup.js';
export { nearestFields } from './fields/nearest.js';
export type { ArithmeticOperator, ComparisonOperator, Token, TokenKind } from './grammar/syntax.js';
export { tokensOf } from './grammar/tokens.js';
export { limits } from './limits.js';
export { parseFilter, type Parsed, type ParseOptions } from './parse/parse.js';
export { printFilter, quote } from './print.js';
export { toSql, type SqlBinder, type SqlType, type SqlValue } from './sql.js';
export { bucketCount, bucketError, bucketOf, bucketTimes, meanOf, percentileOf } from './values/buckets.js';
export { numberOf, type Suffix } from './values/number.js';
