import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorKinds, TcpscopeError } from '../../errors.js';
import { identifier } from '../schema/ddl.js';
import { whileLocked } from '../lock.js';
import type { Log } from '../log.js';
import { engineConfigFile } from './config-file.js';
import { mendDeduplicationLogs } from './deduplication-log.js';
import {
  EngineFault,
  type Engine,
  type EngineState,
  type EngineStatus,
  type NativeInsert,
  type Parameters,
  type Selection,
  type SelectOptions,
  type UnreadSelection,
} from './engine.js';
import { Limiter } from './limiter.js';
import { setParameters, sqlString } from './parameters.js';
import { EngineProcess } from './process.js';
import { parseSelection, selectFormat, selectFormatSettings } from './result.js';

export interface EmbeddedOptions {
  /** The store's folder; the database lies in `engine` below it. */
  readonly folder: string;
  /** Bytes. */
  readonly memory: number;
  readonly queryMemory: number;
  readonly concurrentQueries: number;
  readonly queuedQueries: number;
  /** Seconds. */
  readonly queryTimeout: number;
  readonly fsync: boolean;
  readonly log: Log;
  readonly now: () => number;
  /** How long after its own deadline a query may still be unanswered before the engine counts as hanging. */
  readonly graceMs?: number;
  /** How long a request waits for an engine that is being restarted. */
  readonly restartPatienceMs?: number;
  /** The binding's package; another name only to see what happens when it is missing. */
  readonly module?: string;
}

export const database = 'tcpscope';

const prelude = [`CREATE DATABASE IF NOT EXISTS ${database}`, `USE ${database}`];
const ingestPrelude = [
  'SET max_insert_threads = 1',
  // Rollups add up when parts are merged, not block by block: half the time of an insert (see `rollupQuery`).
  'SET optimize_on_insert = 0',
  // A window straddling midnight, or an old capture of many days, is one block for many partitions.
  'SET max_partitions_per_insert_block = 0',
  'SET insert_deduplicate = 1, deduplicate_blocks_in_dependent_materialized_views = 1',
  // Blocks of an older version lack counters of a newer one, and the other way round.
  'SET input_format_skip_unknown_fields = 1, input_format_defaults_for_omitted_fields = 1',
];

const defaultRestartPatienceMs = 5000;
/** How long the engine of a process that was killed may take to end. */
const endPatienceMs = 10_000;
const defaultGraceMs = 15_000;
const insertDeadlineMs = 600_000;
const longestBackoffMs = 30_000;

/** ClickHouse inside a process of its own (chdb), restarted when it ends. */
export class EmbeddedEngine implements Engine {
  private process: EngineProcess | null = null;
  private version = '';
  private state: EngineState = 'starting';
  private since: number;
  private restarts = 0;
  private lastFailure: string | null = null;
  private readonly limiter: Limiter;
  private readonly waiters = new Set<() => void>();
  private restartTimer: NodeJS.Timeout | null = null;
  private nextTag = 1;

  private constructor(private readonly options: EmbeddedOptions) {
    this.limiter = new Limiter(options.concurrentQueries, options.queuedQueries);
    this.since = options.now();
  }

  /** Throws `storeEngineMissing`, `storeEngineUnsupported` or `storeEngineFailed`. */
  static async start(options: EmbeddedOptions): Promise<EmbeddedEngine> {
    const engine = new EmbeddedEngine(options);
    await mkdir(join(options.folder, 'engine'), { recursive: true });
    await writeFile(engine.configPath, engineConfigFile(options));
    await engine.open();
    return engine;
  }

  get status(): EngineStatus {
    return {
      state: this.state,
      since: this.since,
      version: this.version,
      restarts: this.restarts,
      lastFailure: this.lastFailure,
      pid: this.process?.pid ?? null,
      running: this.limiter.running,
      queued: this.limiter.queued,
    };
  }

  /** Resident memory of the engine process in bytes, null while there is none. */
  async memory(): Promise<number | null> {
    return (await this.process?.memory().catch(() => null)) ?? null;
  }

  async execute(sql: string): Promise<void> {
    await (await this.current()).run('admin', sql);
  }

  async insertNative({ table, columns, path, token }: NativeInsert): Promise<void> {
    const names = columns.map(({ name }) => identifier(name)).join(', ');
    const structure = columns.map(({ name, type }) => `${identifier(name)} ${type}`).join(', ');
    const sql =
      `INSERT INTO ${table} (${names}) SELECT ${names} ` +
      `FROM file(${sqlString(path)}, 'Native', ${sqlString(structure)}) ` +
      `SETTINGS insert_deduplication_token = ${sqlString(token)}`;
    const process = await this.current();
    await this.withDeadline(process, insertDeadlineMs, process.run('ingest', sql));
  }

  async select(sql: string, parameters: Parameters, options: SelectOptions): Promise<Selection> {
    const { bytes } = await this.selectUnread(sql, parameters, options);
    try {
      return parseSelection(bytes, options.maxRows);
    } catch (error) {
      throw new TcpscopeError(errorKinds.queryFailed, [`unreadable answer, ${(error as Error).message}`], {
        cause: error,
      });
    }
  }

  async selectUnread(sql: string, parameters: Parameters, options: SelectOptions): Promise<UnreadSelection> {
    const { signal } = options;
    const timeoutMs = Math.max(1, Math.min(options.timeoutMs, this.options.queryTimeout * 1000));
    const set = setParameters(sql, parameters);
    let leave: () => void;
    try {
      leave = await this.limiter.enter(signal);
    } catch (error) {
      throw signal?.aborted ? new TcpscopeError(errorKinds.queryCancelled) : error;
    }
    let answer: Promise<Uint8Array>;
    let askedAt: number;
    try {
      const process = await this.current();
      if (signal?.aborted === true) {
        // Its caller left while the engine restarted: nobody would tell the engine to stop it.
        throw new TcpscopeError(errorKinds.queryCancelled);
      }
      const tag = `tcpscope-${this.nextTag++}`;
      const statement = `${set}${sql}\n${this.selectSettings(timeoutMs, options.maxRows, tag)}`;
      askedAt = performance.now();
      answer = this.withDeadline(
        process,
        timeoutMs + (this.options.graceMs ?? defaultGraceMs),
        process.run('query', statement, selectFormat)
      );
      const abort = () => void process.run('admin', killQuery(tag)).catch(() => undefined);
      signal?.addEventListener('abort', abort, { once: true });
      // The place is free when the engine is done with the query, not when its caller has lost interest.
      void answer
        .catch(() => undefined)
        .finally(() => {
          signal?.removeEventListener('abort', abort);
          leave();
        });
    } catch (error) {
      leave();
      throw error;
    }
    try {
      const bytes = await (signal ? unlessAborted(answer, signal) : answer);
      return { bytes, elapsedMs: performance.now() - askedAt };
    } catch (error) {
      throw this.explain(error, timeoutMs, signal);
    }
  }

  async ready(patienceMs: number): Promise<boolean> {
    if (this.state === 'ready' || this.state === 'stopped' || patienceMs <= 0) {
      return this.state === 'ready';
    }
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.waiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, patienceMs);
      this.waiters.add(done);
    });
    return (this.state as EngineState) === 'ready';
  }

  /** @param patienceMs how long running statements may take before the process is killed */
  async stop(patienceMs?: number): Promise<void> {
    this.become('stopped');
    if (this.restartTimer) {
      clearTimeout(this.restartTimer);
    }
    await this.process?.close(patienceMs);
  }

  private get configPath(): string {
    return join(this.options.folder, 'engine.xml');
  }

  private async open(): Promise<void> {
    const { folder, module, concurrentQueries, log } = this.options;
    await this.mend();
    const { process, version } = await EngineProcess.open({
      open: {
        kind: 'open',
        module: module ?? 'chdb',
        folder: join(folder, 'engine'),
        arguments: [`--config-file=${this.configPath}`, '--async_insert=0'],
        prelude,
        ingestPrelude,
        querySessions: concurrentQueries,
      },
      log,
      onEnd: (reason) => this.ended(reason),
    });
    if (this.state === 'stopped') {
      await process.close();
      return;
    }
    this.process = process;
    this.version = version;
    this.become('ready');
  }

  /**
   * After a crash the engine may remember blocks that it does not have. When that cannot be mended (a disk that is full, a
   * log of another form) the engine starts all the same: at worst the last blocks before the crash are missing in some
   * tables, while a store that does not start takes in nothing at all.
   */
  private async mend(): Promise<void> {
    const folder = join(this.options.folder, 'engine');
    // The engine holds a lock on this as long as it runs: one that is about to die may still store something. It takes the
    // file away when it ends as it should; then there is nothing to mend.
    const status = join(folder, 'status');
    if (!existsSync(status)) {
      return;
    }
    const { log } = this.options;
    const risk = 'rows that were written just before the crash may be missing in';
    try {
      const free = await whileLocked(status, endPatienceMs, async () => {
        const { entries, unknown, failed } = await mendDeduplicationLogs(folder);
        if (entries > 0) {
          log.info({ entries }, 'blocks that the engine noted but had not stored when it died are stored again');
        }
        for (const table of unknown) {
          log.warn(
            { table },
            `the deduplication log of a table has a form that this version does not know; ${risk} it`
          );
        }
        for (const { table, error } of failed) {
          log.warn({ table, err: error }, `the deduplication log of a table could not be mended; ${risk} it`);
        }
      });
      if (!free) {
        log.warn(
          { folder },
          'the engine of an earlier process does not end; what it noted and did not store cannot be seen'
        );
      }
    } catch (error) {
      log.warn({ folder, err: error as Error }, `the deduplication logs could not be looked at; ${risk} some tables`);
    }
  }

  private ended(reason: string): void {
    this.process = null;
    if (this.state === 'stopped') {
      return;
    }
    this.lastFailure = reason;
    this.restarts++;
    this.options.log.error({ reason }, 'database engine ended, restarting it');
    this.become('restarting');
    this.restart(0);
  }

  private restart(attempt: number): void {
    const delay = Math.min(100 * 2 ** attempt, longestBackoffMs);
    this.restartTimer = setTimeout(() => {
      this.open().then(
        () => this.options.log.info({}, 'database engine runs again'),
        (error: Error) => {
          this.lastFailure = error.message;
          this.options.log.error({ err: error }, 'database engine does not start');
          if (this.state !== 'stopped') {
            this.restart(attempt + 1);
          }
        }
      );
    }, delay);
  }

  private become(state: EngineState): void {
    this.state = state;
    this.since = this.options.now();
    for (const waiter of state === 'ready' || state === 'stopped' ? this.waiters : []) {
      waiter();
    }
  }

  private async current(): Promise<EngineProcess> {
    if (this.state !== 'stopped') {
      await this.ready(this.options.restartPatienceMs ?? defaultRestartPatienceMs);
    }
    if (this.process === null || this.state === 'stopped') {
      const why = this.state === 'stopped' ? 'it was stopped' : `the engine is down (${this.lastFailure})`;
      throw new TcpscopeError(errorKinds.storeUnavailable, [why]);
    }
    return this.process;
  }

  private selectSettings(timeoutMs: number, maxRows: number, tag: string): string {
    return `SETTINGS ${[
      // Read-only also means: no table functions, so nothing outside the database can be read.
      'readonly = 1',
      `max_execution_time = ${timeoutMs / 1000}`,
      `max_memory_usage = ${this.options.queryMemory}`,
      `limit = ${maxRows + 1}`,
      `log_comment = ${sqlString(tag)}`,
      ...selectFormatSettings,
    ].join(', ')}`;
  }

  /** An engine that answers neither in time nor with an error hangs in native code; only a new one helps. */
  private async withDeadline<T>(process: EngineProcess, ms: number, answer: Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      this.options.log.error({ ms }, 'database engine hangs, killing it');
      process.kill();
    }, ms);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  }

  private explain(error: unknown, timeoutMs: number, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) {
      return new TcpscopeError(errorKinds.queryCancelled);
    }
    if (!(error instanceof EngineFault)) {
      return error;
    }
    switch (error.code) {
      case null:
        return new TcpscopeError(errorKinds.storeEngineStopped, [error.message], { cause: error });
      case faultCodes.timeout:
        return new TcpscopeError(errorKinds.queryTimeout, [timeoutMs / 1000], { cause: error });
      case faultCodes.memory:
        return new TcpscopeError(errorKinds.queryMemory, [mebibytes(this.options.queryMemory)], { cause: error });
      case faultCodes.cancelled:
        return new TcpscopeError(errorKinds.queryCancelled, [], { cause: error });
      default:
        return new TcpscopeError(errorKinds.queryFailed, [error.message.slice(0, 500)], { cause: error });
    }
  }
}

/** Error codes of ClickHouse. */
const faultCodes = { timeout: 159, memory: 241, cancelled: 394 };

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)}MiB`;
}

function killQuery(tag: string): string {
  return `KILL QUERY WHERE Settings['log_comment'] = ${sqlString(tag)} ASYNC`;
}

function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) {
      abort();
    }
    signal.addEventListener('abort', abort, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
