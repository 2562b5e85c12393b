import { attributes } from '../catalogue/index.js';
import { parse } from './parser.js';
import type { Token } from './syntax.js';

/** Values of enumerations that have hyphens: words to the grammar, which needs them as its option `hyphenated`. */
export const hyphenated: readonly string[] = [
  ...new Set(attributes.flatMap(({ values }) => values ?? []).filter((value) => value.includes('-'))),
];

/** The pieces of any text, in order; what is not of the language becomes pieces of kind `unknown`. Never fails. */
export function tokensOf(text: string): readonly Token[] {
  return parse(text, { startRule: 'Tokens', hyphenated });
}
