export { candidatesText, candidatesJson } from './candidates.js';
export { explainFile, type Explained, type ExplainOptions } from './explain-file.js';
export { explainStored, type StoredFacts } from './explain-stored.js';
export { explanationJson } from './json.js';
export { explanationText, type ExplanationPageOptions } from './page.js';
