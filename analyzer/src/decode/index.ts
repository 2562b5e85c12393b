export { Decoder } from './decoder.js';
export * from './reasons.js';
export * from './segment.js';
