/** Where the fraction of a second begins in a time as the store prints it, behind the point. */
const fractionAt = '2026-01-02T12:00:00.'.length;

/**
 * Milliseconds since 1970 and the nanoseconds behind them, of a time as the store prints it: ISO 8601, UTC, years of four
 * digits, up to nine digits of a second's fraction. Cut at fixed places: a table has tens of thousands.
 */
export function instantOf(text: string): { readonly ms: number; readonly nanos: number } {
  const digits = text.slice(fractionAt, -1).padEnd(9, '0');
  const seconds = Date.parse(`${text.slice(0, fractionAt - 1)}Z`);
  return { ms: seconds + Number(digits.slice(0, 3)), nanos: Number(digits.slice(3)) };
}
