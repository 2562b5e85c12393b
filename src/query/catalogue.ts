import type { FieldInfo } from '../types';

const units: Record<string, string> = {
  share: 'share, 0 to 1',
  seconds: 'seconds',
};

/** What a list of choices says of a field: its meaning and what one unit of it is. */
export function describeField({ summary, unit }: FieldInfo): string {
  return unit === null ? summary : `${summary} (${units[unit] ?? unit})`;
}
