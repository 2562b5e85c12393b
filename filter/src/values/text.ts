import { globPattern, parsePattern, type Pattern } from '../regex/pattern.js';

/** The pattern of a `~` or of a text with wildcards; the evaluator and the SQL are made of the same. */
export function patternOf(by: 'regex' | 'glob', pattern: string): Pattern {
  return by === 'regex' ? parsePattern(pattern) : globPattern(pattern);
}

/** Whether a zone is the given one or below it; everything that has a path is below "/". */
export function isWithin(zone: string, path: string): boolean {
  return zone === path || zone.startsWith(childPrefix(path));
}

/** How the names of the zones below a zone begin. */
export function childPrefix(path: string): string {
  return path === '/' ? '/' : `${path}/`;
}
