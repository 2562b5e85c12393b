import { FilterError } from '../errors.js';
import type { Syntax, Token } from '../grammar/syntax.js';
import { limits } from '../limits.js';

/**
 * What must hold before a recursive parser may read a text: bounded length and nesting, no characters that the store or
 * the transport would change. Works on the flat list of tokens, so it needs no stack itself.
 */
export function guardText(text: string): void {
  if (text.length > limits.textLength) {
    throw new FilterError(
      'limit',
      `The filter has ${text.length} characters; at most ${limits.textLength} are allowed. Shorten it, for example with networks or ranges instead of single values.`,
      { start: limits.textLength, end: text.length }
    );
  }
  const strange = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|[\ud800-\udfff]/u.exec(text);
  if (strange !== null) {
    const code = strange[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    const position = { start: strange.index, end: strange.index + strange[0].length };
    throw new FilterError('syntax', `The filter contains the unprintable character U+${code}. Remove it.`, position);
  }
}

export function guardTokens(tokens: readonly Token[]): void {
  const open = tokens.find((token) => token.kind === 'open text');
  if (open !== undefined) {
    const quote = open.text.charAt(0);
    throw new FilterError('syntax', `The text that begins with ${quote} is not closed. Add ${quote} behind it.`, open);
  }
  /** How deep the inside of every open parenthesis lies. */
  const levels: number[] = [];
  let prefixes = 0;
  let previous: Token | undefined;
  for (const token of tokens) {
    const level = (levels.at(-1) ?? 0) + prefixes;
    prefixes = isPrefix(token, previous) ? prefixes + 1 : 0;
    if (token.text === '(') {
      levels.push(level + 1);
    } else if (token.text === ')') {
      levels.pop();
    }
    if ((levels.at(-1) ?? 0) + prefixes > limits.nesting) {
      throw new FilterError('limit', `The filter is nested deeper than ${limits.nesting}. Remove parentheses.`, token);
    }
    previous = token;
  }
}

/** `not`, or a minus that is a sign. */
function isPrefix(token: Token, previous: Token | undefined): boolean {
  if (token.kind === 'keyword') {
    return token.text.toLowerCase() === 'not';
  }
  return token.text === '-' && (previous === undefined || !endsValue(previous));
}

export function endsValue({ kind, text }: Token): boolean {
  switch (kind) {
    case 'word':
    case 'number':
    case 'address':
    case 'text':
    case 'variable':
    case 'malformed':
      return true;
    case 'keyword':
      return ['null', 'true', 'false'].includes(text.toLowerCase());
    default:
      return text === ')' || text === '}';
  }
}

/** Refuses long sums and products, whose tree is as deep as it has operators. Needs no stack either. */
export function guardArithmetic(root: Syntax): void {
  const open: Array<readonly [Syntax, number]> = [[root, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [node, outside] = next;
    const depth = node.type === 'arithmetic' ? outside + 1 : outside;
    if (depth > limits.nesting) {
      const message = `An arithmetic expression may have at most ${limits.nesting} operators in a row. Split it.`;
      throw new FilterError('limit', message, node);
    }
    open.push(...partsOf(node).map((part) => [part, depth] as const));
  }
}

function partsOf(node: Syntax): readonly Syntax[] {
  switch (node.type) {
    case 'and':
    case 'or':
      return node.operands;
    case 'not':
    case 'negative':
      return [node.operand];
    case 'compare':
    case 'arithmetic':
      return [node.left, node.right];
    case 'in':
    case 'is':
    case 'matches':
      return [node.left];
    default:
      return [];
  }
}
