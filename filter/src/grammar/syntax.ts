/**
 * What the grammar makes of a text, before names, types and units are known. Offsets are UTF-16 units in the text.
 */
export interface Span {
  readonly start: number;
  /** Behind the last character. */
  readonly end: number;
}

export type ComparisonOperator = '=' | '!=' | '<' | '<=' | '>' | '>=';
export type ArithmeticOperator = '+' | '-' | '*' | '/';

interface Node<Type extends string> extends Span {
  readonly type: Type;
}

export interface CombinationSyntax extends Node<'and' | 'or'> {
  /** Two or more. */
  readonly operands: readonly Syntax[];
}
export interface NotSyntax extends Node<'not'> {
  readonly operand: Syntax;
}
export interface CompareSyntax extends Node<'compare'> {
  readonly operator: ComparisonOperator;
  readonly left: Syntax;
  readonly right: Syntax;
}
export interface InSyntax extends Node<'in'> {
  readonly not: boolean;
  readonly left: Syntax;
  readonly set: SetSyntax;
}
export interface SetSyntax extends Node<'set'> {
  readonly items: readonly Syntax[];
  /** `in {80}` rather than `in 80`. */
  readonly braces: boolean;
}
export interface MatchesSyntax extends Node<'matches'> {
  readonly not: boolean;
  readonly left: Syntax;
  readonly pattern: TextSyntax;
}
export interface IsSyntax extends Node<'is'> {
  readonly not: boolean;
  readonly left: Syntax;
}
export interface ArithmeticSyntax extends Node<'arithmetic'> {
  readonly operator: ArithmeticOperator;
  readonly left: Syntax;
  readonly right: Syntax;
}
export interface NegativeSyntax extends Node<'negative'> {
  readonly operand: Syntax;
}
export interface RangeSyntax extends Node<'range'> {
  readonly from: Syntax;
  readonly to: Syntax;
}
export interface WordSyntax extends Node<'word'> {
  readonly text: string;
}
export interface NumberSyntax extends Node<'number'> {
  readonly digits: string;
  /** As written; may be none that exists. */
  readonly suffix: string | null;
}
export interface AddressSyntax extends Node<'address'> {
  /** Shaped like an address; may be none. */
  readonly address: string;
  readonly prefix: number | null;
}
export interface TextSyntax extends Node<'string'> {
  readonly value: string;
}
export interface VariableSyntax extends Node<'variable'> {
  readonly text: string;
}
export interface BooleanSyntax extends Node<'boolean'> {
  readonly value: boolean;
}
export interface MalformedSyntax extends Node<'malformed'> {
  readonly text: string;
}

export type Syntax =
  | CombinationSyntax
  | NotSyntax
  | CompareSyntax
  | InSyntax
  | SetSyntax
  | MatchesSyntax
  | IsSyntax
  | ArithmeticSyntax
  | NegativeSyntax
  | RangeSyntax
  | WordSyntax
  | NumberSyntax
  | AddressSyntax
  | TextSyntax
  | VariableSyntax
  | BooleanSyntax
  | MalformedSyntax
  | Node<'null'>;

export type TokenKind =
  | 'word'
  | 'keyword'
  | 'number'
  | 'address'
  | 'text'
  /** A quote that is never closed, up to the end. */
  | 'open text'
  | 'variable'
  | 'comparison'
  | 'arithmetic'
  | 'punctuation'
  | 'range'
  | 'malformed'
  | 'unknown';

/** A piece of any text, broken or not. */
export interface Token extends Span {
  readonly kind: TokenKind;
  readonly text: string;
}
