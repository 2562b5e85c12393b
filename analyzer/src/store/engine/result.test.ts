import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSelection } from './result.js';

const encode = (answer: object) => new TextEncoder().encode(JSON.stringify(answer));
const answer = (type: string, values: unknown[]) =>
  encode({ meta: [{ name: 'x', type }], data: { x: values }, rows: values.length });

test('wide integers are numbers as long as a double holds them, and strings beyond', () => {
  const { data } = parseSelection(answer('UInt64', ['0', '9007199254740991', '9007199254740992']), 10);
  assert.deepEqual(data, [[0, 9007199254740991, '9007199254740992']]);
  assert.deepEqual(parseSelection(answer('Nullable(Int64)', ['-5', null]), 10).data, [[-5, null]]);
  assert.deepEqual(parseSelection(answer('LowCardinality(UInt64)', ['7']), 10).data, [[7]]);
  assert.deepEqual(parseSelection(answer('Array(UInt64)', [['1', '2'], []]), 10).data, [[[1, 2], []]]);
});

test('texts that look like numbers stay texts', () => {
  assert.deepEqual(parseSelection(answer('String', ['42']), 10).data, [['42']]);
});

test('rows beyond the limit are cut off, and that is said', () => {
  const cut = parseSelection(answer('UInt8', [1, 2, 3]), 2);
  assert.deepEqual([cut.rows, cut.data, cut.truncated], [2, [[1, 2]], true]);
  const whole = parseSelection(answer('UInt8', [1, 2]), 2);
  assert.deepEqual([whole.rows, whole.data, whole.truncated], [2, [[1, 2]], false]);
});

test('an answer without rows has columns', () => {
  const empty = parseSelection(encode({ meta: [{ name: 'a', type: 'UInt8' }], data: {}, rows: 0 }), 2);
  assert.deepEqual(empty.columns, [{ name: 'a', type: 'UInt8' }]);
  assert.deepEqual(empty.data, [[]]);
});
