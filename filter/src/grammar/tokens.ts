import { parse } from './parser.js';
import type { Token } from './syntax.js';

/** The pieces of any text, in order; what is not of the language becomes pieces of kind `unknown`. Never fails. */
export function tokensOf(text: string): readonly Token[] {
  return parse(text, { startRule: 'Tokens' });
}
