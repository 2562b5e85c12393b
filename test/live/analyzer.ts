import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { inRepository } from '../plugin-host/paths.js';

/** A program and its arguments on the host where the analyzer is to run. */
export type Launch = (command: string, args: readonly string[]) => ChildProcess;

const here: Launch = (command, args) => spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });

/** Milliseconds until a test gives up waiting. */
const PATIENCE = 60_000;

/** The command that was built, as users run it. */
export const cli = inRepository('analyzer/dist/cli.js');

/** A long-running command of the analyzer. */
export class Analyzer {
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
        return analyzer;
      }
      if (child.exitCode !== null || Date.now() - started > PATIENCE) {
        child.kill('SIGKILL');
        throw new Error(`the analyzer did not start (${child.exitCode}):\n${log}`);
      }
      await pause(50);
    }
  }

  get output(): string {
    return this.log;
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
