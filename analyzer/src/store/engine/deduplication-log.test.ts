import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Parts, withoutMissing } from './deduplication-log.js';

const log = (...lines: string[]) => lines.map((line) => `${line.replaceAll(' ', '\t')}\n`).join('');
const parts = new Parts([
  '20231114_1_1_0',
  '20231114_2_6_1',
  '20231115_8_8_0_9',
  'detached',
  'tmp_insert_20231114_7_7_0',
]);

test('blocks that are there, alone or merged, stay in the log; those that are not go', () => {
  const cases: Array<[line: string, stays: boolean]> = [
    ['1 20231114_1_1_0 20231114_1_2', true],
    ['1 20231114_4_4_0 20231114_3_4', true],
    ['1 20231114_7_7_0 20231114_5_6', false],
    ['1 20231115_4_4_0 20231115_7_8', false],
    ['1 20231115_8_8_0 20231115_9_1', true],
    ['2 20231114_9_9_0 20231114_2_3', true],
  ];
  for (const [line, stays] of cases) {
    assert.equal(withoutMissing(log(line), parts), stays ? log(line) : '', line);
  }
  const stay = cases.filter(([, stays]) => stays).map(([line]) => line);
  assert.equal(withoutMissing(log(...cases.map(([line]) => line)), parts), log(...stay));
});

test('a last line that was cut off goes', () => {
  const whole = log('1 20231114_1_1_0 20231114_1_2');
  assert.equal(withoutMissing(`${whole}1\t20231114_4_4`, parts), whole);
  assert.equal(withoutMissing('', parts), '');
});

test('a log of another form is left alone', () => {
  for (const other of ['version 2\n', '3\t20231114_1_1_0\tx\n', '1\t20231114_1_1_0\tx\ty\n']) {
    assert.equal(withoutMissing(other, parts), null);
  }
});
