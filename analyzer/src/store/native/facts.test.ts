import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { aroundWords, readAround, surroundingsOf, type DiagnosedBatch } from '../../diagnose/index.js';
import { connectionBatch } from '../../flow/batch-fixture.js';
import { factsVersion, factWords } from '../../flow/index.js';
import { packFacts, storedFactWords, unpackFacts } from './facts.js';

const word = fc.oneof(fc.constant(0), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
const count = fc.integer({ min: 0, max: 2 ** 31 - 1 });

test('property: facts come out of the store as they went in', () => {
  const row = fc.array(word, { minLength: factWords, maxLength: factWords });
  fc.assert(
    fc.property(row, fc.tuple(count, count, count, word), (facts, around) => {
      const batch = {
        ...connectionBatch([{ client: [10, 0, 0, 1], server: [10, 0, 0, 2] }]),
        facts: Int32Array.from(facts),
        verdicts: { around: Int32Array.from(around), poorFeed: new Uint8Array(1), poorFeeds: [] },
      } as unknown as DiagnosedBatch;
      const packed: number[] = [];
      packFacts(batch, 0, packed);
      const back = new Int32Array(storedFactWords).fill(77);
      assert.ok(unpackFacts(packed, back));
      assert.deepEqual([...back.subarray(0, factWords)], facts);
      assert.deepEqual(readAround(back, factWords, null), surroundingsOf(batch, 0));
      assert.ok(packed.length <= 3 + factWords + aroundWords);
    })
  );
});

test('facts of another layout, and of connections that nobody diagnosed, are not read', () => {
  const back = new Int32Array(storedFactWords).fill(77);
  assert.equal(unpackFacts([], back), false);
  assert.equal(unpackFacts([factsVersion + 1, 1, 0, 5], back), false);
  assert.deepEqual(back, new Int32Array(storedFactWords));
  const packed: number[] = [];
  packFacts(connectionBatch([{ client: [10, 0, 0, 1], server: [10, 0, 0, 2] }]), 0, packed);
  assert.deepEqual(packed, []);
});

test('the layout of facts has the version that it is stored under (a change of one is a change of both)', () => {
  const source = readFileSync(new URL('../../flow/facts.ts', import.meta.url), 'utf8');
  const layout = [...source.matchAll(/export const enum \w+ \{[^}]*\}/g)].map(([text]) =>
    text.replace(/\/\*\*[\s\S]*?\*\//g, '').replace(/\s+/g, '')
  );
  const hash = createHash('sha256').update(layout.join('')).digest('hex').slice(0, 12);
  assert.deepEqual([factsVersion, hash], [2, 'd7d92abd9714']);
});
