import { address } from '../frame.js';
import type { Random } from './random.js';
import type { Stack } from './stack.js';

/** Part of the network whose hosts lie at the same distance from the capture point. */
export interface Site {
  readonly name: string;
  /** Median round-trip time between the capture point and its hosts, seconds, and how it spreads (0: all the same). */
  readonly rtt: number;
  readonly rttSpread: number;
  /** Routers between its hosts and the capture point. */
  readonly hops: readonly [low: number, high: number];
  readonly mss: number;
  /** Share of data segments and SYNs that are lost. A story may raise it for a while. */
  loss: number;
  /** Story that its connections belong to while it lasts. */
  incident: string | null;
}

/** An address with a stack behind it. */
export class Host {
  readonly bytes: Uint8Array;
  readonly mac: Uint8Array;
  /** Time to live of its packets at the capture point. */
  readonly ttl: number;
  /** Round-trip time from the capture point, nanoseconds. */
  readonly rtt: number;
  /** Its timestamp clock (milliseconds) at time 0. */
  readonly clock: number;
  nextId: number;
  private nextPort: number;
  private readonly usedPorts = new Set<number>();

  constructor(
    readonly ip: string,
    readonly stack: Stack,
    readonly site: Site,
    random: Random
  ) {
    this.bytes = address(ip);
    // Behind a router all hosts of a site have the router's MAC address.
    const routed = site.hops[1] > 0;
    const last = routed ? [0, site.name.length, site.name.charCodeAt(1)] : this.bytes.subarray(-3);
    this.mac = Uint8Array.from([2, routed ? 1 : 2, 0, ...last]);
    this.ttl = stack.ttl - random.whole(site.hops[0], site.hops[1]);
    this.rtt = Math.round(site.rtt * 1e9 * Math.exp(site.rttSpread * (random.unit() + random.unit() - 1)));
    this.clock = random.word();
    this.nextId = random.word() & 0xffff;
    this.nextPort = random.whole(stack.ports[0], stack.ports[1]);
  }

  /** A source port that no open connection of the host uses. */
  takePort(): number {
    const [low, high] = this.stack.ports;
    do {
      this.nextPort = this.nextPort >= high ? low : this.nextPort + 1;
    } while (this.usedPorts.has(this.nextPort) && this.usedPorts.size <= high - low);
    this.usedPorts.add(this.nextPort);
    return this.nextPort;
  }

  givePort(port: number): void {
    this.usedPorts.delete(port);
  }
}

/** A server's port. Stories switch it off and on. */
export class Service {
  /** Story that has taken it down: it refuses connections and resets those it had. */
  outage: string | null = null;

  constructor(
    readonly host: Host,
    readonly port: number,
    /** VLAN in which its traffic is captured; 0 is untagged. */
    readonly vlan = 0
  ) {}
}
