import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { sqlString } from '../engine/parameters.js';
import { EngineProcess } from '../engine/process.js';
import { silent } from '../log.js';
import { temporaryFolder } from '../store-fixture.js';
import { encodeString, NativeWriter, toUint64 } from './writer.js';

// The engine itself is the judge of what is written.
const folder = temporaryFolder();
let engine: EngineProcess;

before(async () => {
  const open = {
    kind: 'open' as const,
    module: 'chdb',
    folder: join(folder, 'engine'),
    arguments: [],
    prelude: [],
    ingestPrelude: [],
    querySessions: 1,
  };
  ({ process: engine } = await EngineProcess.open({ open, log: silent, onEnd: () => undefined }));
});

after(() => engine.close());

async function readBack(block: Uint8Array, expressions: string): Promise<unknown[][]> {
  const path = join(folder, 'block.native');
  writeFileSync(path, block);
  const sql = `SELECT ${expressions} FROM file(${sqlString(path)}, 'Native') SETTINGS max_threads = 1, output_format_json_quote_64bit_integers = 1`;
  return JSON.parse(new TextDecoder().decode(await engine.run('query', sql, 'JSONCompactColumns'))) as unknown[][];
}

test('the engine reads every value of every column as it was written', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 300 });
  const row = fc.record({
    u8: fc.nat(255),
    u16: fc.nat(65_535),
    u32: fc.nat(4_294_967_295),
    u64: fc.maxSafeNat(),
    f64: fc.double({ noNaN: true, noDefaultInfinity: true }),
    ip: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    name: fc.nat(5),
    slot: fc.stringMatching(/^[A-Za-z]{0,24}$/),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 50 }),
      fc.array(text, { minLength: 6, maxLength: 6 }),
      fc.string({ minLength: 1, maxLength: 200 }).filter((name) => !name.includes('`') && !name.includes('\\')),
      async (rows, names, columnName) => {
        const writer = new NativeWriter(8, rows.length, 1);
        writer.column('u8', 'UInt8');
        writer.raw(Uint8Array.from(rows, ({ u8 }) => u8));
        writer.column('u16', 'UInt16');
        writer.raw(Uint16Array.from(rows, ({ u16 }) => u16));
        writer.column('u32', 'UInt32');
        writer.raw(Uint32Array.from(rows, ({ u32 }) => u32));
        writer.column('u64', 'UInt64');
        writer.raw(toUint64(Float64Array.from(rows, ({ u64 }) => u64)));
        writer.column('f64', 'Float64');
        writer.raw(Float64Array.from(rows, ({ f64 }) => f64));
        writer.column('ip', 'IPv6');
        rows.forEach(({ ip }) => writer.raw(ip));
        writer.column(`x${columnName}`, 'String');
        writer.dictionary(
          rows.map(({ name }) => name),
          names.map(encodeString)
        );
        writer.column('slot', 'String');
        const slots = new Uint8Array(24 * rows.length);
        rows.forEach(({ slot }, at) => slots.set(new TextEncoder().encode(slot), 24 * at));
        writer.slots(slots, 24);

        const columns = await readBack(
          writer.finish(),
          `u8, u16, u32, u64, hex(reinterpretAsUInt64(f64)), hex(ip), hex(\`x${columnName}\`), slot`
        );
        const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase();
        const bits = (value: number) => {
          const digits = Buffer.from(Float64Array.of(value).buffer).readBigUInt64LE().toString(16).toUpperCase();
          const even = digits.length % 2 === 0 ? digits : `0${digits}`;
          return even;
        };
        assert.deepEqual(columns, [
          rows.map(({ u8 }) => u8),
          rows.map(({ u16 }) => u16),
          rows.map(({ u32 }) => u32),
          rows.map(({ u64 }) => String(u64)),
          rows.map(({ f64 }) => bits(f64)),
          rows.map(({ ip }) => hex(ip)),
          rows.map(({ name }) => hex(new TextEncoder().encode(names[name]!))),
          rows.map(({ slot }) => slot),
        ]);
      }
    ),
    { numRuns: 60 }
  );
});

test('lengths above 127 take more than one byte', async () => {
  const long = 'x'.repeat(20_000);
  const writer = new NativeWriter(1, 300);
  writer.column('text', 'String');
  writer.dictionary(new Uint8Array(300), [encodeString(long)]);
  assert.deepEqual(await readBack(writer.finish(), 'count(), min(length(text)), max(length(text))'), [
    ['300'],
    ['20000'],
    ['20000'],
  ]);
});

test('slots are at most as wide as one length byte tells', () => {
  assert.throws(() => new NativeWriter(1, 1).slots(new Uint8Array(128), 128), RangeError);
});
