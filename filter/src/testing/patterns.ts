import fc from 'fast-check';
import { checkSize } from '../regex/match.js';
import { parsePattern } from '../regex/pattern.js';

/** Random patterns of the supported kind, over few letters, so that they match now and then. */
export const patternTexts: fc.Arbitrary<string> = fc
  .letrec<Record<'choice' | 'sequence' | 'repeated' | 'atom', string>>((tie) => ({
    choice: fc.array(tie('sequence'), { minLength: 1, maxLength: 3 }).map((options) => options.join('|')),
    sequence: fc.array(tie('repeated'), { maxLength: 3 }).map((parts) => parts.join('')),
    repeated: fc
      .tuple(tie('atom'), fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,}', '{0,2}', '*?', '+?'))
      .map(([atom, repetition]) => atom + repetition),
    atom: fc.oneof(
      { depthSize: 'small' },
      { weight: 8, arbitrary: fc.constantFrom('a', 'b', 'é', '.', '^', '$', '\\b', '\\d', '\\W', '[a-c]', '[^a]', '[]x]', '\\s', '-', 'k', 's') }, // prettier-ignore
      { weight: 2, arbitrary: tie('choice').map((inner) => `(${inner})`) },
      { weight: 1, arbitrary: tie('choice').map((inner) => `(?:${inner})`) }
    ),
  }))
  .choice.chain((pattern) => fc.constantFrom(pattern, `(?i)${pattern}`))
  .filter(isSmall);

function isSmall(pattern: string): boolean {
  try {
    checkSize(parsePattern(pattern));
    return true;
  } catch {
    return false;
  }
}
