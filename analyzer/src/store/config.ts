import { z } from 'zod';
import { durationSchema, lifetimeSchema, sizeSchema } from './units.js';

/** Seconds that rows are kept after they were stored; null for ever. */
const retention = (what: string, fallback: string) => lifetimeSchema.prefault(fallback).describe(what);

/** How long rows are kept, counted from when they were stored: the rows of an old capture file do not vanish at once. */
export const retentionSchema = z.strictObject({
  conv_10s: retention('How long the windows of 10 s of every conversation are kept', '7d'),
  conv_1m: retention('How long its minutes are kept', '30d'),
  conv_1h: retention('How long its hours are kept', '1y'),
  conv_1d: retention('How long its days are kept', '5y'),
  connections: retention('How long single connections are kept', '3d'),
  feed: retention('How long it is kept how good the captures were', '1y'),
});

const mebibyte = 1024 ** 2;
const limited = (fallback: string, least: number) =>
  sizeSchema
    .refine((bytes) => bytes >= least, { message: `At least ${least / mebibyte}MiB are needed` })
    .prefault(fallback);

/** Configuration of this room. */
export const storeConfigSchema = z.strictObject({
  folder: z
    .string()
    .min(1, 'The store needs a folder')
    .regex(/^[^*?{}'"\\\0\n]+$/, 'The folder may not hold any of * ? { } quotes, backslashes or line ends')
    .default('tcpscope-data')
    .describe('Where the database, the spool and the lock live; one analyzer at a time owns it'),
  retention: retentionSchema.prefault({}),
  memory: limited('2GiB', 512 * mebibyte).describe('Memory of the database engine; its process exceeds it slightly'),
  queryMemory: limited('1GiB', 64 * mebibyte).describe('Memory of one query'),
  concurrentQueries: z.int().min(1).max(32).default(4).describe('Queries that run at the same time'),
  queuedQueries: z.int().min(0).max(10_000).default(500).describe('Queries that wait; further ones are refused'),
  queryTimeout: durationSchema.prefault('60s').describe('Longest time a query may run, whatever it asks for'),
  spoolLimit: limited('2GiB', 16 * mebibyte).describe(
    'Bytes of rows that wait on disk when the engine cannot take them'
  ),
  pendingLimit: limited('64MiB', mebibyte).describe(
    'Bytes of rows that wait in memory when the disk or the spool is full'
  ),
  fsync: z
    .boolean()
    .default(false)
    .describe(
      'Force rows to the disk before they count as stored; without it a power failure may lose the last seconds'
    ),
});

export type RetentionConfig = z.output<typeof retentionSchema>;
export type StoreConfig = z.output<typeof storeConfigSchema>;
