import type { TcpscopeError } from '../errors.js';
import { LiveCapture, type LiveOptions, type LiveStatus } from '../pipeline/index.js';
import type { CaptureStatus } from '../query/index.js';
import type { Log } from '../store/log.js';
import { continued, liveCounts, noCounts, type CaptureCounts } from './capture-status.js';
import type { CaptureConfig } from './config.js';
import type { FlowSettings, Outlet, Source } from './source.js';

/** Milliseconds before a capture that failed is tried again. */
const RETRY = 10_000;

/**
 * Live capture on an interface that goes on whatever happens: the workers wait for an interface that went away, and a
 * capture that fails for another reason is started anew.
 */
export class InterfaceSource implements Source {
  private capture: LiveCapture | null = null;
  private failure: TcpscopeError | null = null;
  private timer: NodeJS.Timeout | null = null;
  private stopping = false;
  /** Counts of captures before the present one. */
  private former: CaptureCounts = noCounts;

  private constructor(
    private readonly name: string,
    private readonly options: LiveOptions,
    private readonly outlet: Outlet,
    private readonly log: Log
  ) {}

  /** Resolves when packets are being captured. Throws TCPS_E_CAPTURE_… when that cannot be. */
  static async start(
    name: string,
    config: CaptureConfig,
    flow: FlowSettings,
    outlet: Outlet,
    log: Log
  ): Promise<InterfaceSource> {
    const options: LiveOptions = {
      interfaceName: name,
      filter: config.filter,
      snap: config.snap,
      ringBytes: config.ring,
      promiscuous: config.promiscuous,
      workers: config.workers,
      ...flow,
    };
    const source = new InterfaceSource(name, options, outlet, log);
    source.capture = await source.begin();
    return source;
  }

  status(): CaptureStatus {
    const workers = this.workers();
    return { interface: this.name, ...this.state(workers), ...continued(this.former, liveCounts(workers)) };
  }

  async stop(): Promise<void> {
    this.stopping = true;
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
    await this.capture?.stop();
  }

  /** The last report of each worker that has given one. */
  private workers(): readonly LiveStatus[] {
    return this.capture === null ? [] : this.capture.status().filter((status) => status !== undefined);
  }

  private state(workers: readonly LiveStatus[]): Pick<CaptureStatus, 'state' | 'reason'> {
    if (this.stopping) {
      return { state: 'stopped' };
    }
    if (this.failure !== null) {
      return { state: 'failed', reason: `${this.failure.message} It is tried again.` };
    }
    if (workers.length < this.options.workers) {
      return { state: 'starting' };
    }
    if (workers.some(({ state }) => state === 'gone')) {
      return { state: 'failed', reason: 'The interface is gone. Capture goes on when it comes back.' };
    }
    if (workers.some(({ state }) => state === 'down')) {
      return { state: 'failed', reason: 'The interface is down. Capture goes on when it is up.' };
    }
    return { state: 'running' };
  }

  private async begin(): Promise<LiveCapture> {
    let started = false;
    const capture = await LiveCapture.start(this.options, {
      onBatch: (batch, worker) => this.outlet.emit(batch, worker),
      onEnded: () => this.outlet.ended(),
      onFailed: (error) => {
        if (started && this.failure === null) {
          this.fail(error);
        }
      },
    });
    started = true;
    return capture;
  }

  private fail(error: TcpscopeError): void {
    this.failure = error;
    this.log.error({ code: error.code, interface: this.name }, error.message);
    // What the other workers hold is counted before anything begins anew.
    const ended = this.capture?.stop() ?? Promise.resolve();
    void ended.finally(() => {
      this.former = continued(this.former, { ...liveCounts(this.workers()), connections: 0 });
      this.capture = null;
      this.tryLater();
    });
  }

  private tryLater(): void {
    if (this.stopping) {
      return;
    }
    this.timer = setTimeout(() => {
      this.begin().then(
        async (capture) => {
          if (this.stopping) {
            await capture.stop();
            return;
          }
          this.capture = capture;
          this.failure = null;
          this.log.info({ interface: this.name }, 'capturing again');
        },
        (error: TcpscopeError) => {
          this.failure = error;
          this.tryLater();
        }
      );
    }, RETRY);
  }
}
