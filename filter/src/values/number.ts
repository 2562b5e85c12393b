import type { NumberLiteral } from '../expression.js';

/** Power of ten or number of seconds that a suffix stands for. Case counts: `m` is minutes, `M` is a million. */
const meanings = {
  '%': { power: -2, of: 'share' },
  us: { power: -6, of: 'time' },
  ms: { power: -3, of: 'time' },
  s: { power: 0, of: 'time' },
  m: { times: 60, of: 'time' },
  h: { times: 3600, of: 'time' },
  k: { power: 3, of: 'count' },
  M: { power: 6, of: 'count' },
  G: { power: 9, of: 'count' },
} as const satisfies Record<string, { of: 'share' | 'time' | 'count' } & ({ power: number } | { times: number })>;

export type Suffix = keyof typeof meanings;

export const suffixes = Object.keys(meanings) as readonly Suffix[];

export function isSuffix(text: string): text is Suffix {
  return Object.hasOwn(meanings, text);
}

/** What a literal with this suffix is: a duration, a share, or a plain count. */
export function suffixMeaning(suffix: Suffix): 'share' | 'time' | 'count' {
  return meanings[suffix].of;
}

/**
 * The number a literal stands for, in the base unit: seconds, shares from 0 to 1, single packets or bytes. A power of
 * ten is applied in the text, not by multiplication, so that 0.7% is exactly the double nearest to 0.007.
 */
export function numberOf({ value, suffix }: NumberLiteral): number {
  if (suffix === null) {
    return value;
  }
  const meaning = meanings[suffix];
  if ('times' in meaning) {
    return value * meaning.times;
  }
  const [digits, exponent] = String(value).split('e');
  return Number(`${digits}e${Number(exponent ?? 0) + meaning.power}`);
}

/** 1 for -1 and so on; zero has no sign, so that equal filters have equal expressions. */
export function negative({ value, suffix }: NumberLiteral): NumberLiteral {
  return { kind: 'number', value: value === 0 ? 0 : -value, suffix };
}

export function printNumber({ value, suffix }: NumberLiteral): string {
  return `${value}${suffix ?? ''}`;
}
