import { randomUUID } from 'node:crypto';
import { refuseExposure, startApi } from '../api/index.js';
import { createEnrichment } from '../enrich/index.js';
import { Queries } from '../query/index.js';
import { openStore, type Store } from '../store/index.js';
import type { Log } from '../store/log.js';
import { RunningCaptures } from './captures.js';
import type { ServiceConfig } from './config.js';
import { Totals } from './totals.js';

export interface ServiceOptions {
  readonly config: ServiceConfig;
  /** False for a process that only answers. */
  readonly capture: boolean;
  readonly log: Log;
  /** What to call this process when somebody else asks who holds the store. */
  readonly command: string;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Milliseconds that rows may wait for space when the analyzer ends: whoever ends it does not wait for long either. */
const SPACE_PATIENCE = 5000;

/** An analyzer at work. */
export interface Service {
  /** Where the API answers, such as `http://127.0.0.1:8477`. */
  readonly url: string;
  readonly captures: RunningCaptures;
  readonly store: Store;
  /** For pages of this process; the API has its own. */
  readonly queries: Queries;
  /** Resolves when everything that was to be read has been read; never while an interface is captured. */
  ended(): Promise<void>;
  /** Ends captures, writes what is open, and stops answering. */
  stop(): Promise<void>;
}

/**
 * Starts an analyzer: the store, then the API, then the captures, so that nothing is captured that cannot be stored, and
 * whoever asks why there is no capture gets an answer. Throws errors of the catalogue; nothing is left running then.
 */
export async function startService({
  config,
  capture,
  log,
  command,
  now = Date.now,
}: ServiceOptions): Promise<Service> {
  // Before a store is made for nothing.
  refuseExposure(config.api);
  /** What to do to stop, the last begun first. */
  const ends: Array<() => Promise<void>> = [];
  const stop = async () => {
    const faults: unknown[] = [];
    for (let end = ends.pop(); end !== undefined; end = ends.pop()) {
      // Whatever goes wrong at one end, the others are still to be done, the store's above all.
      await end().catch((error: unknown) => faults.push(error));
    }
    if (faults.length > 0) {
      throw faults[0];
    }
  };
  try {
    const store = await openStore(config.store, {
      enrichment: createEnrichment(config),
      log,
      now,
      command,
    });
    ends.push(() => store.stop());
    const captures: RunningCaptures = new RunningCaptures(config, {
      store,
      onBatch: (batch) => {
        if (batch.kind === 'windows') {
          live.add(batch);
        }
      },
      run: randomUUID(),
      log,
    });
    const live = new Totals(() => captures.connections(), now);
    const limits = config.query;
    const thresholds = config.findings;
    const retention = config.store.retention;
    const api = await startApi({ store, retention, captures, live, config: config.api, limits, thresholds, log, now });
    ends.push(() => api.stop());
    if (capture) {
      ends.push(async () => {
        const patience = setTimeout(() => store.giveUpWaiting(), SPACE_PATIENCE);
        await captures.stop().finally(() => clearTimeout(patience));
      });
      await captures.start();
    }
    const queries = new Queries({ store, retention, captures, config: limits, thresholds, now });
    ends.push(() => queries.stop());
    return { url: api.url, captures, store, queries, ended: () => captures.ended(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
