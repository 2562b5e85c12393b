/** HTTP: routes, schemas, authentication, metrics; answers as Grafana's data frames. */
export { apiConfigSchema, type ApiConfig } from './config.js';
export type { ApiDependencies } from './dependencies.js';
export { refuseExposure } from './security.js';
export type { LiveFeed, LiveTotals } from './live.js';
export { metricCatalogue, type MetricInfo } from './metrics/catalogue.js';
export { createApi, startApi, type Api } from './server.js';
