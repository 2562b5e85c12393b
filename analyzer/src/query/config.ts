import { z } from 'zod';
import { durationSchema, sizeSchema } from '../store/units.js';

/** Configuration of this room: how much one query may ask for, and what is remembered of answers. */
export const queryConfigSchema = z.strictObject({
  rows: z.int().min(1).max(100_000).default(10_000).describe('Most rows of one table'),
  series: z.int().min(1).max(1000).default(100).describe('Most series of each metric'),
  points: z
    .int()
    .min(10)
    .max(100_000)
    .default(11_000)
    .describe('Most points of a series; the interval grows with the range'),
  range: durationSchema.prefault('5y').describe('Longest time range; longer ones lose their beginning'),
  timeout: durationSchema.prefault('30s').describe('Longest time for all statements of one query together'),
  cache: sizeSchema.prefault('64MiB').describe('Memory for recent answers'),
});

export type QueryConfig = z.output<typeof queryConfigSchema>;

/** What a query asks for when it names no limit. */
export const defaultRows = 100;
export const defaultSeries = 10;
