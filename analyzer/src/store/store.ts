import { watch, type FSWatcher } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { basename } from 'node:path';
import { errorKinds, TcpscopeError } from '../errors.js';
import type { Enrichment } from '../enrich/index.js';
import type { StoreConfig } from './config.js';
import { EmbeddedEngine } from './engine/embedded.js';
import type { Parameters, Selection, SelectOptions, UnreadSelection } from './engine/engine.js';
import { GatheringImport, type Import, type ImportSource } from './import.js';
import { Ingest } from './ingest/ingest.js';
import { ImportLedger } from './ingest/ledger.js';
import { lockFile } from './layout.js';
import { acquireLock, type Lock } from './lock.js';
import { silent, type Log } from './log.js';
import { makeFolder } from './make-folder.js';
import type { StoredBatch } from './native/rows.js';
import { RowWriter, type Origin, type WriteOutcome } from './row-writer.js';
import { applyRetention, migrate } from './schema/migrate.js';
import { inDatabase, type Migration } from './schema/migrations.js';
import { read } from './schema/read.js';
import { schemaOf, type Schema } from './schema/tables.js';
import { SpoolFolder } from './spool/folder.js';
import { Losses } from './spool/losses.js';
import { SpoolWriter } from './spool/writer.js';
import { Counters, type DiskUse, type StoreHealth, type StoreStats } from './stats.js';

export interface StoreDependencies {
  readonly enrichment: Enrichment;
  readonly log?: Log;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** What to call this process when somebody else asks who holds the store. */
  readonly command?: string;
  /** For tests: another schema, other migrations, another binding. */
  readonly schema?: Schema;
  readonly migrations?: readonly Migration[];
  readonly module?: string;
}

export interface Store {
  /**
   * Writes a batch of a capture. Resolves when its rows are in the spool, from where they reach the tables whatever
   * happens, or are lost and counted (never by an exception). The batch belongs to the store from now on.
   */
  write(batch: StoredBatch, origin: Origin): Promise<WriteOutcome>;
  /** The same for several batches of one kind, at least one: few large blocks are stored faster than many small ones. */
  writeTogether(batches: readonly StoredBatch[], origin: Origin): Promise<WriteOutcome>;
  /** Begins the import of a file: its rows are stored once, however often and whenever it is imported. */
  beginImport(source: ImportSource): Import;
  /** Resolves when everything in the spool is in the tables. */
  flush(): Promise<void>;
  /**
   * Runs one read-only SELECT without SETTINGS and FORMAT; values reach it as `{name:Type}` placeholders only. Throws
   * `queryTimeout`, `queryMemory`, `queryCancelled`, `queryFailed`, `storeBusy`, `storeUnavailable`,
   * `storeEngineStopped`, `storeParameter`.
   */
  select(sql: string, parameters: Parameters, options: SelectOptions): Promise<Selection>;
  /** The same, and the answer is for `parseSelection` to read: of a large one, in another thread. */
  selectUnread(sql: string, parameters: Parameters, options: SelectOptions): Promise<UnreadSelection>;
  health(): StoreHealth;
  stats(): StoreStats;
  /** Sizes of the tables, from the engine's own lists: cheap, but a query. */
  diskUse(): Promise<DiskUse>;
  /** From now on rows that find no space are lost and counted at once: for an analyzer that ends and cannot wait for any. */
  giveUpWaiting(): void;
  /** Finishes what is in hand and closes the database. What waits in the spool is stored at the next start. */
  stop(): Promise<void>;
}

const scanMs = 1000;
const sweepMs = 600_000;
/** Rows lost are a reason for concern for so long; the counters keep them for ever. */
const lossShownMs = 900_000;
/** How long the engine may take for the block in hand when the store is stopped. */
const lastBlockMs = 8000;
/** How long it may then take to end. */
const hangingMs = 1000;
/** An engine that lost its parent holds its lock for another moment. */
const orphanPatienceMs = 10_000;

/**
 * Opens the store of a folder and owns it until `stop`. Throws `storeFolder`, `storeLocked`, `storeEngineMissing`,
 * `storeEngineUnsupported`, `storeEngineFailed`, `storeNewer`, `storeSchema`.
 */
export async function openStore(config: StoreConfig, dependencies: StoreDependencies): Promise<Store> {
  const { folder } = config;
  const spoolFolder = new SpoolFolder(folder);
  const { now = Date.now, command = basename(process.argv[1] ?? 'tcpscope') } = dependencies;
  let lock: Lock | undefined;
  let engine: EmbeddedEngine | undefined;
  try {
    try {
      // Who talked to whom is nobody else's business.
      await makeFolder(folder, 0o750);
      await spoolFolder.create();
      const holder = { pid: process.pid, command, since: new Date(now()).toISOString() };
      lock = await acquireLock(lockFile(folder), folder, holder);
    } catch (error) {
      throw error instanceof TcpscopeError
        ? error
        : new TcpscopeError(errorKinds.storeFolder, [folder, (error as Error).message], { cause: error });
    }
    const { log = silent, module, schema = schemaOf(), migrations } = dependencies;
    engine = await startEngine(config, { log, now, ...(module === undefined ? {} : { module }) });
    const migration = { engine, schema, retention: config.retention, folder, log, now };
    await migrate(migrations === undefined ? migration : { ...migration, migrations });
    await applyRetention(migration);
    const ledger = await ImportLedger.load(engine, now);
    const { enrichment } = dependencies;
    const store = new OpenStore({ config, spoolFolder, lock, engine, ledger, schema, enrichment, log, now });
    await store.start();
    return store;
  } catch (error) {
    await engine?.stop();
    lock?.release();
    throw error;
  }
}

async function startEngine(
  config: StoreConfig,
  dependencies: { log: Log; now: () => number; module?: string }
): Promise<EmbeddedEngine> {
  const deadline = performance.now() + orphanPatienceMs;
  for (;;) {
    try {
      return await EmbeddedEngine.start({ ...config, ...dependencies });
    } catch (error) {
      if (!/Cannot lock file/.test((error as Error).message) || performance.now() > deadline) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

interface Parts {
  readonly config: StoreConfig;
  readonly spoolFolder: SpoolFolder;
  readonly lock: Lock;
  readonly engine: EmbeddedEngine;
  readonly ledger: ImportLedger;
  readonly schema: Schema;
  readonly enrichment: Enrichment;
  readonly log: Log;
  readonly now: () => number;
}

class OpenStore implements Store {
  private readonly counters = new Counters();
  private readonly losses: Losses;
  private readonly ingest: Ingest;
  private readonly spool: SpoolWriter;
  private readonly writer: RowWriter;
  private readonly timers: NodeJS.Timeout[] = [];
  private watcher: FSWatcher | null = null;
  private scanning: Promise<void> | null = null;
  private unreadable = false;
  private stopping: Promise<void> | null = null;

  constructor(private readonly parts: Parts) {
    const { config, spoolFolder: folder, engine, ledger, schema, enrichment, log, now } = parts;
    const losses = (this.losses = new Losses(now));
    this.ingest = new Ingest({
      engine,
      schema,
      folder,
      ledger,
      losses,
      log,
      isComing: (name) => this.spool.isWriting(name),
      quarantineLimit: config.spoolLimit,
      onFreed: () => this.spool.wake(),
      onStored: (file, ms) => this.counters.stored(file.table, file.rows, ms),
    });
    this.spool = new SpoolWriter({
      folder,
      limit: config.spoolLimit,
      pendingLimit: config.pendingLimit,
      fsync: config.fsync,
      losses,
      log,
      now,
      used: () => Promise.resolve(this.ingest.bytes),
      onWritten: (file) => this.ingest.add(file, true),
    });
    this.writer = new RowWriter(this.spool, schema, enrichment, now);
  }

  async start(): Promise<void> {
    const { spoolFolder, now } = this.parts;
    await spoolFolder.sweep(now());
    await this.ingest.scan();
    this.ingest.start();
    // Watching is quick, but not every file system tells; the timer is what can be relied on.
    const scan = () => this.scan();
    this.timers.push(setInterval(scan, scanMs));
    this.timers.push(setInterval(() => void spoolFolder.sweep(now()).catch(() => undefined), sweepMs));
    try {
      this.watcher = watch(spoolFolder.path, scan);
      this.watcher.on('error', () => undefined);
    } catch {
      this.watcher = null;
    }
  }

  write(batch: StoredBatch, origin: Origin): Promise<WriteOutcome> {
    return this.writeTogether([batch], origin);
  }

  async writeTogether(batches: readonly StoredBatch[], origin: Origin): Promise<WriteOutcome> {
    if (this.stopping) {
      const lost = batches.reduce((sum, { rows }) => sum + rows, 0);
      this.losses.add('stopped', lost);
      return { stored: 0, lost, reason: 'stopped' };
    }
    return this.writer.write(batches, origin);
  }

  beginImport(source: ImportSource): Import {
    return new GatheringImport({ source, writer: this.writer, settled: (name) => this.ingest.settled(name) });
  }

  async flush(): Promise<void> {
    await this.ingest.scan();
    await this.ingest.idle();
  }

  select(sql: string, parameters: Parameters, options: SelectOptions): Promise<Selection> {
    return this.counted(this.parts.engine.select(sql, parameters, options));
  }

  selectUnread(sql: string, parameters: Parameters, options: SelectOptions): Promise<UnreadSelection> {
    return this.counted(this.parts.engine.selectUnread(sql, parameters, options));
  }

  private async counted<Answer extends { readonly elapsedMs: number }>(asked: Promise<Answer>): Promise<Answer> {
    try {
      const answer = await asked;
      this.counters.answered(answer.elapsedMs);
      return answer;
    } catch (error) {
      this.counters.refused(error instanceof TcpscopeError ? error.code : 'unknown');
      throw error;
    }
  }

  stats(): StoreStats {
    const { config, engine } = this.parts;
    return {
      ...this.counters.snapshot(),
      unwritten: this.losses.snapshot(),
      spool: {
        files: this.ingest.files,
        bytes: this.ingest.bytes,
        limit: config.spoolLimit,
        pendingBytes: this.spool.pendingBytes,
      },
      engine: engine.status,
    };
  }

  health(): StoreHealth {
    const stats = this.stats();
    const reasons: string[] = [];
    const { state, lastFailure } = stats.engine;
    if (state !== 'ready') {
      reasons.push(`the database engine is ${state}${lastFailure === null ? '' : ` (${lastFailure})`}`);
    }
    if (this.ingest.obstacle !== null) {
      reasons.push(`rows wait in the spool: ${this.ingest.obstacle}`);
    }
    if (this.spool.obstacle !== null) {
      reasons.push(`rows wait in memory: ${this.spool.obstacle}`);
    }
    for (const [reason, { rows, lastAt }] of Object.entries(stats.unwritten)) {
      if (this.parts.now() - lastAt < lossShownMs) {
        reasons.push(`${rows} rows were not stored: ${reason}`);
      }
    }
    return { state: state !== 'ready' ? 'down' : reasons.length > 0 ? 'degraded' : 'ok', reasons, stats };
  }

  async diskUse(): Promise<DiskUse> {
    const { engine, spoolFolder, config } = this.parts;
    const rows = await read(
      engine,
      `SELECT table, sum(rows), sum(bytes_on_disk), toUnixTimestamp(min(min_time)), toUnixTimestamp(max(max_time))
       FROM system.parts WHERE active AND ${inDatabase} GROUP BY table`
    );
    const sizes = new Map(rows.map(([table, ...rest]) => [table, rest.map(Number)]));
    const space = await statfs(config.folder);
    return {
      tables: this.parts.schema.tables.map(({ name }) => {
        const [count = 0, bytes = 0, oldest, newest] = sizes.get(name) ?? [];
        return { table: name, rows: count, bytes, oldest: count ? oldest! : null, newest: count ? newest! : null };
      }),
      quarantined: await spoolFolder.quarantined(),
      free: space.bavail * space.bsize,
      engineMemory: await engine.memory(),
    };
  }

  giveUpWaiting(): void {
    this.spool.giveUpWaiting();
  }

  stop(): Promise<void> {
    this.stopping ??= this.shutDown();
    return this.stopping;
  }

  private async shutDown(): Promise<void> {
    this.timers.forEach(clearInterval);
    this.watcher?.close();
    await this.spool.stop();
    await this.scanning;
    // An engine that hangs is not waited for: its block stays in the spool, and is stored once however far it had come.
    const hanging = setTimeout(() => void this.parts.engine.stop(hangingMs), lastBlockMs);
    await this.ingest.stop();
    clearTimeout(hanging);
    await this.parts.engine.stop();
    this.parts.lock.release();
  }

  private scan(): void {
    this.scanning ??= this.ingest
      .scan()
      .then(() => {
        this.unreadable = false;
      })
      .catch((error: Error) => {
        // Said once, not every second for as long as it lasts.
        if (!this.unreadable) {
          this.parts.log.error({ err: error }, 'spool folder cannot be read');
        }
        this.unreadable = true;
      })
      .finally(() => {
        this.scanning = null;
      });
  }
}
