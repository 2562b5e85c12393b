import { errorKinds, TcpscopeError } from '../errors.js';
import type { Enrichment } from '../enrich/index.js';
import type { StoreConfig } from './config.js';
import { GatheringImport, type Import, type ImportSource } from './import.js';
import { isLocked } from './lock.js';
import { silent, type Log } from './log.js';
import type { StoredBatch } from './native/rows.js';
import { RowWriter, type Origin, type WriteOutcome } from './row-writer.js';
import { schemaOf, type Schema } from './schema/tables.js';
import { SpoolFolder, type Outcome } from './spool/folder.js';
import { Losses, type Loss, type LossReason } from './spool/losses.js';
import { SpoolWriter } from './spool/writer.js';
import { lockFile } from './layout.js';

export interface SpoolDependencies {
  readonly enrichment: Enrichment;
  readonly log?: Log;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** For tests: another schema. */
  readonly schema?: Schema;
}

/** Hands rows over to the process that owns the store; see `openSpool`. */
export interface Spool {
  /** As `Store.write`: resolves when the rows are in the spool. */
  write(batch: StoredBatch, origin: Origin): Promise<WriteOutcome>;
  beginImport(source: ImportSource): Import;
  /** Rows that were lost, by reason. */
  losses(): Partial<Record<LossReason, Loss>>;
  stop(): Promise<void>;
}

const pollMs = 200;
/** A listing of the spool is believed for so long; own files are added to it at once. */
const usageBelievedMs = 1000;

/**
 * Opens a store whose lock another process holds, for writing only: rows go into its spool, the owner stores them.
 * Enrichment is this process's own, so both should read the same configuration.
 */
export async function openSpool(config: StoreConfig, dependencies: SpoolDependencies): Promise<Spool> {
  const { enrichment, log = silent, now = Date.now, schema = schemaOf() } = dependencies;
  const folder = new SpoolFolder(config.folder);
  try {
    await folder.create();
  } catch (error) {
    throw new TcpscopeError(errorKinds.storeFolder, [config.folder, (error as Error).message], { cause: error });
  }
  const losses = new Losses(now);
  let used = 0;
  let usedAt = -Infinity;
  const spool = new SpoolWriter({
    folder,
    limit: config.spoolLimit,
    pendingLimit: config.pendingLimit,
    fsync: config.fsync,
    losses,
    log,
    now,
    used: async () => {
      if (performance.now() - usedAt > usageBelievedMs) {
        const { files } = await folder.list();
        used = files.reduce((sum, { bytes }) => sum + bytes, 0);
        usedAt = performance.now();
      }
      return used;
    },
    onWritten: (file) => {
      used += file.bytes;
    },
  });
  const writer = new RowWriter(spool, schema, enrichment, now);

  const settled = async (name: string): Promise<Outcome> => {
    for (;;) {
      const answer = await folder.takeAnswer(name);
      if (answer !== null) {
        return answer;
      }
      if (!isLocked(lockFile(config.folder))) {
        const { files } = await folder.list();
        throw new TcpscopeError(errorKinds.storeOwnerGone, [config.folder, files.length]);
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  };

  return {
    write: (batch, origin) => writer.write([batch], origin),
    beginImport: (source) => new GatheringImport({ source, writer, settled }),
    losses: () => losses.snapshot(),
    stop: () => spool.stop(),
  };
}
