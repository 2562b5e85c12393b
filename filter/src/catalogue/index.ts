import { attributes } from './attributes.js';
import { counters } from './counters.js';
import { distincts, ratios, sums } from './derived.js';
import { dimensions } from './dimensions.js';
import type { Field } from './field.js';
import { timeMetrics } from './times.js';

export * from './attributes.js';
export * from './counters.js';
export * from './derived.js';
export * from './dimensions.js';
export * from './feed.js';
export type * from './field.js';
export * from './times.js';

/** Every field, in the order of the reference. */
export const fields: readonly Field[] = [
  ...dimensions,
  ...counters,
  ...sums,
  ...ratios,
  ...timeMetrics,
  ...distincts,
  ...attributes,
];
