import { basename } from 'node:path';
import { Diagnoser } from '../diagnose/index.js';
import { createEnrichment } from '../enrich/index.js';
import { errorKinds, TcpscopeError } from '../errors.js';
import type { Batch } from '../flow/index.js';
import { readCaptures, type ReadResult } from '../pipeline/index.js';
import { openSpool, openStore, type Import, type ImportResult } from '../store/index.js';
import type { Log } from '../store/log.js';
import { version } from '../version.js';
import { flowOf, type ServiceConfig } from './config.js';
import { ImportedFiles } from './imported-files.js';

export interface ImportOptions {
  readonly config: ServiceConfig;
  readonly workers: number;
  readonly log: Log;
  onProgress?(read: number, size: number | null): void;
  /** Every packet has been read; the rest of the rows are on their way into the tables. */
  onRead?(): void;
  /** Rows cannot be stored now, for a reason that has lasted; they are kept, and stored when it is gone. Said once for each. */
  onWaiting?(reason: string): void;
}

export interface ImportOutcome {
  readonly read: ReadResult;
  readonly rows: ImportResult;
  /** First window and end of the last, seconds since 1970; null when there was no TCP packet. */
  readonly span: { readonly from: number; readonly to: number } | null;
  /** Whether another process holds the store and took the rows. */
  readonly handedOver: boolean;
}

/** Seconds of a window. */
const WINDOW = 10;
/** Milliseconds between two looks at what keeps rows from being stored. */
const LOOK = 2000;

/**
 * Stores the rows of capture files, once, however often the same files are imported. Works while a capture or `serve` runs
 * on the same store. Throws errors of the catalogue.
 */
export async function importFiles(paths: readonly string[], options: ImportOptions): Promise<ImportOutcome> {
  const { config, workers } = options;
  if (paths.includes('-')) {
    throw new TcpscopeError(errorKinds.importStdin);
  }
  const files = await ImportedFiles.named(paths);
  const source = {
    probe: config.probe,
    hash: files.hash,
    // Which rows there are, and in which blocks, depends on all of these.
    layout: [version, workers, config.connections, config.serverPorts.join('.')].join('-'),
  };
  const target = await openTarget(options);
  const watch = watchReasons(() => target.reasons(), options);
  try {
    const rows = target.beginImport(source);
    const span = new Span();
    const diagnoser = new Diagnoser({
      workers,
      patience: Infinity,
      emit: (batch, worker) => rows.write(batch, worker),
      emitFeed: (windows) => rows.write({ kind: 'feed', rows: windows.length, capture: nameOf(paths), windows }),
      feed: config.feed,
    });
    const read = await readCaptures(paths, {
      workers,
      flow: flowOf(config),
      onBatch: (batch, worker) => {
        span.add(batch);
        return batch.kind === 'connections' ? diagnoser.accept(batch, worker) : rows.write(batch, worker);
      },
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    });
    await diagnoser.finish();
    options.onRead?.();
    const damage = [...read.damage, ...(await files.changed())];
    return { read: { ...read, damage }, rows: await rows.complete(), span: span.range, handedOver: target.handedOver };
  } finally {
    clearInterval(watch);
    await target.stop();
  }
}

/** What the files are called as a capture: the first one, and how many more. */
function nameOf(paths: readonly string[]): string {
  const [first = ''] = paths;
  return `${basename(first)}${paths.length > 1 ? ` and ${paths.length - 1} more` : ''}`;
}

/** Tells what has been in the way for two looks: a restart of the engine passes sooner. */
function watchReasons(reasonsNow: () => readonly string[], { onWaiting }: ImportOptions): NodeJS.Timeout {
  const told = new Set<string>();
  let former: readonly string[] = [];
  return setInterval(() => {
    const reasons = reasonsNow();
    for (const reason of reasons.filter((one) => former.includes(one) && !told.has(one))) {
      told.add(reason);
      onWaiting?.(reason);
    }
    former = reasons;
  }, LOOK);
}

interface Target {
  readonly handedOver: boolean;
  /** Why rows wait; empty when they do not, or when the owner of the store knows and we do not. */
  reasons(): readonly string[];
  beginImport(source: Parameters<Awaited<ReturnType<typeof openStore>>['beginImport']>[0]): Import;
  stop(): Promise<void>;
}

/** The store itself, or its spool when another process holds the store. */
async function openTarget({ config, log }: ImportOptions): Promise<Target> {
  const enrichment = createEnrichment(config);
  try {
    const store = await openStore(config.store, { enrichment, log, command: 'tcpscope import' });
    return {
      handedOver: false,
      reasons: () => store.health().reasons,
      beginImport: (source) => store.beginImport(source),
      stop: () => store.stop(),
    };
  } catch (error) {
    if (!(error instanceof TcpscopeError && error.code === errorKinds.storeLocked.code)) {
      throw error;
    }
    const spool = await openSpool(config.store, { enrichment, log });
    return {
      handedOver: true,
      reasons: () => [],
      beginImport: (source) => spool.beginImport(source),
      stop: () => spool.stop(),
    };
  }
}

/** The windows that rows are in. */
class Span {
  private from = Infinity;
  private to = -Infinity;

  add(batch: Batch): void {
    if (batch.kind === 'windows') {
      this.from = Math.min(this.from, batch.window);
      this.to = Math.max(this.to, batch.window + WINDOW);
    }
  }

  get range(): { from: number; to: number } | null {
    return this.from > this.to ? null : { from: this.from, to: this.to };
  }
}
