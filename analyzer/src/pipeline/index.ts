export { LiveCapture, type LiveHandlers, type LiveOptions } from './live-capture.js';
export type { LiveStatus } from './live-messages.js';
export { Pipeline, type FlowCounts, type PacketCounts, type PipelineOptions } from './pipeline.js';
export { Kept, keptVersion } from './kept-packets.js';
export { defaultRecent, type RecentOptions } from './recent-packets.js';
export { readCaptures, type ReadOptions, type ReadResult } from './read-captures.js';
export { StreamCapture, type StreamEnd, type StreamHandlers } from './stream-capture.js';
export type { StreamStatus } from './stream-messages.js';
