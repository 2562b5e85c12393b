export { Collector, type ConnectionRow, type Conversation } from './collector.js';
export { reportJson } from './json.js';
export { addressText, timeText } from './names.js';
export * from './report.js';
export { reportText, type TextOptions } from './text.js';
