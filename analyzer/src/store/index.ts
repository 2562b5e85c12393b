/** Rows in, rows out: schema, inserts, rollups, retention; ClickHouse embedded in a process of its own. */
export { retentionSchema, storeConfigSchema, type RetentionConfig, type StoreConfig } from './config.js';
export { openStore, type Store, type StoreDependencies } from './store.js';
export { openSpool, type Spool, type SpoolDependencies } from './spool-only.js';
export { storedFactWords, unpackFacts } from './native/facts.js';
export { maxBlockRows, type StoredBatch } from './native/rows.js';
export type { Import, ImportResult, ImportSource } from './import.js';
export type { Origin, WriteOutcome } from './row-writer.js';
export type { DiskUse, StoreHealth, StoreStats, TableSize } from './stats.js';
export type { Engine, EngineStatus, Parameter, Parameters, Scalar, Selection, SelectOptions } from './engine/engine.js';
export { connectionById } from './schema/connection-id.js';
export { schemaOf, windowTables, type Column, type Schema, type Table, type TableName } from './schema/tables.js';
