import type { Connection } from '../play/connection.js';
import type { CloseClass, Tally } from '../play/tally.js';

/** What was counted of a group of connections, named as `tcpscope report --format json` names it. */
export interface Counts {
  connections: number;
  midstream: number;
  packets: number;
  'syn.count': number;
  'synack.count': number;
  'ct.count': number;
  'fin.count.clt': number;
  'fin.count.srv': number;
  'rst.count.clt': number;
  'rst.count.srv': number;
  'retrans.count.clt': number;
  'retrans.count.srv': number;
  'zerowindow.count.clt': number;
  'zerowindow.count.srv': number;
  /** Connections by the way they ended. */
  close: Partial<Record<CloseClass, number>>;
}

function noCounts(): Counts {
  return {
    connections: 0,
    midstream: 0,
    packets: 0,
    'syn.count': 0,
    'synack.count': 0,
    'ct.count': 0,
    'fin.count.clt': 0,
    'fin.count.srv': 0,
    'rst.count.clt': 0,
    'rst.count.srv': 0,
    'retrans.count.clt': 0,
    'retrans.count.srv': 0,
    'zerowindow.count.clt': 0,
    'zerowindow.count.srv': 0,
    close: {},
  };
}

function add(counts: Counts, tally: Tally): void {
  counts.connections++;
  counts.midstream += tally.midstream ? 1 : 0;
  counts.packets += tally.packets;
  counts['syn.count'] += tally.syn;
  counts['synack.count'] += tally.synAck;
  counts['ct.count'] += tally.handshake;
  counts['fin.count.clt'] += tally.finClient;
  counts['fin.count.srv'] += tally.finServer;
  counts['rst.count.clt'] += tally.rstClient;
  counts['rst.count.srv'] += tally.rstServer;
  counts['retrans.count.clt'] += tally.retransClient;
  counts['retrans.count.srv'] += tally.retransServer;
  counts['zerowindow.count.clt'] += tally.zeroWindowsClient;
  counts['zerowindow.count.srv'] += tally.zeroWindowsServer;
  counts.close[tally.close] = (counts.close[tally.close] ?? 0) + 1;
}

/** Everything that is true of a capture. Grows with the number of conversations, so only made when asked for. */
export class Truth {
  readonly totals = noCounts();
  readonly stories = new Map<string, Counts & { starts: number[] }>();
  /** By client, server and server port, as in `10.1.0.1 10.2.0.2 443`. */
  readonly conversations = new Map<string, Counts>();

  /** @param seconds beginning of a story, since 1970 */
  began(story: string, seconds: number): void {
    this.story(story).starts.push(seconds);
  }

  connection(connection: Connection): void {
    const { client, service, tally } = connection;
    const name = `${client.host.ip} ${service.host.ip} ${service.port}`;
    let counts = this.conversations.get(name);
    if (counts === undefined) {
      counts = noCounts();
      this.conversations.set(name, counts);
    }
    add(counts, tally);
    add(this.totals, tally);
    add(this.story(connection.story), tally);
  }

  private story(name: string): Counts & { starts: number[] } {
    let story = this.stories.get(name);
    if (story === undefined) {
      story = { starts: [], ...noCounts() };
      this.stories.set(name, story);
    }
    return story;
  }

  toJSON(): object {
    const entries = [...this.conversations].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      totals: this.totals,
      stories: Object.fromEntries([...this.stories].sort(([a], [b]) => (a < b ? -1 : 1))),
      conversations: Object.fromEntries(entries),
    };
  }
}
