import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { entryArguments, entryPoint } from '../../entry-points.js';
import { errorKinds, TcpscopeError } from '../../errors.js';
import type { Log } from '../log.js';
import { EngineFault } from './engine.js';
import type { FromEngine, Lane, ToEngine } from './protocol.js';

export interface ProcessOptions {
  readonly open: Extract<ToEngine, { kind: 'open' }>;
  readonly log: Log;
  /** Called once when the process ends after it had opened; `reason` is for people. */
  readonly onEnd: (reason: string) => void;
}

interface Request {
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

const lastLines = 20;
/** Opening reads the parts of all tables; a store of terabytes on a slow disk takes its time. */
const openTimeoutMs = 300_000;
const closeTimeoutMs = 15_000;

/** One life of the engine process. */
export class EngineProcess {
  private readonly requests = new Map<number, Request>();
  private readonly stderr: string[] = [];
  private nextId = 1;
  private end: string | null = null;
  private closing: Promise<void> | null = null;
  private readonly ended: Promise<string>;

  private constructor(
    private readonly child: ChildProcess,
    private readonly log: Log
  ) {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.keep(text));
    child.on('message', (message: FromEngine) => this.receive(message));
    this.ended = new Promise((resolve) => {
      // `exit` may come before the last words on stderr, `close` comes behind them.
      child.once('close', (code, signal) => resolve(signal ? `killed by ${signal}` : `exit status ${code}`));
      child.once('error', (error) => resolve(error.message));
    });
    void this.ended.then((reason) => {
      this.end = reason;
      for (const { reject } of this.requests.values()) {
        reject(new EngineFault(`the engine process ended: ${reason}`, null));
      }
      this.requests.clear();
    });
  }

  /** Starts a process and opens the database. Throws what hinders it, in words of the catalogue. */
  static async open(options: ProcessOptions): Promise<{ process: EngineProcess; version: string }> {
    // Tests run from source: the child needs the loader that its parent was started with.
    const child = fork(fileURLToPath(entryPoint('store/engine/child')), [], {
      execArgv: [...entryArguments],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // Each statement occupies a thread of libuv's pool while it runs; the default of 4 would make an insert wait for
      // panels (2 s measured).
      env: { ...process.env, UV_THREADPOOL_SIZE: String(options.open.querySessions + 4) },
    });
    const engine = new EngineProcess(child, options.log);
    try {
      const version = await engine.opened(options.open);
      void engine.ended.then(options.onEnd);
      return { process: engine, version };
    } catch (error) {
      child.kill('SIGKILL');
      await engine.ended;
      throw error;
    }
  }

  get pid(): number | null {
    return this.child.pid ?? null;
  }

  /** Runs a statement; the answer is in `format`. Throws `EngineFault`. */
  run(lane: Lane, sql: string, format = 'Null'): Promise<Uint8Array> {
    return this.request((id) => ({ kind: 'run', id, lane, sql, format }));
  }

  /** Resident memory of the process in bytes. */
  async memory(): Promise<number> {
    return Number(new TextDecoder().decode(await this.request((id) => ({ kind: 'memory', id }))));
  }

  /** Ends the process at once. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** Lets running statements end, closes the database, and waits for the process to be gone. */
  close(patienceMs = closeTimeoutMs): Promise<void> {
    this.closing ??= this.shutDown(patienceMs);
    return this.closing;
  }

  private async shutDown(patienceMs: number): Promise<void> {
    if (this.end === null && this.child.connected) {
      this.child.send({ kind: 'close' } satisfies ToEngine, () => undefined);
    }
    const timer = setTimeout(() => this.kill(), patienceMs);
    await this.ended;
    clearTimeout(timer);
  }

  private request(message: (id: number) => ToEngine): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.end !== null || !this.child.connected) {
        reject(new EngineFault(`the engine process ended: ${this.end ?? 'disconnected'}`, null));
        return;
      }
      const id = this.nextId++;
      this.requests.set(id, { resolve, reject });
      // An error here is the end of the channel, which `ended` reports to the request.
      this.child.send(message(id), () => undefined);
    });
  }

  private opened(message: ProcessOptions['open']): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new TcpscopeError(errorKinds.storeEngineFailed, [`no answer within ${openTimeoutMs / 1000} s`]));
      }, openTimeoutMs);
      this.child.on('message', (answer: FromEngine) => {
        if (answer.kind === 'opened') {
          clearTimeout(timer);
          resolve(answer.version);
        } else if (answer.kind === 'failed') {
          clearTimeout(timer);
          // What the engine wrote says more than what the binding throws; it may still be on its way.
          setTimeout(() => reject(this.openError(answer)), 50);
        }
      });
      void this.ended.then((reason) => {
        clearTimeout(timer);
        reject(new TcpscopeError(errorKinds.storeEngineFailed, [this.explain(reason)]));
      });
      this.child.send(message, () => undefined);
    });
  }

  private openError(answer: Extract<FromEngine, { kind: 'failed' }>): TcpscopeError {
    switch (answer.reason) {
      case 'missing':
        return new TcpscopeError(errorKinds.storeEngineMissing, [answer.message]);
      case 'unsupported':
        return new TcpscopeError(errorKinds.storeEngineUnsupported, [answer.message]);
      case 'failed':
        return new TcpscopeError(errorKinds.storeEngineFailed, [this.explain(answer.message)]);
    }
  }

  private explain(reason: string): string {
    const said = this.stderr.filter((line) => /exception|error/i.test(line)).at(-1);
    return said === undefined ? reason : `${reason}: ${said}`;
  }

  private keep(text: string): void {
    for (const line of text.split('\n').filter((line) => line.trim() !== '')) {
      this.stderr.push(line);
      this.log.debug({ line }, 'engine');
    }
    this.stderr.splice(0, this.stderr.length - lastLines);
  }

  private receive(message: FromEngine): void {
    if (message.kind !== 'done' && message.kind !== 'fault') {
      return;
    }
    const request = this.requests.get(message.id);
    this.requests.delete(message.id);
    if (message.kind === 'done') {
      request?.resolve(message.bytes);
    } else {
      request?.reject(new EngineFault(message.message, message.code));
    }
  }
}
