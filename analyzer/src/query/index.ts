/** Query model in, typed answers out: reads queries, plans SQL over the rollups, remembers answers for a moment. */
export type {
  Answer,
  Cell,
  Column,
  EmptyAnswer,
  Metric,
  Notice,
  Series,
  SeriesAnswer,
  Statement,
  TableAnswer,
} from './answer.js';
export type { Captures, CaptureStatus } from './capture-status.js';
export { filterError } from './condition.js';
export { queryConfigSchema, type QueryConfig } from './config.js';
export { adHocOperators, queryKinds, querySchema, scopes, type QueryKind, type WireQuery } from './model.js';
export { Queries, type ConnectionFacts, type QueryDependencies, type QueryStats } from './queries.js';
export { parseTime, span } from './range.js';
export { issueText } from './read.js';
