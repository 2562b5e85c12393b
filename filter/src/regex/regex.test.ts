import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { patternTexts } from '../testing/patterns.js';
import { checkSize, matcher } from './match.js';
import { globPattern, parsePattern, PatternError } from './pattern.js';
import { re2 } from './re2.js';

const found = (pattern: string, text: string) => matcher(parsePattern(pattern))(text);

test('a pattern matches what JavaScript matches', () => {
  const text = fc.string({ unit: fc.constantFrom(...'abcxk é0-\n]'), maxLength: 8 });
  fc.assert(
    fc.property(patternTexts, text, (pattern, value) => {
      const ignoreCase = pattern.startsWith('(?i)');
      // JavaScript reads []x] as an empty class.
      const source = pattern.replace('(?i)', '').replaceAll('[]x]', '[\\]x]');
      const expected = inJavaScript(source, ignoreCase ? 'is' : 's');
      fc.pre(expected !== null);
      assert.equal(found(pattern, value), expected?.test(value), `${pattern} on ${value}`);
    }),
    { numRuns: 2_000 }
  );
});

/** Null for the few that JavaScript refuses, such as a repeated word boundary. */
function inJavaScript(source: string, flags: string): RegExp | null {
  try {
    return new RegExp(source, flags);
  } catch {
    return null;
  }
}

test('a pattern that would try every way one after another takes no longer than any other', () => {
  assert.equal(found('(a+)+$', `${'a'.repeat(5_000)}b`), false);
  assert.equal(found('(a|a)*c', 'a'.repeat(5_000)), false);
  assert.equal(found('(a*)*$', 'a'.repeat(5_000)), true);
});

const cases: ReadonlyArray<readonly [string, string, boolean]> = [
  ['', '', true],
  ['^$', '', true],
  ['a.b', 'a\nb', true],
  ['^.$', '😀', true],
  ['(?i)É', 'é', true],
  ['(?i)[^a]', 'A', false],
  ['\\bweb\\b', 'a web b', true],
  ['\\bweb\\b', 'webs', false],
  ['a{2,3}$', 'aaaa', true],
  ['^a{2,3}$', 'aaaa', false],
  ['a{', 'a{', true],
  ['a{,3}', 'a{,3}', true],
  ['[a\\]b]+', ']', true],
  ['[a-]', '-', true],
  ['\\.', 'x', false],
  ['[^\\d\\D]', 'x', false],
  ['$server', 'server', false],
];
for (const [pattern, text, expected] of cases) {
  test(`${pattern} ${expected ? 'occurs' : 'does not occur'} in ${JSON.stringify(text)}`, () => {
    assert.equal(found(pattern, text), expected);
  });
}

const wrong: ReadonlyArray<readonly [string, RegExp, number]> = [
  ['(a', /is not closed/, 1],
  ['a)', /no \( for this/, 2],
  ['[a', /is not closed/, 1],
  ['*a', /nothing to repeat/, 1],
  ['a**', /needs parentheses/, 3],
  ['(?=a)', /not supported/, 1],
  ['(?<n>a)', /not supported/, 1],
  ['\\1', /\\1 is not supported/, 1],
  ['\\p{L}', /\\p is not supported/, 1],
  ['[[:alpha:]]', /named classes/, 2],
  ['[z-a]', /later one/, 2],
  ['[\\d-z]', /later one/, 2],
  ['a{3,2}', /in order/, 2],
  ['a{501}', /at most 500/, 2],
  ['a\\', /escapes nothing/, 2],
  ['('.repeat(101) + ')'.repeat(101), /deeper than 100/, 101],
  ['(a{100}){100}', /too large/, 1],
  ['((){500}){500}', /too large/, 1],
];
for (const [pattern, message, at] of wrong) {
  test(`${pattern.slice(0, 20)} is refused at character ${at}`, () => {
    assert.throws(
      () => checkSize(parsePattern(pattern)),
      (error) => error instanceof PatternError && message.test(error.message) && error.at === at
    );
  });
}

test('any text is a pattern or is refused as one', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab()[]{}*+?|^$\\.-,:0123d😀\ud800') }), (text) => {
      try {
        matcher(parsePattern(text))('abc');
      } catch (error) {
        assert.ok(error instanceof PatternError, String(error));
      }
    }),
    { numRuns: 2_000 }
  );
});

test('RE2 is given patterns in which every special character is spelled out', () => {
  assert.equal(re2(parsePattern('^a.b|[^c]+$')), '(?:\\Aa[\\x{0}-\\x{10ffff}]b|(?:[\\x{0}-b' + 'd-\\x{10ffff}])+\\z)');
  assert.equal(re2(parsePattern('\\.{2}')), '(?:\\x{2e}){2,2}');
});

const globs: ReadonlyArray<readonly [string, string, boolean]> = [
  ['web*', 'web-1', true],
  ['web*', 'a web', false],
  ['w?b', 'wéb', true],
  ['w?b', 'wb', false],
  ['*', '', true],
  ['a.b', 'axb', false],
  ['\\*', '*', true],
  ['\\*', 'x', false],
  ['a\\b', 'a\\b', true],
];
for (const [glob, text, expected] of globs) {
  test(`the wildcards ${glob} ${expected ? 'match' : 'do not match'} ${JSON.stringify(text)}`, () => {
    assert.equal(matcher(globPattern(glob))(text), expected);
  });
}
