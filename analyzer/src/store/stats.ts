import type { EngineStatus } from './engine/engine.js';
import type { Loss, LossReason } from './spool/losses.js';

/** Counters since the store was opened, for metrics. */
export interface StoreStats {
  /** Rows stored, by table. */
  readonly written: Readonly<Record<string, number>>;
  /** Rows and batches that were not stored, by reason. */
  readonly unwritten: Partial<Record<LossReason, Loss>>;
  /** Milliseconds from a block's turn in the spool to the acknowledgement of the engine. */
  readonly inserts: { readonly count: number; readonly sumMs: number; readonly maxMs: number; readonly lastMs: number };
  readonly queries: {
    readonly count: number;
    readonly sumMs: number;
    readonly failed: Readonly<Record<string, number>>;
  };
  readonly spool: {
    readonly files: number;
    readonly bytes: number;
    readonly limit: number;
    readonly pendingBytes: number;
  };
  readonly engine: EngineStatus;
}

/** What the store says about itself to those who watch it. */
export interface StoreHealth {
  /** `ok`; `degraded`: rows wait or were lost, or the engine is restarting; `down`: it answers no queries. */
  readonly state: 'ok' | 'degraded' | 'down';
  /** Why it is not ok, in sentences without a full stop. */
  readonly reasons: readonly string[];
  readonly stats: StoreStats;
}

/** Size and age of a table. */
export interface TableSize {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
  /** Oldest and newest window (of `connections`: insertion), seconds since 1970; null for an empty table. */
  readonly oldest: number | null;
  readonly newest: number | null;
}

export interface DiskUse {
  readonly tables: readonly TableSize[];
  /** Bytes of files set aside. */
  readonly quarantined: { readonly files: number; readonly bytes: number };
  /** Space left on the disk of the database, bytes. */
  readonly free: number;
  /** Resident memory of the engine process in bytes; null while there is none. */
  readonly engineMemory: number | null;
}

/** Collects what `StoreStats` shows. */
export class Counters {
  readonly written: Record<string, number> = {};
  readonly failed: Record<string, number> = {};
  private inserts = { count: 0, sumMs: 0, maxMs: 0, lastMs: 0 };
  private queries = { count: 0, sumMs: 0 };

  stored(table: string, rows: number, ms: number): void {
    this.written[table] = (this.written[table] ?? 0) + rows;
    const { count, sumMs, maxMs } = this.inserts;
    this.inserts = { count: count + 1, sumMs: sumMs + ms, maxMs: Math.max(maxMs, ms), lastMs: ms };
  }

  answered(ms: number): void {
    this.queries.count++;
    this.queries.sumMs += ms;
  }

  refused(code: string): void {
    this.failed[code] = (this.failed[code] ?? 0) + 1;
  }

  snapshot(): Pick<StoreStats, 'written' | 'inserts' | 'queries'> {
    return {
      written: { ...this.written },
      inserts: { ...this.inserts },
      queries: { ...this.queries, failed: { ...this.failed } },
    };
  }
}
