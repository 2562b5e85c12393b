import { corrected, excerpt } from './verdict';

const problem = (start: number, end: number, hint?: string) => ({
  code: 'X',
  message: 'x',
  position: { start, end },
  hint,
});

describe('the place where a filter is wrong', () => {
  test.each([
    ['in the middle', 'a = b and c', 2, 3, { before: 'a ', wrong: '=', after: ' b and c' }],
    ['at the end', 'a =', 3, 3, { before: 'a =', wrong: '', after: '' }],
    ['beyond the end', 'a', 5, 9, { before: 'a', wrong: '', after: '' }],
    ['a place that ends before it starts', 'abc', 2, 1, { before: 'ab', wrong: '', after: 'c' }],
  ])('%s', (_, text, start, end, expected) => {
    expect(excerpt(text, { start, end })).toEqual(expected);
  });

  test('a long filter is cut on both sides', () => {
    const { before, wrong, after } = excerpt(`${'a'.repeat(100)}!${'b'.repeat(100)}`, { start: 100, end: 101 });
    expect([before.length, wrong, after.length]).toEqual([41, '!', 41]);
  });

  test('a suggestion takes the place of what is wrong', () => {
    expect(corrected('x and rst.cuont > 0', problem(6, 15, 'rst.count'))).toBe('x and rst.count > 0');
    expect(corrected('x', problem(0, 1))).toBeNull();
  });
});
