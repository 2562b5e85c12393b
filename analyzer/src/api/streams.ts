import type { ServerResponse } from 'node:http';
import { errorKinds, TcpscopeError } from '../errors.js';
import type { LiveFeed, LiveTotals } from './live.js';

const defaultHeartbeatMs = 15_000;
/** A client that takes nothing for so many heartbeats is gone. */
const patience = 4;

/**
 * Clients that follow the live totals (server-sent events). One that reads too slowly misses events, which costs it nothing,
 * because totals are since the start; so no queue grows.
 */
export class Streams {
  private readonly clients = new Map<ServerResponse, () => void>();
  private sent = 0;

  constructor(
    private readonly feed: LiveFeed,
    private readonly most: number,
    private readonly heartbeatMs = defaultHeartbeatMs
  ) {}

  get count(): number {
    return this.clients.size;
  }

  /** Throws `apiStreams` when there is no place for another one. */
  check(): void {
    if (this.clients.size >= this.most) {
      throw new TcpscopeError(errorKinds.apiStreams, [this.clients.size]);
    }
  }

  /** Takes over a response until its client leaves. */
  add(response: ServerResponse): void {
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.write('retry: 2000\n\n');
    let stuck = 0;
    const unsubscribe = this.feed.subscribe((totals) => {
      if (!response.writableNeedDrain) {
        response.write(this.event(totals));
      }
    });
    const heartbeat = setInterval(() => {
      stuck = response.writableNeedDrain ? stuck + 1 : 0;
      if (stuck >= patience) {
        response.destroy();
      } else if (stuck === 0) {
        response.write(': alive\n\n');
      }
    }, this.heartbeatMs);
    const leave = () => {
      clearInterval(heartbeat);
      unsubscribe();
      this.clients.delete(response);
    };
    this.clients.set(response, leave);
    response.once('close', leave);
    response.once('error', leave);
  }

  /** Says good-bye to everybody. */
  end(): void {
    for (const [response, leave] of [...this.clients]) {
      leave();
      response.end();
    }
  }

  private event(totals: LiveTotals): string {
    return `event: totals\nid: ${++this.sent}\ndata: ${JSON.stringify(totals)}\n\n`;
  }
}
