import type { Statement } from '../answer.js';
import type { Range } from '../range.js';
import { Bindings } from './bindings.js';

/** When the oldest row of each day was stored, both in seconds since 1970. `range` is of whole days. */
export function ageStatement({ from, to }: Range): Statement {
  const bindings = new Bindings();
  const sql = [
    'SELECT toUnixTimestamp(ts) AS day, toUnixTimestamp(min(inserted)) AS stored',
    `FROM conv_1d WHERE ts >= ${bindings.second(from)} AND ts < ${bindings.second(to)}`,
    'GROUP BY day',
  ].join('\n');
  return { what: 'How long ago these days were stored', sql, parameters: bindings.parameters };
}
