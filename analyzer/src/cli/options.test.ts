import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidArgumentError } from 'commander';
import { positiveInteger, workerCount } from './options.js';

test('numbers are whole and 1 or more', () => {
  assert.deepEqual(['1', '10', '007', '1e3'].map(positiveInteger), [1, 10, 7, 1000]);
  for (const text of ['0', '-1', '1.5', '', 'two', '1 2', 'Infinity', 'NaN']) {
    assert.throws(() => positiveInteger(text), InvalidArgumentError, text);
  }
});

test('workers are 64 at most', () => {
  assert.deepEqual(['1', '64'].map(workerCount), [1, 64]);
  for (const text of ['0', '65', '100000', '2.5']) {
    assert.throws(() => workerCount(text), InvalidArgumentError, text);
  }
});
