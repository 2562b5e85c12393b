import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TcpscopeError } from '../../errors.js';
import { setParameters } from './parameters.js';

const parameters = { port: { type: 'UInt16', value: 443 }, zone: { type: 'String', value: "/It's" } };

test('values become settings, escaped once for the format and once for the literal', () => {
  assert.equal(
    setParameters('SELECT {port:UInt16}, {zone:String}', parameters),
    `SET param_port = '443', param_zone = '/It\\\\\\'s';\n`
  );
  assert.equal(setParameters('SELECT 1', {}), '');
});

test('a placeholder without a value is refused, so that no earlier value can take its place', () => {
  for (const sql of ['SELECT {other:UInt16}', 'SELECT { other : UInt16 }', 'SELECT {port:UInt16} + {other:UInt16}']) {
    assert.throws(() => setParameters(sql, parameters), {
      code: 'TCPS_E_STORE_PARAMETER',
      message: 'The query is wrong: {other:…} has no value.',
    });
  }
  assert.throws(() => setParameters('SELECT {toString:String}', {}), TcpscopeError);
});

test('more than one statement and names that are no names are refused', () => {
  assert.throws(() => setParameters('SELECT 1; DROP TABLE conv_10s', {}), /more than one statement/);
  assert.throws(() => setParameters('SELECT 1', { 'x = 1, y': { type: 'String', value: '' } }), /not a parameter name/);
});
