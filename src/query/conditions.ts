/**
 * The shape of a filter: which conditions it joins with `and`, `or` and `not`. Variables are replaced condition by
 * condition, because a variable that means "all" must take its whole condition with it. Fields and types are not looked
 * at; a text that has no such shape is left to the analyzer, which says what is wrong with it.
 */

export interface Piece {
  kind: 'text' | 'variable' | 'word' | 'relation' | 'mark' | 'blank' | 'other';
  text: string;
  start: number;
  end: number;
}

export type Shape =
  | { type: 'and' | 'or'; parts: Shape[]; start: number; end: number }
  | { type: 'not' | 'group'; inner: Shape; start: number; end: number }
  | { type: 'condition'; pieces: Piece[]; start: number; end: number };

const grammar = [
  ['text', /"(?:\\.|""|[^"\\])*"|'(?:\\.|''|[^'\\])*'/],
  ['variable', /\$\{[^{}]*\}|\$[a-z_]\w*|\[\[[^[\]]*\]\]/i],
  ['word', /#?[a-z_][\w.]*/i],
  ['relation', /==|!=|<>|<=|>=|!~|[=<>~]/],
  ['mark', /[(){},]/],
  ['blank', /\s+/],
  ['other', /[0-9.:a-f/%]+[a-z]*|./is],
] as const;
const pieceAt = new RegExp(grammar.map(([kind, pattern]) => `(?<${kind}>${pattern.source})`).join('|'), 'giy');

export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  for (const match of text.matchAll(pieceAt)) {
    const kind = grammar.find(([name]) => match.groups?.[name] !== undefined)?.[0] ?? 'other';
    found.push({ kind, text: match[0], start: match.index, end: match.index + match[0].length });
  }
  return found;
}

const isWord = (piece: Piece | undefined, word: string) => piece?.kind === 'word' && piece.text.toLowerCase() === word;
const isMark = (piece: Piece | undefined, mark: string) => piece?.kind === 'mark' && piece.text === mark;
const relates = (piece: Piece) =>
  piece.kind === 'relation' || (piece.kind === 'word' && /^(and|or|not|in|is)$/i.test(piece.text));

/** Reads the shape, or returns null for a text whose parentheses do not match or that ends in the middle. */
export function shape(text: string): Shape | null {
  const all = pieces(text).filter((piece) => piece.kind !== 'blank');
  let at = 0;
  let broken = false;

  function closing(open: number): number {
    let depth = 0;
    for (let i = open; i < all.length; i++) {
      depth += isMark(all[i], '(') ? 1 : isMark(all[i], ')') ? -1 : 0;
      if (depth === 0) {
        return i;
      }
    }
    return -1;
  }

  /** Parentheses around conditions, not around arithmetic. */
  function opensGroup(): boolean {
    const close = closing(at);
    if (close < 0) {
      broken = true;
      return false;
    }
    const inside = all.slice(at + 1, close);
    return inside.some(relates) || (inside.length === 1 && inside[0].kind === 'variable' && !followsArithmetic(close));
  }

  function followsArithmetic(close: number): boolean {
    const next = all[close + 1];
    return next !== undefined && !isMark(next, ')') && !isWord(next, 'and') && !isWord(next, 'or');
  }

  function joined(word: 'and' | 'or', read: () => Shape): Shape {
    const parts = [read()];
    while (isWord(all[at], word)) {
      at++;
      parts.push(read());
    }
    return parts.length === 1
      ? parts[0]
      : { type: word, parts, start: parts[0].start, end: parts[parts.length - 1].end };
  }

  const readOr = (): Shape => joined('or', readAnd);
  const readAnd = (): Shape => joined('and', readNot);

  function readNot(): Shape {
    if (isWord(all[at], 'not')) {
      const { start } = all[at++];
      const inner = readNot();
      return { type: 'not', inner, start, end: inner.end };
    }
    if (isMark(all[at], '(') && opensGroup()) {
      const { start } = all[at++];
      const inner = readOr();
      const close = all[at++];
      broken ||= !isMark(close, ')');
      return { type: 'group', inner, start, end: close?.end ?? text.length };
    }
    return readCondition();
  }

  function readCondition(): Shape {
    const taken: Piece[] = [];
    let depth = 0;
    while (at < all.length) {
      const piece = all[at];
      if (depth === 0 && (isMark(piece, ')') || isWord(piece, 'and') || isWord(piece, 'or'))) {
        break;
      }
      depth += isMark(piece, '(') || isMark(piece, '{') ? 1 : isMark(piece, ')') || isMark(piece, '}') ? -1 : 0;
      taken.push(piece);
      at++;
    }
    broken ||= taken.length === 0 || depth !== 0;
    const start = taken[0]?.start ?? text.length;
    return { type: 'condition', pieces: taken, start, end: taken[taken.length - 1]?.end ?? start };
  }

  if (all.length === 0) {
    return null;
  }
  const whole = readOr();
  return broken || at < all.length ? null : whole;
}
