import type { ConnectionBatch } from '../flow/index.js';
import { caseOf, unknownSurroundings, type Surroundings } from './case.js';
import type { ConnectionFacts } from './facts.js';
import { FeedBook } from './feed/feed-book.js';
import { isComplete } from './rules/closes-by-rst.js';

interface Service {
  completed: number;
  resetByClient: number;
  resetByServer: number;
}

/** A distance at which a host was seen, and the epoch in which it was seen last. */
interface Distance {
  readonly ttl: number;
  epoch: number;
}

/** Hosts, and services, remembered at least; roughly 200 bytes each, and up to twice as many are. */
const LEAST = 65536;
/** A host shows few distances at a time; more are noise. */
const MOST_TTLS = 4;
/** Complete connections of a service after which older ones count half: what it does now matters more. */
const LONG_ENOUGH = 512;

/**
 * What connections tell of the hosts and services that others belong to. Connections of an epoch (10 s of event time) are
 * all learned from before any of them is judged, and nothing of later ones is known by then. What is known does not depend
 * on the order of the connections within their epoch, so that it is the same live and from a file, for any number of
 * workers. Memory is bounded: what was not met for long is forgotten, in whole generations.
 */
export class Neighbourhood {
  private readonly hosts = new Generations<Distance[]>(copyDistances);
  private readonly services = new Generations<Service>((service) => ({ ...service }));
  private readonly busy = new Set<Service>();
  private epoch = 0;

  /** @param feed how good the capture is */
  constructor(readonly feed = new FeedBook()) {}

  /** Learns from a connection that was decided in the present epoch. */
  learn(batch: ConnectionBatch, row: number, facts: ConnectionFacts): void {
    this.feed.learn(batch, row);
    const server = addressKey(batch.serverIp, row);
    if (facts.server.ttl !== null && facts.synAcks > 0) {
      this.learnTtl(server, facts.server.ttl);
    }
    if (facts.client.ttl !== null && facts.handshake !== null) {
      this.learnTtl(addressKey(batch.clientIp, row), facts.client.ttl);
    }
    const outcome = outcomeOf(facts);
    if (outcome !== null) {
      const key = `${server}${batch.serverPort[row]}`;
      const service = this.services.own(key) ?? this.services.set(key, { ...nothing });
      add(service, outcome, 1);
      if (service.completed >= LONG_ENOUGH) {
        this.busy.add(service);
      }
    }
  }

  /** What is known around a connection that has been learned from, without what it has itself told. */
  around(batch: ConnectionBatch, row: number, facts: ConnectionFacts): Surroundings {
    const server = addressKey(batch.serverIp, row);
    const service = { ...(this.services.get(`${server}${batch.serverPort[row]}`) ?? nothing) };
    const outcome = outcomeOf(facts);
    if (outcome !== null) {
      add(service, outcome, -1);
    }
    const serverTtls = (this.hosts.get(server) ?? []).map(({ ttl }) => ttl).sort((a, b) => a - b);
    return { ...service, serverTtls, poorFeed: this.feed.poorFor(batch, row) };
  }

  /** Every connection of the epoch has been judged; the next one begins. */
  endEpoch(): void {
    this.epoch++;
    for (const service of this.busy) {
      service.completed = Math.floor(service.completed / 2);
      service.resetByClient = Math.floor(service.resetByClient / 2);
      service.resetByServer = Math.floor(service.resetByServer / 2);
    }
    this.busy.clear();
    this.hosts.turn(LEAST);
    this.services.turn(LEAST);
  }

  /** Keeps the distances seen last; of those seen in the same epoch the largest. Whatever the order, the same are kept. */
  private learnTtl(host: string, ttl: number): void {
    const known = this.hosts.own(host) ?? this.hosts.set(host, []);
    const same = known.find((one) => one.ttl === ttl);
    if (same !== undefined) {
      same.epoch = this.epoch;
      return;
    }
    known.push({ ttl, epoch: this.epoch });
    if (known.length > MOST_TTLS) {
      known.sort((a, b) => b.epoch - a.epoch || b.ttl - a.ttl).pop();
    }
  }
}

const nothing: Service = {
  completed: unknownSurroundings.completed,
  resetByClient: unknownSurroundings.resetByClient,
  resetByServer: unknownSurroundings.resetByServer,
};

function copyDistances(distances: Distance[]): Distance[] {
  return distances.map((distance) => ({ ...distance }));
}

/** A map that forgets what was not used for long: two generations, of which the older one is dropped as a whole. */
class Generations<T> {
  private young = new Map<string, T>();
  private old = new Map<string, T>();

  constructor(private readonly copy: (value: T) => T) {}

  get(key: string): T | undefined {
    return this.young.get(key) ?? this.old.get(key);
  }

  /** The value to be changed: from now on one of the young. */
  own(key: string): T | undefined {
    const young = this.young.get(key);
    if (young !== undefined) {
      return young;
    }
    const old = this.old.get(key);
    return old === undefined ? undefined : this.set(key, this.copy(old));
  }

  set(key: string, value: T): T {
    this.young.set(key, value);
    return value;
  }

  turn(most: number): void {
    if (this.young.size > most) {
      this.old = this.young;
      this.young = new Map();
    }
  }
}

/** How a connection counts for its service: null when its exchange was not complete. */
function outcomeOf(facts: ConnectionFacts): keyof Service | null {
  if (facts.close === 'fin') {
    return facts.server.bytes > 0 ? 'completed' : null;
  }
  if (facts.close !== 'rst' && facts.close !== 'finrst') {
    return null;
  }
  const seen = caseOf(facts, unknownSurroundings);
  return isComplete(seen) ? (seen.by === 'client' ? 'resetByClient' : 'resetByServer') : null;
}

function add(service: Service, outcome: keyof Service, value: 1 | -1): void {
  service.completed += value;
  if (outcome !== 'completed') {
    service[outcome] += value;
  }
}

function addressKey(addresses: Uint8Array, row: number): string {
  return Buffer.from(addresses.buffer, addresses.byteOffset + row * 16, 16).toString('latin1');
}
