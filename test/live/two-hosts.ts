import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';

/** Two network namespaces with a cable between them: a client and a server, each a host of its own. */
export class TwoHosts {
  readonly client: string;
  readonly server: string;
  /** The server's end of the cable. */
  readonly serverInterface = 'wire1';
  readonly clientAddress = '10.99.0.1';
  readonly serverAddress = '10.99.0.2';

  constructor() {
    const tag = `tcpscope-live-${process.pid}`;
    this.client = `${tag}-c`;
    this.server = `${tag}-s`;
    for (const name of [this.client, this.server]) {
      ip('netns', 'add', name);
      ip('-n', name, 'link', 'set', 'lo', 'up');
    }
    this.connect();
  }

  /** The cable; again, after one of its ends was removed. */
  connect(): void {
    const peer = ['peer', 'name', this.serverInterface, 'netns', this.server];
    ip('-n', this.client, 'link', 'add', 'wire0', 'type', 'veth', ...peer);
    for (const [name, device, address] of [
      [this.client, 'wire0', this.clientAddress],
      [this.server, this.serverInterface, this.serverAddress],
    ] as const) {
      ip('-n', name, 'address', 'add', `${address}/24`, 'dev', device);
      ip('-n', name, 'link', 'set', device, 'up');
    }
  }

  /** Starts a program on one of the hosts. */
  start(
    host: string,
    command: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    input: 'ignore' | 'pipe' = 'ignore'
  ): ChildProcess {
    return spawn('ip', ['netns', 'exec', host, command, ...args], {
      stdio: [input, 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
  }

  /** Runs a program on one of the hosts; its output. Throws when it fails. */
  run(host: string, command: string, args: readonly string[]): string {
    return execFileSync('ip', ['netns', 'exec', host, command, ...args], { encoding: 'utf8', timeout: 60_000 });
  }

  remove(): void {
    for (const name of [this.client, this.server]) {
      spawnSync('ip', ['netns', 'delete', name]);
    }
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Why namespaces cannot be made here, for node:test's `skip`; false when they can. */
export function cannotMakeHosts(): string | false {
  if (process.getuid?.() !== 0) {
    return 'network namespaces need root';
  }
  const name = `tcpscope-probe-${process.pid}`;
  const made = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  spawnSync('ip', ['netns', 'delete', name]);
  return made.status === 0 ? false : `no network namespaces here: ${made.stderr || made.error?.message || ''}`.trim();
}

export function isInstalled(command: string): boolean {
  return spawnSync('which', [command]).status === 0;
}
