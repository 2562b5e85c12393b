import { FilterError, quoted } from '../errors.js';
import type { Token } from '../grammar/syntax.js';

/** What the generated parser throws, as far as it is used here. */
export interface GrammarError {
  readonly expected: ReadonlyArray<{ readonly type: string; readonly description?: string; readonly text?: string }>;
  readonly location: { readonly start: { readonly offset: number } };
}

interface Advice {
  readonly say: string;
  /** Replaces what was found. */
  readonly with?: string;
}

/** Words of other languages, and what they are called here. */
const foreign: Readonly<Record<string, Advice>> = {
  '&&': { say: 'Write and.', with: 'and' },
  '||': { say: 'Write or.', with: 'or' },
  '!': { say: 'Write not for conditions and != for values.' },
  '=>': { say: 'Write >=.', with: '>=' },
  '=<': { say: 'Write <=.', with: '<=' },
  '=!': { say: 'Write !=.', with: '!=' },
  '===': { say: 'Write =.', with: '=' },
  '=~': { say: 'Write ~.', with: '~' },
  like: { say: 'Write in "web*" for wildcards or ~ "^web" for a pattern.' },
  matches: { say: 'Write ~ "^web" for a pattern.', with: '~' },
  contains: { say: 'Write ~ "text" for a part of a text.', with: '~' },
  between: { say: 'Write in {1..10} for a range.' },
  '“': { say: 'Write straight quotes: "text".', with: '"' },
  '”': { say: 'Write straight quotes: "text".', with: '"' },
  '‘': { say: "Write straight quotes: 'text'.", with: "'" },
  '’': { say: "Write straight quotes: 'text'.", with: "'" },
  '/': { say: 'Put zone paths in quotes: "/Local".' },
};

/** `1 < a < 3` is no condition here. */
const chain: Advice = { say: 'Comparisons do not chain: write a > 1 and a < 3.' };

/** Turns "expected one of fifteen things" into what a writer needs: what is missing, after what, and what to write. */
export function syntaxProblem(text: string, tokens: readonly Token[], error: GrammarError): FilterError {
  const at = error.location.start.offset;
  const found = tokens.find((token) => token.end > at);
  const previous = tokens.findLast((token) => token.end <= at);
  const expected = new Set(error.expected.map((item) => item.description ?? item.text ?? item.type));
  const position = found ?? { start: text.length, end: text.length };

  // Behind a value, an operator is missing first. A group may be a value or a whole condition.
  const unfinished = expected.has('in') && previous?.text !== ')';

  const unclosed = found === undefined ? openBracket(tokens) : undefined;
  if (unclosed !== undefined && expected.has(closing[unclosed.text] ?? '') && !unfinished) {
    const message = `This ${unclosed.text} is not closed. Add ${closing[unclosed.text]} behind what belongs to it.`;
    return new FilterError('syntax', message, unclosed);
  }
  if (found?.text === ')' && !expected.has('a field') && !unfinished) {
    return new FilterError('syntax', 'There is no ( for this ). Remove it or add the (.', found);
  }
  const place = previous === undefined ? 'at the beginning' : `after ${shown(previous)}`;
  const instead = found === undefined ? '' : `, found ${quoted(found.text)}`;
  const hint =
    found?.kind === 'comparison' && !expected.has('a field') ? chain : foreign[found?.text.toLowerCase() ?? ''];
  const advice = hint === undefined ? '' : ` ${hint.say}`;
  return new FilterError(
    'syntax',
    `Expected ${wanted(expected, previous)} ${place}${instead}.${advice}`,
    position,
    hint?.with
  );
}

const shown = (token: Token) => (token.text.length > 40 ? `${token.text.slice(0, 39)}…` : token.text);

const closing: Readonly<Record<string, string>> = { '(': ')', '{': '}' };

/** The innermost bracket that is still open at the end. */
function openBracket(tokens: readonly Token[]): Token | undefined {
  const open: Token[] = [];
  for (const token of tokens) {
    if (token.text === '(' || token.text === '{') {
      open.push(token);
    } else if (token.text === ')' || token.text === '}') {
      open.pop();
    }
  }
  return open.at(-1);
}

function wanted(expected: ReadonlySet<string>, previous: Token | undefined): string {
  const word = previous?.text.toLowerCase();
  if (expected.has('a field')) {
    if (expected.has('{')) {
      return 'a set such as {80, 443}, a network such as 10.0.0.0/8 or a text in quotes';
    }
    if (previous === undefined || previous.kind === 'keyword' || word === '(') {
      return expected.has('not') ? 'a condition such as rst.count > 0' : 'a value';
    }
    return 'a value';
  }
  if (expected.has('a comparison')) {
    return word === ')' ? '"and", "or" or an operator' : 'an operator such as = or >';
  }
  if (word === 'is') {
    return 'null or not null';
  }
  if (expected.has('null')) {
    return 'null';
  }
  if (expected.has('text in quotes')) {
    return 'a pattern in quotes';
  }
  if (expected.has('in')) {
    return 'in';
  }
  return expected.has('}') ? '"," or "}"' : '"and", "or" or the end';
}
