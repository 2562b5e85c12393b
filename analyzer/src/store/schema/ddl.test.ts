import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { counters, dimensions } from '@tcpscope/filter';
import { storeConfigSchema } from '../config.js';
import { createImports, createMigrations, createRollup, createTable } from './ddl.js';
import { schemaOf } from './tables.js';

const golden = new URL('./schema.golden.sql', import.meta.url);

test('the catalogue makes the schema that was reviewed (a change needs a migration, see migrations.ts)', () => {
  const schema = schemaOf();
  const { retention } = storeConfigSchema.parse({});
  const statements = [
    ...schema.tables.map((table) => createTable(table, retention[table.name])),
    ...schema.rollups.map((rollup) => createRollup(schema, rollup)),
    createImports(),
    createMigrations(),
  ];
  const text = `${statements.join(';\n\n')};\n`;
  if (process.env.UPDATE_GOLDEN) {
    writeFileSync(golden, text);
  }
  assert.equal(text, readFileSync(golden, 'utf8'));
});

test('windows have every dimension and counter, connections those counters that connections have', () => {
  const { tables } = schemaOf();
  for (const table of tables.filter(({ name }) => name !== 'feed')) {
    const names = new Set(table.columns.map(({ name }) => name));
    for (const { column } of dimensions) {
      assert.ok(names.has(column), `${table.name}.${column}`);
    }
    for (const { column, rows } of counters) {
      assert.equal(names.has(column), table.name !== 'connections' || rows === 'both', `${table.name}.${column}`);
    }
  }
});

test('a rollup keeps the aggregate of each counter', () => {
  const rolledUp = schemaOf().tables.find(({ name }) => name === 'conv_1h')!;
  for (const { column, aggregate, unknown } of counters) {
    const { type } = rolledUp.columns.find(({ name }) => name === column)!;
    assert.equal(type, `SimpleAggregateFunction(${aggregate}, ${unknown ? 'Nullable(UInt64)' : 'UInt64'})`);
  }
});

test('kept for ever means no TTL', () => {
  const [table] = schemaOf().tables;
  assert.doesNotMatch(createTable(table!, null), /TTL/);
  assert.match(createTable(table!, 60), /TTL inserted \+ toIntervalSecond\(60\)/);
});
