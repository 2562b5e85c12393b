import { Diagnoser } from '../diagnose/index.js';
import type { Batch } from '../flow/index.js';
import type { Captures, CaptureStatus } from '../query/index.js';
import type { Store, StoredBatch } from '../store/index.js';
import type { Log } from '../store/log.js';
import { flowOf, type ServiceConfig } from './config.js';
import { GatheredRows, type WriteTogether } from './gathered-rows.js';
import { InterfaceSource } from './interface-source.js';
import type { FlowSettings, Outlet, Source } from './source.js';
import { StreamSource } from './stream-source.js';

/** Epochs of 10 s by which workers may run ahead of one that sees no packets before its share is no longer waited for. */
const PATIENCE = 3;

export interface CapturesDependencies {
  readonly store: Pick<Store, 'writeTogether'>;
  /** Sees every batch before it is written. */
  readonly onBatch: (batch: Batch) => void;
  /** A random id of this run of the analyzer. */
  readonly run: string;
  readonly log: Log;
}

/** All captures of a process, and the way of their rows into the store. */
export class RunningCaptures implements Captures {
  private readonly sources: Source[] = [];
  private workers = 0;
  private rowsLost = 0;

  constructor(
    private readonly config: ServiceConfig,
    private readonly dependencies: CapturesDependencies
  ) {}

  snapshot(): readonly CaptureStatus[] {
    return this.sources.map((source) => source.status());
  }

  /** Connections that are followed now. */
  connections(): number {
    return this.snapshot().reduce((sum, { connections }) => sum + connections, 0);
  }

  /**
   * Until when there is something to see, milliseconds since 1970: the time of the last packet where only streams are read,
   * which may be recordings, else the clock's.
   */
  present(clock: number): { readonly now: number; readonly recorded: boolean } {
    const last = Math.max(0, ...this.snapshot().map(({ lastPacketAt }) => lastPacketAt ?? 0));
    const recorded = last > 0 && this.sources.every((source) => source instanceof StreamSource);
    return { now: recorded ? Math.min(clock, last) : clock, recorded };
  }

  /** Starts what the configuration names. Throws TCPS_E_CAPTURE_…. */
  async start(): Promise<void> {
    const { capture, recent } = this.config;
    const flow: FlowSettings = { ...flowOf(this.config), recent };
    const { log } = this.dependencies;
    for (const one of capture) {
      const workers = one.read === undefined ? one.workers : 1;
      const name = one.read ?? one.interface!;
      const capture = name === '-' ? 'standard input' : name;
      const writers = Array.from({ length: workers }, () => this.writerFor(this.workers++));
      if (one.read !== undefined) {
        const rows = writers.map((write) => new GatheredRows(write));
        const outlet = this.outletFor(
          capture,
          rows.map((each) => (batch) => each.take(batch)),
          async () => void (await Promise.all(rows.map((each) => each.flush())))
        );
        this.sources.push(new StreamSource(one.read, flow, outlet, log));
      } else {
        const outlet = this.outletFor(
          capture,
          writers.map((write) => (batch) => write([batch]))
        );
        this.sources.push(await InterfaceSource.start(one.interface!, one, flow, outlet, log));
        log.info({ interface: one.interface, filter: one.filter, workers: one.workers }, 'capturing');
      }
    }
  }

  /** Resolves when every source has ended by itself; never for an interface. */
  async ended(): Promise<void> {
    await Promise.all(
      this.sources.map((source) => (source instanceof StreamSource ? source.ended : new Promise<void>(() => undefined)))
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.sources.map((source) => source.stop()));
  }

  /**
   * Windows are stored as they come, connections when they are diagnosed.
   * @param takers for each worker, what takes its rows
   * @param flush stores what these hold
   */
  private outletFor(
    capture: string,
    takers: ReadonlyArray<(batch: StoredBatch) => Promise<void>>,
    flush: () => Promise<void> = () => Promise.resolve()
  ): Outlet {
    const take = (batch: StoredBatch, worker: number) => {
      if (batch.kind !== 'feed') {
        this.dependencies.onBatch(batch);
      }
      return takers[worker]!(batch);
    };
    const diagnoser = new Diagnoser({
      workers: takers.length,
      patience: PATIENCE,
      ahead: true,
      emit: take,
      emitFeed: (windows) => take({ kind: 'feed', rows: windows.length, capture, windows }, 0),
      feed: this.config.feed,
    });
    return {
      emit: (batch, worker) => (batch.kind === 'connections' ? diagnoser.take(batch, worker) : take(batch, worker)),
      ended: async () => {
        await diagnoser.finish();
        await flush();
      },
    };
  }

  /** What a worker has to store is numbered through, over restarts of its source too: with the run a name for ever. */
  private writerFor(worker: number): WriteTogether {
    const { store, run, log } = this.dependencies;
    const { probe } = this.config;
    let sequence = 0;
    return async (batches) => {
      const { lost, reason } = await store.writeTogether(batches, { probe, run, worker, sequence: sequence++ });
      if (lost > 0) {
        // Counted by the store and shown in /health; said once, not for every window of a full disk.
        if (this.rowsLost === 0) {
          log.error({ rows: lost, reason }, 'rows were not stored; /api/v1/health says how many');
        }
        this.rowsLost += lost;
      }
    };
  }
}
