export * from './batch.js';
export { BufferPool, freshBuffers, type BufferSource } from './columns.js';
export { defaultTimeouts, type FlowOptions, type FlowTimeouts } from './connections.js';
export { factsVersion, factWords } from './facts.js';
export { FlowTracker } from './tracker.js';
export { graceSeconds, windowOf, windowSeconds, windowStart } from './window-book.js';
