import type { TypeOf } from './interpolate';
import type { FieldInfo } from '../types';

/** Finds the type of a field by its name or an alias. Fields that the analyzer has not told of yet have none. */
export function literalTypes(fields: FieldInfo[]): TypeOf {
  const types = new Map<string, FieldInfo['type']>();
  for (const { name, aliases, type } of fields) {
    for (const known of [name, ...aliases]) {
      types.set(known.toLowerCase(), type);
    }
  }
  return (name) => types.get(name.toLowerCase());
}

const units: Record<string, string> = {
  share: 'share, 0 to 1',
  seconds: 'seconds',
};

/** What a list of choices says of a field: its meaning and what one unit of it is. */
export function describeField({ summary, unit }: FieldInfo): string {
  return unit === null ? summary : `${summary} (${units[unit] ?? unit})`;
}
