const pattern = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?$/i;

/** What the store's DateTime64(9) holds: nanoseconds in 64 bits end in the year 2262. */
const latest = Date.UTC(2262, 0, 1);

/**
 * Reads a time of RFC 3339 (`2026-10-01T12:00:00.5+02:00`), a date, or a time without seconds; without a zone it is UTC.
 * Returns the canonical text in UTC, or null when it is none or outside 1970 to 2261.
 */
export function canonicalTime(text: string): string | null {
  const match = pattern.exec(text.trim());
  if (match === null) {
    return null;
  }
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const milliseconds = Date.parse(`${local}Z`);
  // Date.parse refuses month 13 and hour 25, but turns 31 February into March, and 24:00 into the next day.
  if (Number.isNaN(milliseconds) || !new Date(milliseconds).toISOString().startsWith(local)) {
    return null;
  }
  const instant = milliseconds - offsetOf(zone);
  if (Number.isNaN(instant) || instant < 0 || instant >= latest) {
    return null;
  }
  const digits = fraction.replace(/0+$/, '');
  return `${new Date(instant).toISOString().slice(0, 19)}${digits === '' ? '' : `.${digits}`}Z`;
}

/** Milliseconds east of UTC; NaN when the zone is none. */
function offsetOf(zone: string): number {
  if (/^z$/i.test(zone)) {
    return 0;
  }
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  return hours < 24 && minutes < 60 ? (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000 : NaN;
}

/** A text that sorts like the instant: canonical with all nine digits of the fraction and without the zone. */
export function timeKey(canonical: string): string {
  const [seconds, fraction = ''] = canonical.slice(0, -1).split('.');
  return `${seconds}.${fraction.padEnd(9, '0')}`;
}

/** The same for milliseconds since 1970, as the API takes and gives times. */
export function timeKeyOfMilliseconds(milliseconds: number): string | null {
  const inRange = milliseconds >= 0 && milliseconds < latest;
  return inRange ? timeKey(new Date(Math.floor(milliseconds)).toISOString()) : null;
}
