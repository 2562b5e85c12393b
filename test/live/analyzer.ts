import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from '../plugin-host/paths.js';

/** A program and its arguments on the host where the analyzer is to run. */
export type Launch = (command: string, args: readonly string[]) => ChildProcess;

/** Settings of whoever runs the tests are not those of the test. */
const env = { ...process.env, TCPSCOPE_TOKEN: '' };
const here: Launch = (command, args) => spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env });

/** The same without the right to capture, also for root. */
export const withoutCapabilities: Launch = (command, args) =>
  process.getuid?.() === 0 ? here('setpriv', ['--bounding-set=-all', command, ...args]) : here(command, args);

/** Milliseconds until a test gives up waiting. */
const PATIENCE = 60_000;

/** The command that was built, as users run it. */
export const cli = inRepository('analyzer/dist/cli.js');

/** A long-running command of the analyzer. */
export class Analyzer {
  private static readonly running = new Set<Analyzer>();
  private log = '';

  private constructor(
    private readonly child: ChildProcess,
    /** Where its API answers. */
    readonly url: string
  ) {}

  /** Starts it on any free port and waits until a line of its log has the text `until`. */
  static async start(args: readonly string[], until: string, launch: Launch = here): Promise<Analyzer> {
    const child = launch(process.execPath, [cli, ...args]);
    let log = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (log += text));
    const started = Date.now();
    for (;;) {
      const url = /"url":"([^"]+)"/.exec(log)?.[1];
      if (url !== undefined && log.includes(until)) {
        const analyzer = new Analyzer(child, url);
        analyzer.log = log;
        Analyzer.running.add(analyzer);
        child.once('exit', () => Analyzer.running.delete(analyzer));
        child.stderr!.on('data', (text: string) => (analyzer.log += text));
        return analyzer;
      }
      if (child.exitCode !== null || Date.now() - started > PATIENCE) {
        child.kill('SIGKILL');
        throw new Error(`the analyzer did not start (${child.exitCode}):\n${log}`);
      }
      await pause(50);
    }
  }

  /** Ends those that a failed test has left behind; they would keep the test file from ending. */
  static async stopAll(): Promise<void> {
    await Promise.all([...Analyzer.running].map((analyzer) => analyzer.stop()));
  }

  get output(): string {
    return this.log;
  }

  /** A line of its log, or more, has been written. */
  async says(text: string | RegExp): Promise<void> {
    const said = await askUntil(
      () => Promise.resolve(this.log),
      (log) => (typeof text === 'string' ? log.includes(text) : text.test(log))
    );
    if (!(typeof text === 'string' ? said.includes(text) : text.test(said))) {
      throw new Error(`the analyzer never said ${String(text)}:\n${said}`);
    }
  }

  get process(): ChildProcess {
    return this.child;
  }

  /** Ends it as a service manager does; its exit status. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode === null) {
      this.child.kill('SIGTERM');
      await once(this.child, 'exit');
    }
    return this.child.exitCode;
  }
}

export interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command of the analyzer to its end. */
export async function command(args: readonly string[], launch: Launch = here): Promise<Ended> {
  const child = launch(process.execPath, [cli, ...args]);
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
  let out = '';
  let err = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (err += text));
  await once(child, 'close');
  clearTimeout(timer);
  return { status: child.exitCode, out, err };
}

/** `tcpscope serve` on a store, when everything in it can be asked for. */
export async function serving(store: string): Promise<Analyzer> {
  const analyzer = await Analyzer.start(['serve', '--store', store, '--port', '0'], 'listens');
  // What an analyzer has no time to put into the tables when it ends waits in the spool for the next one.
  await askUntil(
    () => Promise.resolve(readdirSync(join(store, 'spool'))),
    (waiting) => waiting.length === 0
  );
  return analyzer;
}

/** Answers of the API by GET. */
export async function get(url: string, path: string): Promise<unknown> {
  const response = await fetch(`${url}${path}`);
  const text = await response.text();
  return path === '/metrics' ? text : JSON.parse(text);
}

export interface Health {
  readonly status: string;
  readonly reasons: readonly string[];
  readonly capture: ReadonlyArray<{
    readonly interface: string;
    readonly state: string;
    readonly reason?: string;
    readonly packets: { readonly read: number; readonly tcp: number };
  }>;
  readonly store: { readonly state: string; readonly engine: string };
}

export async function health(url: string): Promise<Health> {
  return (await get(url, '/api/v1/health')) as Health;
}

/** Counts that do not depend on how packets got here. */
export const counters = [
  ...['syn.count', 'synack.count', 'attempt.count', 'ct.count', 'refused.count', 'fin.count.clt', 'fin.count.srv'],
  ...['rst.count.clt', 'rst.count.srv', 'packets.clt', 'packets.srv', 'bytes.clt', 'bytes.srv'],
  ...['retrans.count.clt', 'retrans.count.srv', 'zerowindow.count.clt', 'zerowindow.count.srv', 'dupack.count.clt'],
  ...['dupack.count.srv', 'close.fin', 'close.finrst', 'close.rst', 'conn.count', 'ct.p50', 'ct.p95', 'ct.p99'],
  ...['rtt.p50.clt', 'rtt.max.srv'],
];

/** All rows in a range of time, each as text, in an order of their own. */
export async function everything(url: string, range: { from: number; to: number }) {
  const texts = (rows: ReadonlyArray<Record<string, unknown>>) => rows.map((row) => JSON.stringify(row)).sort();
  const limit = 10_000;
  return {
    conversations: texts(await ask(url, { ...range, kind: 'conversations', metrics: counters, limit })),
    connections: texts(await ask(url, { ...range, kind: 'connections', limit })),
  };
}

export interface Frame {
  readonly schema: { readonly fields: ReadonlyArray<{ readonly name: string }>; readonly meta?: object };
  readonly data: { readonly values: ReadonlyArray<readonly unknown[]> };
}

/** Rows of the first frame of an answer, by the names of its fields. */
export function rowsOf(document: unknown, refId = 'A'): Array<Record<string, unknown>> {
  const result = (document as { results: Record<string, { frames?: Frame[]; error?: string }> }).results[refId];
  if (result?.frames === undefined) {
    throw new Error(`no answer: ${result?.error}`);
  }
  return result.frames.flatMap(({ schema, data }) =>
    (data.values[0] ?? []).map((_, row) =>
      Object.fromEntries(schema.fields.map(({ name }, column) => [name, data.values[column]?.[row]]))
    )
  );
}

/** Asks one query. */
export async function ask(url: string, query: object): Promise<Array<Record<string, unknown>>> {
  const response = await fetch(`${url}/api/v1/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ queries: [{ refId: 'A', ...query }] }),
  });
  return rowsOf(await response.json());
}

/** Asks until an answer is as wanted; the last answer when it never is. */
export async function askUntil<T>(get: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  const started = Date.now();
  for (;;) {
    const answer = await get();
    if (wanted(answer) || Date.now() - started > PATIENCE) {
      return answer;
    }
    await pause(500);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
