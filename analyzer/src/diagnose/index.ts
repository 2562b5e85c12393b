export { caseOf, unknownSurroundings, type Case, type ResetShape, type Surroundings } from './case.js';
export { causes, causeTexts, mostSevere, originOf, type Cause, type CauseText, type Origin } from './causes.js';
export { diagnose, explain, explainVerdict, rulesThatHold, type Diagnosis, type Explanation } from './diagnosis.js';
export { readFacts, type ConnectionFacts, type FinFacts, type ResetFacts, type Side, type SideFacts } from './facts.js';
export { rules } from './rules/index.js';
export type { Family, Rule } from './rule.js';
export { endedOf, type Concluded } from './findings/manner.js';
export { Diagnoser, type DiagnoserOptions } from './diagnoser.js';
export { diagnoseAll, diagnoseInput, type DiagnosedInput } from './diagnose-all.js';
export {
  addSums,
  defaultFeedLimits,
  feedConfigSchema,
  noSums,
  undecodedOf,
  type FeedBatch,
  type FeedLimits,
  type FeedSums,
  type FeedWindow,
} from './feed/index.js';
export { Neighbourhood } from './surroundings.js';
export { obstacleOf, reporterText, unreachableText, type UnreachableFacts } from './unreachable.js';
export { endText } from './words.js';
export {
  aroundWords,
  diagnosisOf,
  judge,
  learn,
  poorFeedOf,
  readAround,
  surroundingsOf,
  type DiagnosedBatch,
  type Verdicts,
} from './verdicts.js';
export {
  defaultThresholds,
  findings,
  findingsConfigSchema,
  findingKinds,
  findingTexts,
  scanSurplus,
  type Ended,
  type Finding,
  type FindingKind,
  type Thresholds,
} from './findings/index.js';
