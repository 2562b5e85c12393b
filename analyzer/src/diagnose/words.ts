/** How evidence is written: numbers with their units, as people say them. */

/** Microseconds as a length of time: 420 µs, 12.3 ms, 4.2 s, 3 min 20 s, 2 h 5 min. */
export function time(micros: number): string {
  // The limits are where rounding would give a thousand of the smaller unit.
  if (micros < 999.5) {
    return `${Math.round(micros)} µs`;
  }
  if (micros < 999.5e3) {
    return `${(micros / 1e3).toPrecision(3)} ms`;
  }
  if (micros < 60e6) {
    return `${(micros / 1e6).toPrecision(2)} s`;
  }
  const [large, small, ofLarge, ofSmall] = micros < 3600e6 ? [60, 1, 'min', 's'] : [3600, 60, 'h', 'min'];
  const seconds = micros / 1e6;
  const whole = Math.floor(seconds / large);
  return `${whole} ${ofLarge} ${Math.floor((seconds - whole * large) / small)} ${ofSmall}`;
}

const grouped = new Intl.NumberFormat('en-US');

export function bytes(count: number): string {
  return `${grouped.format(count)} ${count === 1 ? 'byte' : 'bytes'}`;
}

/** An end of a connection, or a service: `10.0.0.1:443`, `[2001:db8::1]:443`. */
export function endText(address: string, port: number | string): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** "1 RST", "3 RSTs". */
export function times(count: number, what: string): string {
  return `${grouped.format(count)} ${what}${count === 1 ? '' : 's'}`;
}
