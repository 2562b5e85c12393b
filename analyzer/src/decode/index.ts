export { createDuplicates, dedupModes, Origin, type DedupMode, type Duplicates } from './duplicates.js';
export { Decoder } from './decoder.js';
export * from './reasons.js';
export * from './segment.js';
