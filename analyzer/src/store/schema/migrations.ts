import type { RetentionConfig } from '../config.js';
import type { Engine } from '../engine/engine.js';
import { sqlString } from '../engine/parameters.js';
import { createImports, createRollup, createTable, columnDefinition, rollupQuery } from './ddl.js';
import { read } from './read.js';
import type { Schema } from './tables.js';

export interface MigrationContext {
  readonly engine: Engine;
  readonly schema: Schema;
  readonly retention: RetentionConfig;
}

export interface Migration {
  /** 1, 2, 3, … in the order in which they are applied; never changed once released. */
  readonly number: number;
  readonly name: string;
  /** May be applied again after it stopped half-way. */
  apply(context: MigrationContext): Promise<void>;
}

/**
 * Every change of the schema, oldest first. The first makes a store with all that this version has: a fresh store has the
 * others behind it.
 *
 * A counter, a histogram or an attribute added to the catalogue needs one entry more and nothing else:
 * `{ number: 2, name: 'counter xyz', apply: addMissingColumns }`.
 */
export const migrations: readonly Migration[] = [
  { number: 1, name: 'tables and rollups', apply: createEverything },
  { number: 2, name: 'verdicts of connections', apply: addMissingColumns },
  { number: 3, name: 'last packets of connections', apply: addMissingColumns },
  { number: 4, name: 'zero windows and duplicate acknowledgements', apply: addMissingColumns },
  { number: 5, name: 'quality of the captures', apply: addMissingTables },
  { number: 6, name: 'times of handshakes', apply: addMissingColumns },
  { number: 7, name: 'copies of packets by conversation', apply: addMissingColumns },
  { number: 8, name: 'durations, and silences before a RST', apply: addMissingColumns },
  { number: 9, name: 'round trips', apply: addMissingColumns },
  { number: 10, name: 'attempts that ICMP said no to', apply: addMissingColumns },
];

async function createEverything(context: MigrationContext): Promise<void> {
  const { engine, schema } = context;
  await addMissingTables(context);
  for (const rollup of schema.rollups) {
    await engine.execute(createRollup(schema, rollup));
  }
  await engine.execute(createImports());
}

/** Makes the tables that are not there. */
export async function addMissingTables({ engine, schema, retention }: MigrationContext): Promise<void> {
  for (const table of schema.tables) {
    await engine.execute(createTable(table, retention[table.name]));
  }
}

/** Adds the columns that tables lack and lets the rollups fill them. Rows from before have 0 in them, no times, or null. */
export async function addMissingColumns({ engine, schema }: MigrationContext): Promise<void> {
  for (const table of schema.tables) {
    const known = new Set(
      (
        await read(engine, `SELECT name FROM system.columns WHERE ${inDatabase} AND table = ${sqlString(table.name)}`)
      ).map(([name]) => name)
    );
    if (known.size === 0) {
      continue; // a table that a later migration makes
    }
    for (const [at, column] of table.columns.entries()) {
      if (!known.has(column.name)) {
        const place = at === 0 ? 'FIRST' : `AFTER \`${table.columns[at - 1]!.name}\``;
        await engine.execute(
          `ALTER TABLE ${table.name} ADD COLUMN IF NOT EXISTS ${columnDefinition(column)} ${place} SETTINGS alter_sync = 1`
        );
      }
    }
  }
  // The tables first, all of them: a view selects what the table before it has.
  for (const rollup of schema.rollups) {
    await engine.execute(`ALTER TABLE ${rollup.name} MODIFY QUERY ${rollupQuery(schema, rollup)}`);
    // A view whose query was changed gives its blocks other tokens until it is loaded anew (ClickHouse 26.7, seen): what
    // is written now and replayed by a later process would be in the rollup twice. A crash between the two statements
    // does no harm, the view is back with the next start.
    await engine.execute(`DETACH TABLE ${rollup.name} SYNC`);
    await engine.execute(`ATTACH TABLE ${rollup.name}`);
  }
}

export const inDatabase = 'database = currentDatabase()';
