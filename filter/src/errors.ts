/**
 * The catalogue of what can be wrong with a filter: stable codes, and every message. A message names the piece of text
 * it is about and says what to do.
 */
export const filterErrorKinds = {
  syntax: { code: 'TCPS_E_FILTER_SYNTAX', status: 400, summary: 'The filter cannot be read at this place.' },
  field: { code: 'TCPS_E_FILTER_FIELD', status: 400, summary: 'A field does not exist, or not on these rows.' },
  type: { code: 'TCPS_E_FILTER_TYPE', status: 400, summary: 'A value or operator does not fit the field.' },
  limit: { code: 'TCPS_E_FILTER_LIMIT', status: 400, summary: 'The filter is larger than allowed.' },
  variable: { code: 'TCPS_E_FILTER_VARIABLE', status: 400, summary: 'A dashboard variable was not replaced.' },
} as const;

export type FilterErrorKind = keyof typeof filterErrorKinds;
export type FilterErrorCode = (typeof filterErrorKinds)[FilterErrorKind]['code'];

/** Offsets in UTF-16 units; `start` equals `end` at the end of the text. */
export interface Position {
  readonly start: number;
  readonly end: number;
}

export interface FilterProblem {
  readonly code: FilterErrorCode;
  /** Says what is wrong and what to do. */
  readonly message: string;
  readonly position: Position;
  /** Text to put at the position instead. */
  readonly hint?: string;
}

/** What `toSql` and `evaluate` throw, and the parser inside; `parseFilter` returns the problem instead. */
export class FilterError extends Error {
  readonly code: FilterErrorCode;
  readonly problem: FilterProblem;

  constructor(kind: FilterErrorKind, message: string, position: Position = { start: 0, end: 0 }, hint?: string) {
    super(message);
    this.name = 'FilterError';
    this.code = filterErrorKinds[kind].code;
    const { start, end } = position;
    const base = { code: this.code, message, position: { start, end } };
    this.problem = hint === undefined ? base : { ...base, hint };
  }
}

/** A piece of the user's text, short enough for a message. */
export function quoted(text: string): string {
  return `"${text.length > 60 ? `${text.slice(0, 59)}…` : text}"`;
}

/** "a", "a or b", "a, b or c". */
export function oneOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

export function variableLeft(text: string, position?: Position): FilterError {
  return new FilterError(
    'variable',
    `The variable ${quoted(text)} was not replaced by its value. Variables are for dashboards: define it there, or write the value.`,
    position
  );
}
