/** Small whole numbers and ranges of them, as the configuration writes ports and VLANs: `443`, `"8000-8100"`. */
export interface NumberRange {
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
}

/** Returns the range, or a sentence that says what is wrong. `max` is the largest number allowed. */
export function parseNumberRange(value: number | string, what: string, max: number): NumberRange | string {
  const match = /^\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?$/.exec(String(value));
  if (!match) {
    return `"${value}" is not a ${what} or a range such as "8000-8100"`;
  }
  const from = Number(match[1]);
  const to = Number(match[2] ?? match[1]);
  if (to > max) {
    return `${to} is above ${max}, the largest ${what}`;
  }
  return from <= to ? { from, to } : `"${value}" ends before it begins`;
}
