import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface CliResult {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface CliOptions {
  readonly input?: Uint8Array;
  /** Stop reading the output after its first bytes, as `head` does. */
  readonly head?: boolean;
  /** Read none of its output, or none of its errors: that end of the pipe is closed. */
  readonly unread?: 'stdout' | 'stderr';
  readonly environment?: Readonly<Record<string, string>>;
}

/** Milliseconds after which a command that does not end is killed, so that a test fails instead of hanging. */
const PATIENCE = 120_000;

const cli = fileURLToPath(new URL('../../analyzer/src/cli.ts', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs the command as a user does, and waits for its end. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', cli, ...args], {
      cwd: root,
      timeout: PATIENCE,
      killSignal: 'SIGKILL',
      env: { ...process.env, NO_COLOR: '1', ...options.environment },
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text: string) => {
      out += text;
      if (options.head === true) {
        child.stdout.destroy();
      }
    });
    child.stderr.on('data', (text) => (err += String(text)));
    if (options.unread !== undefined) {
      child[options.unread].destroy();
    }
    // The command may refuse its input without reading it.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input);
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, signal, out, err }));
  });
}
