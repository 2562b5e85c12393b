import { dimensions } from '@tcpscope/filter';
import type { Column, Rollup, Schema, Table } from './tables.js';

/** Blocks whose tokens a table remembers: a replay after a crash comes long before as many others. */
const rememberedBlocks = 1000;

/** A backquoted identifier. Names come from the catalogue, never from users. */
export function identifier(name: string): string {
  return `\`${name}\``;
}

export function columnDefinition(column: Column): string {
  const alias = column.alias === undefined ? '' : ` ALIAS ${column.alias}`;
  const codec = column.codec === undefined ? '' : ` CODEC(${column.codec})`;
  return `${identifier(column.name)} ${column.type}${alias}${codec}`;
}

/** The TTL expression for a retention in seconds, or null for none. */
export function ttlExpression(retention: number | null): string | null {
  return retention === null ? null : `inserted + toIntervalSecond(${retention})`;
}

export function createTable(table: Table, retention: number | null): string {
  const ttl = ttlExpression(retention);
  return [
    `CREATE TABLE IF NOT EXISTS ${table.name} (`,
    [...table.columns.map(columnDefinition), ...table.indexes].map((line) => `  ${line}`).join(',\n'),
    `) ENGINE = ${table.engine}`,
    `PARTITION BY ${table.partition}`,
    `PRIMARY KEY (${table.primary.join(', ')})`,
    `ORDER BY (${table.order.join(', ')})`,
    ...(ttl === null ? [] : [`TTL ${ttl}`]),
    `SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = ${rememberedBlocks}`,
  ].join('\n');
}

/**
 * The SELECT of a rollup. It only moves rows to the start of their coarser window: adding up is what the table's engine
 * does when it merges parts, and every query does what merges have left undone. A GROUP BY here would cost three times
 * as much for each insert (1100 ms instead of 400 for 65,536 rows) and find little to add up within one window.
 * The sub-select renames what it reads, so that no alias hides the column it is made of.
 */
export function rollupQuery(schema: Schema, rollup: Rollup): string {
  const copied = [...dimensions, ...schema.counters, ...schema.histograms].map(({ column }) => identifier(column));
  return [
    'SELECT',
    ['start_ AS ts', ...copied, 'inserted'].map((line) => `  ${line}`).join(',\n'),
    `FROM (SELECT ${rollup.start.replace('%', 'ts')} AS start_, * EXCEPT (ts) FROM ${rollup.from})`,
  ].join('\n');
}

export function createRollup(schema: Schema, rollup: Rollup): string {
  return `CREATE MATERIALIZED VIEW IF NOT EXISTS ${rollup.name} TO ${rollup.to} AS\n${rollupQuery(schema, rollup)}`;
}

/** What was imported: one row a block, and one with `complete` when the whole file was stored. */
export function createImports(): string {
  return [
    'CREATE TABLE IF NOT EXISTS imports (',
    '  probe String, run String, layout String, token String, rows UInt64, complete Bool,',
    "  at DateTime('UTC')",
    ') ENGINE = MergeTree ORDER BY (probe, run, token)',
  ].join('\n');
}

export function createMigrations(): string {
  return [
    'CREATE TABLE IF NOT EXISTS migrations (',
    "  number UInt32, name String, applied DateTime('UTC')",
    ') ENGINE = MergeTree ORDER BY number',
  ].join('\n');
}
