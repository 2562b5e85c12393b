import type { Field } from '../catalogue/index.js';
import { findField, type RowKind } from '../fields/lookup.js';
import type { Token } from '../grammar/syntax.js';
import { tokensOf } from '../grammar/tokens.js';
import { endsValue } from '../parse/guard.js';

/** What may stand at a place of a text. */
export type Expects =
  /** A condition begins: a field, `not`, a parenthesis. */
  | 'condition'
  /** Behind a field or number: an operator. */
  | 'operator'
  /** Behind `x not`: `in`. */
  | 'in'
  /** A value to compare with. */
  | 'value'
  /** A number of an arithmetic expression. */
  | 'number'
  /** Behind `in`: a set, a network. */
  | 'set'
  /** Within the braces of a set. */
  | 'item'
  /** Behind an item: a comma or the brace. */
  | 'item end'
  /** Behind `~`. */
  | 'pattern'
  /** Behind `is`. */
  | 'null'
  /** Behind `is not`. */
  | 'only null'
  /** Behind a whole condition: `and`, `or`, a parenthesis. */
  | 'joint'
  /** Nothing that could be offered, such as the inside of a pattern. */
  | 'nothing';

export interface Situation {
  readonly expects: Expects;
  /** The part of the text that a choice replaces: the word around the place, or nothing. */
  readonly from: number;
  readonly to: number;
  /** What is already written of it, up to the place. */
  readonly prefix: string;
  /** The field on the left of the comparison, when it is a single one. */
  readonly field: Field | undefined;
  /** Whether a parenthesis can be closed here. */
  readonly closable: boolean;
}

interface State {
  expects: Expects;
  field: Field | undefined;
  /** Whether the comparison at hand already has its operator. */
  compared: boolean;
}

const fresh = (): State => ({ expects: 'condition', field: undefined, compared: false });

/**
 * What is expected at `offset`. Walks over the tokens in front of it with a small machine instead of parsing, so that
 * a mistake further up, or anything behind the place, does not matter: every `and`, `or`, `not` begins anew.
 */
export function situationAt(text: string, offset: number, rows: RowKind): Situation {
  const place = Math.max(0, Math.min(offset, text.length));
  const tokens = tokensOf(text);
  const current = tokens.find((token) => token.start < place && place <= token.end && isTyped(token, place));
  const before = tokens.filter((token) => token.end <= (current?.start ?? place));
  const { state, depth } = walk(before, rows);
  const blind = current !== undefined && isQuoted(current) && !['value', 'item', 'set'].includes(state.expects);
  return {
    expects: blind || current?.kind === 'variable' ? 'nothing' : state.expects,
    from: current?.start ?? place,
    // A text that is not closed reaches to the end of the filter, but its writer has only come to the place.
    to: current?.kind === 'open text' ? place : (current?.end ?? place),
    prefix: current === undefined ? '' : text.slice(current.start, place),
    field: state.field,
    closable: depth > 0,
  };
}

const isQuoted = ({ kind }: Token) => kind === 'text' || kind === 'open text';

/** Whether the token is one that is being written, rather than one behind which something new begins. */
function isTyped(token: Token, place: number): boolean {
  switch (token.kind) {
    case 'word':
    case 'keyword':
    case 'malformed':
    case 'number':
    case 'address':
    case 'variable':
    case 'open text':
      return true;
    case 'text':
    case 'comparison':
      return place < token.end;
    default:
      return false;
  }
}

function walk(tokens: readonly Token[], rows: RowKind): { state: State; depth: number } {
  let state = fresh();
  const outer: State[] = [];
  for (const token of tokens) {
    if (token.text === '(') {
      outer.push(state);
      state = { ...fresh(), expects: state.expects === 'condition' ? 'condition' : state.expects };
    } else if (token.text === ')') {
      const enclosing = outer.pop() ?? fresh();
      // A parenthesis around a condition is a condition, one around a number is a number.
      const whole = state.expects === 'joint' || state.field?.type === 'boolean';
      const condition = whole && enclosing.expects === 'condition';
      state = condition ? { ...enclosing, expects: 'joint' } : afterValue({ ...enclosing, field: undefined });
    } else {
      state = step(state, token, rows);
    }
  }
  return { state, depth: outer.length };
}

function afterValue(state: State): State {
  return { ...state, expects: state.compared ? 'joint' : 'operator' };
}

function step(state: State, token: Token, rows: RowKind): State {
  const word = token.text.toLowerCase();
  if (token.kind === 'keyword') {
    return keyword(state, word);
  }
  if (token.kind === 'comparison') {
    const pattern = word === '~' || word === '!~';
    return { ...state, compared: true, expects: pattern ? 'pattern' : 'value' };
  }
  if (state.expects === 'set' || state.expects === 'item' || state.expects === 'item end') {
    return token.kind === 'arithmetic' ? state : inSet(state, token);
  }
  if (token.kind === 'arithmetic') {
    return { ...state, expects: 'number', field: state.compared ? state.field : undefined };
  }
  if (!endsValue(token)) {
    return state;
  }
  if (state.expects === 'condition' && token.kind === 'word') {
    return { ...state, expects: 'operator', field: findField(token.text, rows) };
  }
  // Two values in a row: the first was a mistake, and this is the beginning of something new.
  if (state.expects === 'joint' || state.expects === 'operator') {
    return { ...fresh(), expects: 'operator', field: findField(token.text, rows) };
  }
  return state.expects === 'pattern' ? { ...state, expects: 'joint' } : afterValue(state);
}

function keyword(state: State, word: string): State {
  switch (word) {
    case 'and':
    case 'or':
      return fresh();
    case 'not':
      return state.expects === 'operator'
        ? { ...state, expects: 'in' }
        : state.expects === 'null'
          ? { ...state, expects: 'only null' }
          : fresh();
    case 'in':
      return { ...state, compared: true, expects: 'set' };
    case 'is':
      return { ...state, compared: true, expects: 'null' };
    default:
      return state.expects === 'null' || state.expects === 'only null'
        ? { ...state, expects: 'joint' }
        : afterValue(state);
  }
}

function inSet(state: State, token: Token): State {
  if (token.text === '{' || token.text === ',' || token.kind === 'range') {
    return { ...state, expects: 'item' };
  }
  if (token.text === '}' || state.expects === 'set') {
    return { ...state, expects: 'joint' };
  }
  return { ...state, expects: 'item end' };
}
