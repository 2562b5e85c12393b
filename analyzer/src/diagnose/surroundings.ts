import type { ConnectionBatch } from '../flow/index.js';
import { caseOf, unknownSurroundings, type Surroundings } from './case.js';
import type { ConnectionFacts } from './facts.js';
import { isComplete } from './rules/closes-by-rst.js';

interface Service {
  completed: number;
  resetByClient: number;
  resetByServer: number;
}

/** Most hosts and services remembered; the one unused for longest goes. Roughly 200 bytes each. */
const MOST = 65536;
/** A host shows few distances at a time; more are noise. */
const MOST_TTLS = 4;

/**
 * What connections tell of the hosts and services that others belong to. Bounded memory; learns from every connection
 * once, and asks nothing of the connection that is being judged.
 */
export class Neighbourhood {
  private readonly hosts = new Map<string, number[]>();
  private readonly services = new Map<string, Service>();
  poorFeed: string | null = null;

  /** Learns from a finished connection. */
  learn(batch: ConnectionBatch, row: number, facts: ConnectionFacts): void {
    const server = addressKey(batch.serverIp, row);
    if (facts.server.ttl !== null && facts.synAcks > 0) {
      this.learnTtl(server, facts.server.ttl);
    }
    if (facts.client.ttl !== null && facts.handshake !== null) {
      this.learnTtl(addressKey(batch.clientIp, row), facts.client.ttl);
    }
    const change = outcomeOf(facts);
    if (change !== null) {
      const key = `${server}${batch.serverPort[row]}`;
      const service = this.services.get(key) ?? { completed: 0, resetByClient: 0, resetByServer: 0 };
      add(service, change, 1);
      remember(this.services, key, service);
    }
  }

  /** What is known around a connection, without what it has itself told if it has been learned from already. */
  around(batch: ConnectionBatch, row: number, facts: ConnectionFacts, learned: boolean): Surroundings {
    const server = addressKey(batch.serverIp, row);
    const service = { ...(this.services.get(`${server}${batch.serverPort[row]}`) ?? unknownSurroundings) };
    const change = outcomeOf(facts);
    if (learned && change !== null) {
      add(service, change, -1);
    }
    return { ...service, serverTtls: this.hosts.get(server) ?? [], poorFeed: this.poorFeed };
  }

  private learnTtl(host: string, ttl: number): void {
    const ttls = this.hosts.get(host) ?? [];
    if (!ttls.includes(ttl)) {
      ttls.push(ttl);
      ttls.splice(0, ttls.length - MOST_TTLS);
    }
    remember(this.hosts, host, ttls);
  }
}

/** How a connection counts for its service: null when its exchange was not complete. */
function outcomeOf(facts: ConnectionFacts): keyof Service | null {
  const seen = caseOf(facts, unknownSurroundings);
  if (isComplete(seen)) {
    return seen.by === 'client' ? 'resetByClient' : 'resetByServer';
  }
  return facts.close === 'fin' && facts.server.bytes > 0 ? 'completed' : null;
}

function add(service: Service, outcome: keyof Service, value: 1 | -1): void {
  service.completed += value;
  if (outcome !== 'completed') {
    service[outcome] += value;
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > MOST) {
    map.delete(map.keys().next().value as string);
  }
}

function addressKey(addresses: Uint8Array, row: number): string {
  return Buffer.from(addresses.buffer, addresses.byteOffset + row * 16, 16).toString('latin1');
}
