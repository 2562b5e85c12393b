/**
 * Bounds of what is read, chosen so that no filter can hold up or exhaust the stack of whoever reads it, while the
 * longest filters made by hand or by a dashboard variable stay far below.
 */
export const limits = {
  /** UTF-16 units of a filter. */
  textLength: 10_000,
  /** Parentheses, `not` and signs inside one another; terms of one sum or product. */
  nesting: 100,
  /** Values between braces. */
  setItems: 1_000,
  /** Steps of one compiled pattern after its repetitions are written out (`a{3}` is three). */
  patternSteps: 2_000,
  /** Highest count in a repetition; RE2 refuses above 1,000, also when nested repetitions multiply to it. */
  patternRepeat: 500,
} as const;
