/** An analyzer as a whole: configuration, captures into a store, the API over it. */
export { completeConfig, parseConfig, readConfig } from './load-config.js';
export { captureSchema, flowOf, serviceConfigSchema, type ServiceConfig, type ServiceConfigInput } from './config.js';
export { startService, type Service, type ServiceOptions } from './service.js';
export { importFiles, type ImportOutcome } from './import.js';
export { livePage, type LivePageOptions } from './live-page.js';
