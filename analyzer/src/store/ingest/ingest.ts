import { errorKinds, TcpscopeError } from '../../errors.js';
import type { Engine } from '../engine/engine.js';
import type { Log } from '../log.js';
import { wireType } from '../native/columns.js';
import { storedColumns, type Schema } from '../schema/tables.js';
import type { Outcome, SpoolFolder } from '../spool/folder.js';
import type { Losses } from '../spool/losses.js';
import type { SpoolFile } from '../spool/name.js';
import { isNoSpace, judge } from './faults.js';
import type { ImportLedger } from './ledger.js';

export interface IngestOptions {
  readonly engine: Engine;
  readonly schema: Schema;
  readonly folder: SpoolFolder;
  readonly ledger: ImportLedger;
  readonly losses: Losses;
  readonly log: Log;
  /** Whether this process is still writing a file: it will be added when it has been written. */
  readonly isComing: (name: string) => boolean;
  /** Most bytes of files set aside. */
  readonly quarantineLimit: number;
  /** Milliseconds after which a block that is still not stored is said to be in the way. */
  readonly slowMs?: number;
  /** Called after a file has left the spool. */
  readonly onFreed: () => void;
  /** Called with the milliseconds that storing a block took. */
  readonly onStored: (file: SpoolFile, ms: number) => void;
}

const longestPauseMs = 15_000;
/** A block takes well below a second, and some seconds on a busy disk. */
const slowBlockMs = 30_000;
/** A block with which the engine died as often as this is set aside; once can be chance, or another query's fault. */
const crashesAllowed = 5;

interface Listener {
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
}

interface Entry {
  readonly file: SpoolFile;
  /** Written by this process in this life, so nothing can have happened to it. */
  readonly own: boolean;
}

/**
 * Moves files from the spool into the tables, one after the other in the order of writing. A file goes away only after
 * the engine has acknowledged its rows; whatever happens in between, it is tried again, and its token makes trying twice
 * the same as trying once.
 */
export class Ingest {
  private readonly queue: Entry[] = [];
  private readonly known = new Set<string>();
  private readonly doneSinceListing = new Set<string>();
  private readonly listeners = new Map<string, Listener>();
  private readonly unclaimed = new Map<string, Outcome>();
  private scanning: Promise<void> = Promise.resolve();
  private readonly idlers: Array<() => void> = [];
  private queuedBytes = 0;
  private stopped = false;
  private wakeLoop: (() => void) | null = null;
  private loop: Promise<void> | null = null;
  private obstacleNow: string | null = null;

  constructor(private readonly options: IngestOptions) {}

  /** Bytes of the files that wait. */
  get bytes(): number {
    return this.queuedBytes;
  }

  get files(): number {
    return this.known.size;
  }

  /** What keeps rows from being stored at the moment; null when nothing does. */
  get obstacle(): string | null {
    return this.obstacleNow;
  }

  start(): void {
    this.loop = this.run();
  }

  add(file: SpoolFile, own: boolean): void {
    if (this.known.has(file.name)) {
      return;
    }
    this.known.add(file.name);
    this.queuedBytes += file.bytes;
    this.queue.push({ file, own });
    this.wake();
  }

  /** Looks for files that another process, or an earlier life of this one, has put into the spool. */
  scan(): Promise<void> {
    this.scanning = this.scanning.catch(() => undefined).then(() => this.look());
    return this.scanning;
  }

  private async look(): Promise<void> {
    // A file of the listing may be stored and gone before the listing is looked at.
    this.doneSinceListing.clear();
    const { files, foreign } = await this.options.folder.list();
    for (const name of foreign) {
      await this.setAside(name, 'not a spool file of tcpscope', 0);
    }
    for (const file of files) {
      if (!this.doneSinceListing.has(file.name) && !this.options.isComing(file.name)) {
        this.add(file, false);
      }
    }
  }

  /** Resolves when a file of an import, written by this process, has left the spool; to be asked once for each. */
  settled(name: string): Promise<Outcome> {
    const outcome = this.unclaimed.get(name);
    this.unclaimed.delete(name);
    if (outcome !== undefined) {
      return Promise.resolve(outcome);
    }
    return new Promise((resolve, reject) => {
      if (this.stopped) {
        reject(new TcpscopeError(errorKinds.storeUnavailable, ['it was stopped']));
      }
      this.listeners.set(name, { resolve, reject });
    });
  }

  /** Resolves when no file waits. */
  async idle(): Promise<void> {
    while (this.known.size > 0 && !this.stopped) {
      await new Promise<void>((resolve) => this.idlers.push(resolve));
    }
  }

  /** Finishes the file in hand; the others stay in the spool. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.loop;
    this.idlers.splice(0).forEach((resolve) => resolve());
    for (const { reject } of this.listeners.values()) {
      reject(new TcpscopeError(errorKinds.storeUnavailable, ['it was stopped']));
    }
    this.listeners.clear();
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const entry = this.queue.shift();
      if (entry === undefined) {
        await this.sleep(null);
        continue;
      }
      const outcome = await this.process(entry).catch((error: Error) => {
        this.options.log.error(
          { err: error, file: entry.file.name },
          'spool file could not be handled, will try again'
        );
        return null;
      });
      this.known.delete(entry.file.name);
      this.doneSinceListing.add(entry.file.name);
      this.queuedBytes -= entry.file.bytes;
      if (outcome === null) {
        // The scan after the next listing finds it again.
        await this.sleep(1000);
        continue;
      }
      this.options.onFreed();
      this.tell(entry, outcome);
      if (this.known.size === 0) {
        this.idlers.splice(0).forEach((resolve) => resolve());
      }
    }
  }

  private tell({ file, own }: Entry, outcome: Outcome): void {
    const listener = this.listeners.get(file.name);
    this.listeners.delete(file.name);
    if (listener) {
      listener.resolve(outcome);
    } else if (own && file.kind === 'import') {
      this.unclaimed.set(file.name, outcome);
    }
  }

  /** Null when the analyzer stops before the file is stored. */
  private async process({ file, own }: Entry): Promise<Outcome | null> {
    const { folder, ledger, losses } = this.options;
    let outcome: Outcome | null;
    const imported = file.kind === 'import' ? ledger.check(file) : 'new';
    if (imported !== 'new') {
      outcome = imported;
      if (imported === 'conflict') {
        losses.add('import-conflict', file.rows);
      }
    } else if (!own && !(await folder.isIntact(file))) {
      outcome = 'quarantined';
      await this.setAside(file.name, 'its bytes are not those that were written', file.rows);
    } else {
      outcome = await this.store(file);
    }
    if (outcome === null) {
      return null;
    }
    if (file.kind === 'import' && !own) {
      await folder.answer(file.name, outcome);
    }
    if (outcome !== 'quarantined') {
      await folder.remove(file.name);
    }
    return outcome;
  }

  /** Tries until the rows are stored, or are known never to be. */
  private async store(file: SpoolFile): Promise<Outcome | null> {
    const table = this.options.schema.tables.find(({ name }) => name === file.table);
    const isMark = file.table === 'imports';
    if (table === undefined && !isMark) {
      await this.setAside(file.name, `there is no table ${file.table}`, file.rows);
      return 'quarantined';
    }
    let crashes = 0;
    for (let attempt = 0; !this.stopped; attempt++) {
      // A database that hangs answers nothing, not even an error, until the deadline of an insert.
      const slow = setTimeout(() => this.hinder('the database does not answer'), this.options.slowMs ?? slowBlockMs);
      try {
        const started = performance.now();
        if (table !== undefined) {
          await this.options.engine.insertNative({
            table: table.name,
            columns: storedColumns(table).map((column) => ({ name: column.name, type: wireType(column) })),
            path: this.options.folder.pathOf(file.name),
            token: file.token,
          });
        }
        if (file.kind === 'import') {
          await this.options.ledger.record(file);
        }
        this.clear();
        this.options.onStored(file, performance.now() - started);
        return 'stored';
      } catch (error) {
        clearTimeout(slow);
        const verdict = judge(error);
        crashes += verdict === 'crashed' ? 1 : 0;
        if (verdict === 'reject' || crashes >= crashesAllowed) {
          await this.setAside(file.name, (error as Error).message, file.rows);
          return 'quarantined';
        }
        this.hinder(isNoSpace(error) ? 'the disk is full' : (error as Error).message);
        await this.sleep(Math.min(250 * 2 ** attempt, longestPauseMs));
      } finally {
        clearTimeout(slow);
      }
    }
    return null;
  }

  private async setAside(name: string, reason: string, rows: number): Promise<void> {
    const { folder, log, losses, quarantineLimit } = this.options;
    const fate = await folder.quarantine(name, reason, quarantineLimit);
    losses.add(({ kept: 'quarantined', deleted: 'quarantine-full', gone: 'vanished' } as const)[fate], rows);
    log.error({ file: name, reason, rows, fate }, 'spool file set aside');
  }

  private hinder(reason: string): void {
    if (this.obstacleNow === null) {
      this.options.log.warn({ reason }, 'rows cannot be stored at the moment, they wait in the spool');
    }
    this.obstacleNow = reason;
  }

  private clear(): void {
    if (this.obstacleNow !== null) {
      this.options.log.info({}, 'rows are stored again');
      this.obstacleNow = null;
    }
  }

  private wake(): void {
    this.wakeLoop?.();
  }

  /** Sleeps for `ms`, or until woken with null; stopping wakes in any case, a new file only the endless sleep. */
  private sleep(ms: number | null): Promise<void> {
    return new Promise((resolve) => {
      if (this.stopped) {
        resolve();
        return;
      }
      const done = () => {
        clearTimeout(timer);
        this.wakeLoop = null;
        resolve();
      };
      const timer = ms === null ? undefined : setTimeout(done, ms);
      this.wakeLoop = () => {
        if (ms === null || this.stopped) {
          done();
        }
      };
    });
  }
}
