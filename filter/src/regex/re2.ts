import type { Pattern } from './pattern.js';

/**
 * RE2 takes such a set for a letter whose case does not matter; where it then joins alternatives to one set, it adds the
 * long s or the Kelvin sign, which fold to them (seen: `[Ss]|[0-9]` matches "ſ"). It does not look into groups that capture.
 */
const foldsFurther: ReadonlySet<string> = new Set(['[Kk]', '[Ss]']);

/** The pattern in RE2's words, of which ClickHouse's `match` is made, so spelled out that no option changes its meaning. */
export function re2(pattern: Pattern): string {
  switch (pattern.kind) {
    case 'set': {
      const [range] = pattern.ranges;
      if (range === undefined) {
        return '[^\\x{0}-\\x{10ffff}]';
      }
      const ranges = pattern.ranges.map(([from, to]) => (from === to ? letter(from) : `${letter(from)}-${letter(to)}`));
      const set = pattern.ranges.length === 1 && range[0] === range[1] ? letter(range[0]) : `[${ranges.join('')}]`;
      return foldsFurther.has(set) ? `(${set})` : set;
    }
    case 'sequence':
      return pattern.parts.map(re2).join('');
    case 'choice':
      return `(?:${pattern.options.map(re2).join('|')})`;
    case 'repeat':
      return `(?:${re2(pattern.part)})${repetition(pattern.min, pattern.max)}`;
    case 'begin':
      return '\\A';
    case 'end':
      return '\\z';
    case 'boundary':
      return '\\b';
  }
}

function repetition(min: number, max: number | null): string {
  return max === null ? (['*', '+'][min] ?? `{${min},}`) : `{${min},${max}}`;
}

function letter(code: number): string {
  const text = String.fromCodePoint(code);
  return /[a-z0-9]/i.test(text) ? text : `\\x{${code.toString(16)}}`;
}
