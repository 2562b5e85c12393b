import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { check, libc } from './libc.js';

const CLONE_NEWNET = 0x40000000;
const O_RDONLY = 0;

/** Names of everything the laboratory makes begin with this; what is left behind can be found by it. */
export const prefix = 'tcpscope-lab-';

let home: number | undefined;
let turn: Promise<unknown> = Promise.resolve();

/** A network namespace: a host of its own as far as the network is concerned. */
export class Namespace {
  private constructor(
    readonly name: string,
    private readonly fd: number
  ) {}

  static create(name: string): Namespace {
    const full = `${prefix}${name}`;
    execFileSync('ip', ['netns', 'add', full]);
    return new Namespace(full, check(libc.open(`/run/netns/${full}`, O_RDONLY), `open namespace ${full}`));
  }

  /**
   * Runs something that makes sockets or starts processes, so that they belong to this namespace for ever. One at a time
   * in the whole process, and until the event loop has gone round once: Node opens some sockets a tick later.
   */
  async within<T>(make: () => T): Promise<T> {
    const mine = turn.then(async () => {
      this.enter();
      try {
        const made = make();
        await new Promise<void>((resolve) => setImmediate(resolve));
        return made;
      } finally {
        leave();
      }
    });
    turn = mine.catch(() => undefined);
    return mine;
  }

  /** Lines for `ip -batch`. */
  ip(lines: readonly string[]): void {
    run('ip', ['-n', this.name, '-batch', '-'], `${lines.join('\n')}\n`);
  }

  nft(rules: string): void {
    run('ip', ['netns', 'exec', this.name, 'nft', '-f', '-'], rules);
  }

  sysctl(settings: Readonly<Record<string, number | string>>): void {
    const words = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    run('ip', ['netns', 'exec', this.name, 'sysctl', '-q', '-w', ...words], '');
  }

  remove(): void {
    libc.close(this.fd);
    execFileSync('ip', ['netns', 'del', this.name]);
  }

  /** Moves the calling thread into the namespace, until `leave`. */
  enter(): void {
    home ??= check(libc.open('/proc/thread-self/ns/net', O_RDONLY), 'open own namespace');
    check(libc.setns(this.fd, CLONE_NEWNET), `enter ${this.name}`);
  }
}

export function leave(): void {
  if (home !== undefined) {
    check(libc.setns(home, CLONE_NEWNET), 'leave namespace');
  }
}

function run(command: string, words: readonly string[], input: string): void {
  const { status, stderr } = spawnSync(command, words, { input, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`${command} ${words.join(' ')}: ${stderr.trim()}`);
  }
}

/** Removes namespaces of a run, also those that an error left behind. */
export function removeNamespaces(ofRun: string): void {
  let names: string[] = [];
  try {
    names = readdirSync('/run/netns');
  } catch {
    return;
  }
  for (const name of names.filter((one) => one.startsWith(`${prefix}${ofRun}`))) {
    try {
      execFileSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
    } catch {
      // Another run may have removed it already.
    }
  }
}
