import { errorKinds, TcpscopeError } from '../../errors.js';
import type { Log } from '../log.js';
import { sqlString } from '../engine/parameters.js';
import { createMigrations, ttlExpression } from './ddl.js';
import { inDatabase, migrations as allMigrations, type Migration, type MigrationContext } from './migrations.js';
import { read } from './read.js';

export interface MigrateOptions extends MigrationContext {
  readonly folder: string;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly migrations?: readonly Migration[];
}

/**
 * Brings the store to the schema of this version: applies what is missing, then compares. Throws `storeNewer` for a
 * store that a later version has touched, `storeSchema` when tables are not as they should be afterwards.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const { engine, folder, log, now } = options;
  const migrations = options.migrations ?? allMigrations;
  const newest = migrations.at(-1)!.number;
  await engine.execute(createMigrations());
  const applied = Number((await read(engine, 'SELECT max(number) FROM migrations'))[0]![0]);
  if (applied > newest) {
    throw new TcpscopeError(errorKinds.storeNewer, [folder, applied, newest]);
  }
  if (applied === 0) {
    log.info({ folder, schema: newest }, 'making a new store');
  }
  const done = new Set<Migration['apply']>();
  for (const migration of migrations.filter(({ number }) => number > applied)) {
    if (applied > 0) {
      log.info({ schema: migration.number }, `bringing the store up to date: ${migration.name}`);
    }
    // The first makes a store as this version has it, which needs no other; and columns are added all at once.
    const needed = applied === 0 ? migration === migrations[0] : !done.has(migration.apply);
    if (needed) {
      await migration.apply(options);
      done.add(migration.apply);
    }
    const at = Math.floor(now() / 1000);
    await engine.execute(`INSERT INTO migrations VALUES (${migration.number}, ${sqlString(migration.name)}, ${at})`);
  }
  await compare(options);
}

async function compare({ engine, schema }: MigrationContext): Promise<void> {
  const columns = await read(engine, `SELECT table, name, type FROM system.columns WHERE ${inDatabase}`);
  const actual = new Map(columns.map(([table, name, type]) => [`${table}.${name}`, type]));
  for (const table of schema.tables) {
    for (const column of table.columns) {
      const type = actual.get(`${table.name}.${column.name}`);
      if (type !== column.type) {
        const found = type === undefined ? 'is missing' : `is ${type}`;
        throw new TcpscopeError(errorKinds.storeSchema, [`${table.name}.${column.name} ${found}, not ${column.type}`]);
      }
    }
  }
}

/**
 * Gives tables the retention of the configuration where it differs. The parts that exist learn it in the background;
 * what is too old then goes within hours.
 */
export async function applyRetention({ engine, schema, retention, log }: MigrateOptions): Promise<void> {
  const definitions = await read(engine, `SELECT name, engine_full FROM system.tables WHERE ${inDatabase}`);
  for (const table of schema.tables) {
    const definition = String(definitions.find(([name]) => name === table.name)?.[1]);
    const current = /\bTTL (.*?) SETTINGS\b/.exec(definition)?.[1] ?? null;
    const wanted = ttlExpression(retention[table.name]);
    if (current === wanted) {
      continue;
    }
    log.info({ table: table.name, from: current, to: wanted }, 'changing retention');
    await engine.execute(
      wanted === null
        ? `ALTER TABLE ${table.name} REMOVE TTL`
        : `ALTER TABLE ${table.name} MODIFY TTL ${wanted} SETTINGS mutations_sync = 0`
    );
  }
}
