import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatName, parseName, tokenOf, type Source, type SpoolName } from './name.js';

const source = fc.record<Source>({
  kind: fc.constantFrom('capture', 'import'),
  probe: fc.string({ unit: 'binary', maxLength: 80 }),
  run: fc.string({ maxLength: 80 }),
  layout: fc.string({ maxLength: 40 }),
  worker: fc.nat(255),
  sequence: fc.string({ maxLength: 40 }),
});
const name = fc.record<SpoolName>({
  time: fc.nat(4_102_444_800_000),
  number: fc.nat(999_999),
  table: fc.constantFrom('conv_10s', 'connections', 'imports'),
  rows: fc.nat(65_536),
  bytes: fc.nat(100_000_000),
  crc: fc.nat(4_294_967_295),
  source,
});

test('a name says what was put into it, and fits a file system', () => {
  fc.assert(
    fc.property(name, (given) => {
      const text = formatName(given);
      assert.ok(text.length <= 255, text);
      assert.match(text, /^[\w%.-]+$/);
      const parsed = parseName(text)!;
      assert.deepEqual(
        [parsed.table, parsed.rows, parsed.bytes, parsed.crc, parsed.kind, parsed.token],
        [given.table, given.rows, given.bytes, given.crc, given.source.kind, tokenOf(given.source)]
      );
    })
  );
});

test('different sources have different tokens', () => {
  fc.assert(
    fc.property(source, source, (a, b) => {
      const same = (Object.keys(a) as Array<keyof Source>).every((key) => a[key] === b[key]);
      assert.equal(tokenOf(a) === tokenOf(b), same);
    })
  );
  const base: Source = { kind: 'capture', probe: 'p', run: 'r', layout: '', worker: 1, sequence: '2' };
  const long = 'x'.repeat(100);
  const tokens = [
    base,
    { ...base, kind: 'import' as const },
    { ...base, probe: 'p.r' },
    { ...base, probe: '' },
    { ...base, probe: '%' },
    { ...base, worker: 12 },
    { ...base, sequence: '12' },
    { ...base, probe: `${long}a` },
    { ...base, probe: `${long}b` },
  ].map(tokenOf);
  assert.equal(new Set(tokens).size, tokens.length);
});

test('names sort in the order of writing', () => {
  const of = (time: number, number: number) =>
    formatName({
      time,
      number,
      table: 'conv_10s',
      rows: 1,
      bytes: 1,
      crc: 0,
      source: { kind: 'capture', probe: 'p', run: 'r', layout: '', worker: 0, sequence: '0' },
    });
  const names = [of(999_999_999_999, 5), of(1_700_000_000_000, 9), of(1_700_000_000_000, 10), of(1_700_000_000_001, 0)];
  assert.deepEqual([...names].sort(), names);
});

test('other files are recognised as such', () => {
  for (const text of ['', 'README.md', '1.native', 'x.conv_10s.1.1.00000000.capture.p.r.%.0.0.native', '.tmp-1-2']) {
    assert.equal(parseName(text), null, text);
  }
});
