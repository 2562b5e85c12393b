export { defaultFeedLimits, feedConfigSchema, type FeedLimits } from './config.js';
export { FeedBook } from './feed-book.js';
export { addSums, noSums, undecodedOf, type FeedBatch, type FeedSums, type FeedWindow } from './feed-window.js';
export { gateSeconds, poorness } from './gate.js';
