import { spawn, type ChildProcess } from 'node:child_process';
import type { Cause } from '../../analyzer/src/diagnose/causes.js';
import { addressIn, type Block, type Family } from './address.js';
import type { Namespace } from './namespace.js';
import { connect, listen, type Listener, type Peer, type Tuple } from './peer.js';
import type { Random } from './random.js';
import type { World } from './world.js';

/** Where packets are captured: at the client host, on the line between the routers, at the server host. */
export type Vantage = 'client' | 'line' | 'server';

/** What a connection of a scenario was closed by; null: it was not closed. */
export interface Truth extends Tuple {
  readonly cause: Cause | null;
}

export interface Scenario {
  readonly name: string;
  /** Where its packets can be seen; everywhere by default. */
  readonly vantages?: readonly Vantage[];
  /** Its truth rests on single packets, so that the line must not lose any. */
  readonly lossless?: boolean;
  /** Findings that the group of its connections must give. */
  readonly finding?: string;
  run(bench: Bench): Promise<void>;
}

/** Everything that one instance of a scenario works with: its own addresses, its chance, its truth. */
export class Bench {
  readonly truths: Truth[] = [];
  private readonly cleanups: Array<() => void> = [];
  private nextPort: number;

  constructor(
    readonly world: World,
    readonly random: Random,
    readonly family: Family,
    readonly instance: number,
    readonly vantage: Vantage
  ) {
    this.nextPort = random.int(32768, 50000);
  }

  client(block: 'client' | 'mute' = 'client'): string {
    return addressIn(this.family, block, this.instance);
  }

  server(block: Block = 'server'): string {
    return addressIn(this.family, block, this.instance);
  }

  /** A port that firewalls leave alone. */
  openPort(): number {
    return this.random.pick([80, 443, 8080, 8443, 5432, 3306, 6379, 9200, 25, 143, this.random.int(1024, 19999)]);
  }

  /** A port that the firewalls of some blocks guard. */
  guardedPort(): number {
    return this.random.int(20000, 32000);
  }

  tuple(server: string, serverPort: number, client = this.client()): Tuple {
    this.nextPort += this.random.int(1, 7);
    return { client, clientPort: this.nextPort, server, serverPort };
  }

  truth(tuple: Tuple, cause: Cause | null): void {
    this.truths.push({ ...tuple, cause });
  }

  async connect(tuple: Tuple, wait = true): Promise<Peer> {
    const peer = await connect(this.world.client, tuple, wait);
    this.cleanups.push(() => peer.close());
    return peer;
  }

  async listen(
    address: string,
    port: number,
    accept: (peer: Peer) => void,
    host: Namespace = this.world.server
  ): Promise<Listener> {
    const listener = await listen(host, address, port, (peer) => {
      this.cleanups.push(() => peer.close());
      accept(peer);
    });
    this.cleanups.push(() => listener.close());
    return listener;
  }

  /** A connection with both its ends; the server reads nothing until told to. */
  async pair(
    block: Block = 'server',
    port = this.openPort(),
    host: Namespace = this.world.server
  ): Promise<{ tuple: Tuple; client: Peer; server: Peer }> {
    const address = this.server(block);
    let accepted: (peer: Peer) => void = () => undefined;
    const serverSide = new Promise<Peer>((resolve) => {
      accepted = resolve;
    });
    const listener = await this.listen(address, port, (peer) => accepted(peer), host);
    const tuple = this.tuple(address, port);
    const client = await this.connect(tuple);
    if (client.socket.destroyed) {
      throw new Error('the connection did not come up');
    }
    const server = await serverSide;
    listener.close();
    return { tuple, client, server };
  }

  /** A process of its own in a host, which can be killed. `role` is for the program in `process.mjs`. */
  async process(host: Namespace, role: object): Promise<ChildProcess> {
    const program = new URL('./process.mjs', import.meta.url).pathname;
    const child = await host.within(() =>
      spawn(process.execPath, [program, JSON.stringify(role)], { stdio: ['ignore', 'pipe', 'ignore'] })
    );
    this.cleanups.push(() => child.kill('SIGKILL'));
    return child;
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  }

  /** Time enough for an answer to come back, in milliseconds. */
  roundTrip(): number {
    return this.world.line.delayOf(this.instance) * 2 + 60;
  }

  /** Resolves when the connection is over for the application, or when it should have noticed long ago. */
  async over(peer: Peer): Promise<void> {
    await Promise.race([peer.closed, this.sleep(1500 + this.roundTrip())]);
  }

  /** Something to do after the capture. */
  defer(cleanup: () => void): void {
    this.cleanups.push(cleanup);
  }

  cleanUp(): void {
    for (const cleanup of this.cleanups.reverse()) {
      try {
        cleanup();
      } catch {
        // Whatever a scenario has already taken down is down.
      }
    }
  }
}
