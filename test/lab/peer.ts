import { createServer, Socket, type AddressInfo, type Server } from 'node:net';
import type { Namespace } from './namespace.js';

/** Longest that a scenario waits for something to arrive, milliseconds. */
const PATIENCE = 6000;
const chunk = Buffer.alloc(65536, 0x2e);

/** One end of a connection, as an application has it. */
export class Peer {
  received = 0;
  /** The other side has said that it will send no more. */
  ended = false;
  readonly closed: Promise<void>;
  private readonly waiting = new Set<() => void>();

  constructor(readonly socket: Socket) {
    socket.on('error', () => this.wake());
    socket.on('end', () => {
      this.ended = true;
      this.wake();
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.wake();
        resolve();
      });
    });
  }

  /** Begins to read whatever comes; without it data stay unread in the kernel. */
  read(): this {
    this.socket.on('data', (data: Buffer) => {
      this.received += data.length;
      this.wake();
    });
    this.socket.resume();
    return this;
  }

  /** Stops reading; a little that Node has already taken may still be counted. */
  hold(): void {
    this.socket.pause();
  }

  /** Writes so many bytes; resolves when the kernel has taken them all, or the socket is gone. */
  send(bytes: number): Promise<void> {
    return new Promise((resolve) => {
      for (let left = bytes; left > 0; left -= chunk.length) {
        const part = left >= chunk.length ? chunk : chunk.subarray(0, left);
        this.socket.write(part, left <= chunk.length ? () => resolve() : () => undefined);
      }
      void this.closed.then(resolve);
    });
  }

  /** Resolves when so many bytes have come in all, or the connection is over. */
  got(bytes: number): Promise<void> {
    return this.until(() => this.received >= bytes || this.socket.destroyed);
  }

  /** Resolves when the other side has closed, or the connection is over. */
  gotEnd(): Promise<void> {
    return this.until(() => this.ended || this.socket.destroyed);
  }

  /** Sends FIN behind what was written: shutdown(2). */
  end(): void {
    this.socket.end();
  }

  /** close(2), at once: FIN, or RST when data are unread. */
  close(): void {
    this.socket.destroy();
  }

  /** close(2) with SO_LINGER 0: RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  get fd(): number {
    return (this.socket as unknown as { _handle: { fd: number } })._handle.fd;
  }

  private until(done: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (done()) {
          clearTimeout(timer);
          this.waiting.delete(look);
          resolve();
        }
      };
      const timer = setTimeout(() => {
        this.waiting.delete(look);
        reject(new Error(`nothing came for ${PATIENCE / 1000} s`));
      }, PATIENCE);
      this.waiting.add(look);
      look();
    });
  }

  private wake(): void {
    for (const look of [...this.waiting]) {
      look();
    }
  }
}

export interface Tuple {
  readonly client: string;
  readonly clientPort: number;
  readonly server: string;
  readonly serverPort: number;
}

/**
 * A client's connection; resolves when it stands or has failed (then `peer.socket.destroyed`).
 * @param wait false: returns at once, for connections that will be given up before they stand
 */
export async function connect(host: Namespace, tuple: Tuple, wait = true): Promise<Peer> {
  const socket = new Socket({ allowHalfOpen: true });
  socket.pause();
  const peer = new Peer(socket);
  const standing = new Promise<void>((resolve) => {
    socket.once('connect', resolve);
    socket.once('error', () => resolve());
    socket.once('close', () => resolve());
  });
  await host.within(() => {
    socket.connect({
      host: tuple.server,
      port: tuple.serverPort,
      localAddress: tuple.client,
      localPort: tuple.clientPort,
    });
  });
  if (wait) {
    await standing;
  }
  return peer;
}

export interface Listener {
  readonly port: number;
  /** Stops listening; connections stay. */
  close(): void;
}

/** A server; `accept` is called with each connection, which reads nothing until told to. */
export async function listen(
  host: Namespace,
  address: string,
  port: number,
  accept: (peer: Peer) => void
): Promise<Listener> {
  const server: Server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    accept(new Peer(socket));
  });
  const listening = new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', reject);
  });
  await host.within(() => {
    server.listen({ host: address, port, backlog: 511 });
  });
  await listening;
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}
