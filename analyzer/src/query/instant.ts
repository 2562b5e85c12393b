/** Milliseconds since 1970 and the nanoseconds behind them, of a time as the store prints it. */
export function instantOf(text: string): { readonly ms: number; readonly nanos: number } {
  const [, seconds = '', fraction = ''] = /^(.*?)(?:\.(\d+))?Z$/.exec(text) ?? [];
  const digits = fraction.padEnd(9, '0');
  return { ms: Date.parse(`${seconds}Z`) + Number(digits.slice(0, 3)), nanos: Number(digits.slice(3, 9)) };
}
