import { errorKinds, TcpscopeError } from '../errors.js';
import type { Notice } from './answer.js';

/** The finest windows in seconds; ranges are cut to whole ones. */
export const windowSeconds = 10;

/** The last instant that the store's time stamps hold, milliseconds since 1970. */
const latestMs = 4_294_967_290_000;

/** Windows whose start lies in [from, to), seconds since 1970, both multiples of `windowSeconds`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The range as it was asked for, milliseconds since 1970; `to` is not part of it. */
export interface Instants {
  readonly fromMs: number;
  readonly toMs: number;
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** Milliseconds since 1970 of a time as it is sent. Throws `queryRange`. */
export function parseTime(value: number | string, name: string): number {
  const text = typeof value === 'string' ? value.trim() : value;
  const ms =
    typeof text === 'number'
      ? text
      : /^-?\d{1,16}(\.\d+)?$/.test(text)
        ? Number(text)
        : rfc3339.test(text)
          ? Date.parse(text.replace(' ', 'T').toUpperCase())
          : NaN;
  if (!Number.isFinite(ms)) {
    const shown = String(value).slice(0, 60);
    throw wrong(`"${name}" is "${shown}", neither RFC 3339 (2026-01-02T12:00:00Z) nor milliseconds since 1970`);
  }
  return Math.trunc(ms);
}

function wrong(why: string): TcpscopeError {
  return new TcpscopeError(errorKinds.queryRange, [why]);
}

/**
 * Reads a range and holds it within what can be asked: `longest` is in seconds. Throws `queryRange` for times that are
 * none, in the wrong order, or that no row can have.
 */
export function readInstants(
  from: number | string,
  to: number | string,
  longest: number
): { readonly instants: Instants; readonly notices: readonly Notice[] } {
  const fromMs = parseTime(from, 'from');
  const toMs = parseTime(to, 'to');
  if (fromMs >= toMs) {
    throw wrong(`"to" (${shown(toMs)}) must be later than "from" (${shown(fromMs)})`);
  }
  if (toMs <= 0 || fromMs >= latestMs) {
    throw wrong('it lies outside the years 1970 to 2106');
  }
  const [first, last] = [Math.max(fromMs, 0), Math.min(toMs, latestMs)];
  if (last - first <= longest * 1000) {
    return { instants: { fromMs: first, toMs: last }, notices: [] };
  }
  const later = last - longest * 1000;
  const text = `The time range is longer than ${span(longest)}, the longest that is answered. The answer begins at ${shown(later)}.`;
  return { instants: { fromMs: later, toMs: last }, notices: [{ severity: 'warning', text }] };
}

/** The windows that start in a range. */
export function windowsIn({ fromMs, toMs }: Instants): Range {
  const up = (ms: number) => Math.ceil(ms / 1000 / windowSeconds) * windowSeconds;
  return { from: up(fromMs), to: up(toMs) };
}

function shown(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms);
}

const units = [
  [365 * 86_400, 'y'],
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'm'],
] as const;

/** "90 s", "5 m", "7 d": seconds in the largest unit that fits. */
export function span(seconds: number): string {
  const [size, unit] = units.find(([each]) => seconds % each === 0 && seconds >= each) ?? [1, 's'];
  return `${seconds / size} ${unit}`;
}
