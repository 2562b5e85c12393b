import type { Thresholds } from '../diagnose/index.js';
import type { Captures, QueryConfig } from '../query/index.js';
import type { RetentionConfig, Store } from '../store/index.js';
import type { Log } from '../store/log.js';
import type { ApiConfig } from './config.js';
import type { LiveFeed } from './live.js';

/** The collaborators of the API. */
export interface ApiDependencies {
  readonly store: Pick<Store, 'select' | 'selectUnread' | 'stats' | 'health'>;
  /** How long the store keeps rows: the configuration that it was opened with. */
  readonly retention: RetentionConfig;
  readonly captures: Captures;
  readonly live: LiveFeed;
  readonly config: ApiConfig;
  /** Limits of queries. */
  readonly limits: QueryConfig;
  /** When groups of connections are a finding; the usual thresholds when left out. */
  readonly thresholds?: Thresholds;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Milliseconds between two signs of life in a stream. */
  readonly heartbeatMs?: number;
}
