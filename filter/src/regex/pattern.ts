import { limits } from '../limits.js';

/**
 * A pattern after `~`: the common part of the usual regular expressions, matched in linear time. It is read here and
 * handed on as a tree, so that the plain evaluator (match.ts) and the store (re2.ts) agree by construction and no
 * pattern can run for ever. Supported: literals, `.`, classes, \d \w \s \D \W \S \b, groups, `|`, `* + ? {n,m}` (also
 * lazy, which changes nothing here), `^`, `$`, and `(?i)` at the beginning. Characters are code points; \d \w \s \b are
 * ASCII; `.` is any character; `^` and `$` are the ends of the text.
 */
export type Pattern =
  | { readonly kind: 'set'; readonly ranges: readonly CodeRange[] }
  | { readonly kind: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly options: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly part: Pattern; readonly min: number; readonly max: number | null }
  | { readonly kind: 'begin' | 'end' | 'boundary' };

/** First and last code point. The ranges of a set are sorted and do not touch. */
export type CodeRange = readonly [number, number];

/** What is wrong with a pattern, and at which character of it. */
export class PatternError extends Error {
  constructor(
    message: string,
    readonly at: number
  ) {
    super(message);
    this.name = 'PatternError';
  }
}

const last = 0x10ffff;
const any: readonly CodeRange[] = [[0, last]];
const digit: readonly CodeRange[] = [[0x30, 0x39]];
export const wordRanges: readonly CodeRange[] = [[0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]]; // prettier-ignore
const space: readonly CodeRange[] = [[0x09, 0x0a], [0x0c, 0x0d], [0x20, 0x20]]; // prettier-ignore

/** Sorted, and ranges that touch joined. */
function normal(ranges: readonly CodeRange[]): readonly CodeRange[] {
  const joined: Array<[number, number]> = [];
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const previous = joined.at(-1);
    if (previous !== undefined && from <= previous[1] + 1) {
      previous[1] = Math.max(previous[1], to);
    } else {
      joined.push([from, to]);
    }
  }
  return joined;
}

function complement(ranges: readonly CodeRange[]): readonly CodeRange[] {
  const rest: CodeRange[] = [];
  let next = 0;
  for (const [from, to] of normal(ranges)) {
    if (from > next) {
      rest.push([next, from - 1]);
    }
    next = to + 1;
  }
  return next <= last ? [...rest, [next, last]] : rest;
}

const classes: Readonly<Record<string, readonly CodeRange[]>> = {
  d: digit,
  w: wordRanges,
  s: space,
  D: complement(digit),
  W: complement(wordRanges),
  S: complement(space),
};
const controls: Readonly<Record<string, number>> = { n: 0x0a, t: 0x09, r: 0x0d, f: 0x0c, v: 0x0b };

/** A letter in both cases. Letters whose other case is no single code point (ß) stay as they are. */
function bothCases(ranges: readonly CodeRange[]): readonly CodeRange[] {
  const other: CodeRange[] = [];
  for (const [from, to] of ranges) {
    // Folding a range letter by letter is for ranges of letters; the huge ones hold both cases anyway.
    for (let code = from; code <= to && to - from < 0x500; code++) {
      const letter = String.fromCodePoint(code);
      for (const folded of [letter.toLowerCase(), letter.toUpperCase()]) {
        const single = [...folded].length === 1 ? (folded.codePointAt(0) ?? code) : code;
        other.push([single, single]);
      }
    }
  }
  return normal([...ranges, ...other]);
}

/** Reads a pattern. Throws PatternError. */
export function parsePattern(text: string): Pattern {
  return new PatternReader(text).read();
}

class PatternReader {
  readonly #letters: readonly string[];
  #at = 0;
  #depth = 0;
  #ignoreCase = false;

  constructor(text: string) {
    this.#letters = [...text];
  }

  read(): Pattern {
    if (this.#letters.slice(0, 4).join('') === '(?i)') {
      this.#at = 4;
      this.#ignoreCase = true;
    }
    const pattern = this.#choice();
    if (this.#at < this.#letters.length) {
      throw this.#error('there is no ( for this )');
    }
    return pattern;
  }

  #error(message: string, at = this.#at) {
    return new PatternError(message, at + 1);
  }

  #next(): string | undefined {
    return this.#letters[this.#at];
  }

  #choice(): Pattern {
    const options = [this.#sequence()];
    while (this.#next() === '|') {
      this.#at++;
      options.push(this.#sequence());
    }
    const only = options.length === 1 ? options[0] : undefined;
    return only ?? { kind: 'choice', options };
  }

  #sequence(): Pattern {
    const parts: Pattern[] = [];
    for (let next = this.#next(); next !== undefined && next !== '|' && next !== ')'; next = this.#next()) {
      parts.push(this.#repeated());
    }
    return { kind: 'sequence', parts };
  }

  #repeated(): Pattern {
    const part = this.#atom();
    const counts = this.#repetition();
    if (counts === null) {
      return part;
    }
    if (this.#next() === '?') {
      this.#at++;
    }
    const at = this.#at;
    if (this.#repetition() !== null) {
      throw this.#error('a repetition of a repetition needs parentheses', at);
    }
    return { kind: 'repeat', part, ...counts };
  }

  /** `* + ? {n} {n,} {n,m}`; null when none stands here. A brace that is no repetition is a character, as in RE2. */
  #repetition(): { min: number; max: number | null } | null {
    const simple = { '*': { min: 0, max: null }, '+': { min: 1, max: null }, '?': { min: 0, max: 1 } } as const;
    const next = this.#next();
    if (next === '*' || next === '+' || next === '?') {
      this.#at++;
      return simple[next];
    }
    const braces = next === '{' ? /^\{(\d{1,9})(,(\d{0,9}))?\}/.exec(this.#ahead(24)) : null;
    if (braces === null) {
      return null;
    }
    const min = Number(braces[1]);
    const max = braces[2] === undefined ? min : braces[3] === '' ? null : Number(braces[3]);
    if (Math.max(min, max ?? 0) > limits.patternRepeat || (max !== null && max < min)) {
      throw this.#error(`the repetition ${braces[0]} must be in order and at most ${limits.patternRepeat}`);
    }
    this.#at += braces[0].length;
    return { min, max };
  }

  #ahead(length: number): string {
    return this.#letters.slice(this.#at, this.#at + length).join('');
  }

  #atom(): Pattern {
    const at = this.#at;
    const letter = this.#letters[this.#at++] ?? '';
    switch (letter) {
      case '(':
        return this.#group(at);
      case '[':
        return this.#class(at);
      case '.':
        return { kind: 'set', ranges: any };
      case '^':
        return { kind: 'begin' };
      case '$':
        return { kind: 'end' };
      case '*':
      case '+':
      case '?':
        throw this.#error(`there is nothing to repeat before ${letter}; a ${letter} itself is \\${letter}`, at);
      case '\\':
        if (this.#next() === 'b') {
          this.#at++;
          return { kind: 'boundary' };
        }
        return this.#set(this.#escape(at));
      default:
        return this.#set(one(letter));
    }
  }

  #set(ranges: readonly CodeRange[]): Pattern {
    return { kind: 'set', ranges: this.#ignoreCase ? bothCases(ranges) : normal(ranges) };
  }

  #group(at: number): Pattern {
    if (this.#next() === '?') {
      if (this.#ahead(2) !== '?:') {
        throw this.#error('only (…) and (?:…) are groups; look-around and names are not supported', at);
      }
      this.#at += 2;
    }
    if (++this.#depth > limits.nesting) {
      throw this.#error(`groups are nested deeper than ${limits.nesting}`, at);
    }
    const inner = this.#choice();
    if (this.#next() !== ')') {
      throw this.#error('this ( is not closed', at);
    }
    this.#at++;
    this.#depth--;
    return inner;
  }

  /** Behind a backslash. */
  #escape(at: number): readonly CodeRange[] {
    const letter = this.#letters[this.#at++];
    if (letter === undefined) {
      throw this.#error('a backslash at the end escapes nothing', at);
    }
    if (Object.hasOwn(classes, letter)) {
      return classes[letter] ?? [];
    }
    if (Object.hasOwn(controls, letter)) {
      return [[controls[letter] ?? 0, controls[letter] ?? 0]];
    }
    if (/[a-z0-9]/i.test(letter)) {
      throw this.#error(`\\${letter} is not supported`, at);
    }
    return one(letter);
  }

  #class(at: number): Pattern {
    const negated = this.#next() === '^';
    this.#at += negated ? 1 : 0;
    const ranges: CodeRange[] = [];
    for (let first = true; first || this.#next() !== ']'; first = false) {
      if (this.#next() === undefined) {
        throw this.#error('this [ is not closed', at);
      }
      if (this.#ahead(2) === '[:') {
        throw this.#error('named classes such as [:alpha:] are not supported');
      }
      ranges.push(...this.#classItem());
    }
    this.#at++;
    const wanted = this.#ignoreCase ? bothCases(normal(ranges)) : normal(ranges);
    return { kind: 'set', ranges: negated ? complement(wanted) : wanted };
  }

  /** `a`, `a-z`, `\d`. */
  #classItem(): readonly CodeRange[] {
    const at = this.#at;
    const from = this.#classLetter();
    const following = this.#letters[this.#at + 1];
    if (this.#next() !== '-' || following === ']' || following === undefined) {
      return from;
    }
    this.#at++;
    const to = this.#classLetter();
    const [low, high] = [single(from), single(to)];
    if (low === null || high === null || low > high) {
      throw this.#error('this range must go from a character to a later one', at);
    }
    return [[low, high]];
  }

  #classLetter(): readonly CodeRange[] {
    const at = this.#at;
    const letter = this.#letters[this.#at++] ?? '';
    return letter === '\\' ? this.#escape(at) : one(letter);
  }
}

function one(letter: string): readonly CodeRange[] {
  const code = letter.codePointAt(0) ?? 0;
  return [[code, code]];
}

function single(ranges: readonly CodeRange[]): number | null {
  const [range] = ranges;
  return ranges.length === 1 && range !== undefined && range[0] === range[1] ? range[0] : null;
}

/** The pattern of a whole text in which `*` stands for any characters, `?` for one, and `\` makes either literal. */
export function globPattern(glob: string): Pattern {
  const parts: Pattern[] = [{ kind: 'begin' }];
  const letters = [...glob];
  for (let i = 0; i < letters.length; i++) {
    let letter = letters[i] ?? '';
    const following = letters[i + 1];
    if (letter === '*') {
      parts.push({ kind: 'repeat', part: { kind: 'set', ranges: any }, min: 0, max: null });
      continue;
    }
    if (letter === '?') {
      parts.push({ kind: 'set', ranges: any });
      continue;
    }
    if (letter === '\\' && following !== undefined && '*?\\'.includes(following)) {
      letter = following;
      i++;
    }
    parts.push({ kind: 'set', ranges: one(letter) });
  }
  return { kind: 'sequence', parts: [...parts, { kind: 'end' }] };
}
