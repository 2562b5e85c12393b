/** Numbers as people read them in a terminal. */

const grouped = new Intl.NumberFormat('en-US');
const ratio = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const percent = new Intl.NumberFormat('en-US', {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

export function count(value: number): string {
  return grouped.format(value);
}

/** `1 packet`, `1,204 packets`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

export function share(part: number, whole: number): string {
  return whole === 0 ? '–' : percent.format(part / whole);
}

/** How sure something is. A probability is never told as certainty, nor as nothing. */
export function probability(value: number): string {
  return value > 0 && value < 0.01 ? 'under 1 %' : `${Math.min(99, Math.round(value * 100))} %`;
}

/**
 * A mean per connection. Without a single connection there is none: with attempts it is infinite for all purposes, and
 * says so; without attempts there is nothing to say.
 */
export function perConnection(value: number | null, attempts: number): string {
  if (value !== null) {
    return ratio.format(value);
  }
  return attempts > 0 ? '∞ (no connection)' : '–';
}

/** Seconds as a length of time: 420 µs, 12.3 ms, 4.2 s, 3 min 20 s, 2 h 5 min, 3 d 4 h. */
export function duration(seconds: number): string {
  // The limits are where rounding would give a thousand of the smaller unit.
  if (seconds < 0.9995e-3) {
    return `${Math.round(seconds * 1e6)} µs`;
  }
  if (seconds < 0.9995) {
    return `${(seconds * 1e3).toPrecision(3)} ms`;
  }
  if (seconds < 60) {
    return `${seconds.toPrecision(2)} s`;
  }
  const [large, small, unit] =
    seconds < 3600 ? [60, 1, ['min', 's']] : seconds < 172_800 ? [3600, 60, ['h', 'min']] : [86_400, 3600, ['d', 'h']];
  const whole = Math.floor(seconds / large);
  return `${whole} ${unit[0]} ${Math.floor((seconds - whole * large) / small)} ${unit[1]}`;
}

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let unit = 0;
  // From here on three digits would round to a thousand; single bytes are not rounded.
  while (value >= (unit === 0 ? 1000 : 999.5) && unit + 1 < units.length) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`;
}
