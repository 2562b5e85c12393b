import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A program of this folder, as scripts/bench.mjs has bundled it. */
export function program(name: string): string {
  return fileURLToPath(new URL(`dist/bench/${name}.js`, import.meta.url));
}

export function isInstalled(command: string): boolean {
  return spawnSync('which', [command]).status === 0;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Puts what runs on one processor, where that can be asked for: the threads of an engine then share it with the packets. */
const pin = isInstalled('taskset') ? ['taskset', '-c', '0'] : [];

/** A command that runs on one core. */
export function onOneCore(command: string, args: readonly string[]): [string, string[]] {
  const [first, ...rest] = [...pin, command, ...args];
  return [first as string, rest];
}

/** Seconds of CPU of a program and its children, user and system; throws when it fails. */
export function cpuOf(command: string, args: readonly string[]): number {
  const [first, rest] = onOneCore(command, args);
  // The second line that `times` prints is for the programs that the shell has run (POSIX).
  const script = '"$@" >/dev/null 2>&1 || exit 1; times';
  const output = execFileSync('sh', ['-c', script, 'sh', first, ...rest], { encoding: 'utf8' });
  const times = /^(\d+)m([\d.]+)s (\d+)m([\d.]+)s$/m.exec(output.split('\n')[1] ?? '');
  if (times === null) {
    throw new Error(`the shell does not say what ${command} cost: ${output}`);
  }
  const [userMinutes, user, systemMinutes, system] = times.slice(1).map(Number) as [number, number, number, number];
  return (userMinutes + systemMinutes) * 60 + user + system;
}

/** Runs a program that answers each line it is given with a line. */
export class Conversation {
  private readonly child;
  private rest = '';
  private answer: (line: string) => void = () => {};
  private fail: (error: Error) => void = () => {};
  private errors = '';

  constructor(command: string, args: readonly string[]) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (this.rest + chunk).split('\n');
      this.rest = lines.pop() as string;
      lines.forEach((line) => this.answer(line));
    });
    this.child.stderr.setEncoding('utf8').on('data', (chunk: string) => (this.errors += chunk));
    this.child.on('error', (error) => this.fail(error));
    this.child.on('close', () => this.fail(new Error(`${command} ended: ${this.errors.trim()}`)));
  }

  /** The next line. Ask before what makes it. */
  line(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.answer = resolve;
      this.fail = reject;
    });
  }

  ask(line: string): Promise<string> {
    const answer = this.line();
    this.child.stdin.write(`${line}\n`);
    return answer;
  }

  /** Says that there is nothing more; the last answer. */
  end(): Promise<string> {
    const answer = this.line();
    this.child.stdin.end();
    return answer;
  }

  stop(): void {
    this.fail = () => {};
    this.child.kill();
  }
}
