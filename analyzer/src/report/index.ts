export { Collector, type ConnectionRow, type Conversation } from './collector.js';
export { explanationOf } from './diagnoses.js';
export { reportJson } from './json.js';
export { addressText, timeText } from './names.js';
export type { Metrics } from './metrics.js';
export * from './report.js';
export { count, counted, bytes } from './format.js';
export { reportText, roleSentences, undecodedSentences, type TextOptions } from './text.js';
export { pageText, type Page, type PageGroup, type PageMetrics } from './page.js';
