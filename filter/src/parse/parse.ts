import { FilterError, type FilterProblem } from '../errors.js';
import type { Expression } from '../expression.js';
import type { RowKind } from '../fields/lookup.js';
import { parse as parseGrammar, SyntaxError as GrammarSyntaxError } from '../grammar/parser.js';
import type { Syntax } from '../grammar/syntax.js';
import { hyphenated, tokensOf } from '../grammar/tokens.js';
import { guardArithmetic, guardText, guardTokens } from './guard.js';
import { resolve } from './resolve.js';
import { syntaxProblem } from './syntax-problem.js';

export type Parsed =
  | {
      readonly ok: true;
      /** Null for an empty filter, which matches everything. */ readonly expression: Expression | null;
    }
  | { readonly ok: false; readonly problem: FilterProblem };

export interface ParseOptions {
  /** `refuse` reports a dashboard variable that nobody replaced; `allow` (default) keeps it as a placeholder. */
  readonly variables?: 'allow' | 'refuse';
}

/** Reads a filter about rows of one kind. Never throws, whatever the text. */
export function parseFilter(text: string, rows: RowKind, options: ParseOptions = {}): Parsed {
  try {
    const syntax = readSyntax(text);
    const context = { rows, variables: options.variables ?? 'allow' } as const;
    return { ok: true, expression: syntax === null ? null : resolve(syntax, context) };
  } catch (error) {
    if (error instanceof FilterError) {
      return { ok: false, problem: error.problem };
    }
    throw error;
  }
}

function readSyntax(text: string): Syntax | null {
  guardText(text);
  const tokens = tokensOf(text);
  guardTokens(tokens);
  try {
    const syntax = parseGrammar(text, { hyphenated });
    if (syntax !== null) {
      guardArithmetic(syntax);
    }
    return syntax;
  } catch (error) {
    throw error instanceof GrammarSyntaxError ? syntaxProblem(text, tokens, error) : error;
  }
}
