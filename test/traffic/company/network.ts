import { Host, Service, type Site } from '../play/host.js';
import type { Random } from '../play/random.js';
import { appliance, embedded, linux, macos, windows, type Stack } from '../play/stack.js';

/** The capture point is a mirror port at the core switch of the datacentre: round trips to its servers are short. */
function sites() {
  const site = (
    name: string,
    rtt: number,
    rttSpread: number,
    hops: readonly [number, number],
    mss: number,
    loss: number
  ): Site => ({ name, rtt, rttSpread, hops, mss, loss, incident: null });
  return {
    datacentre: site('datacentre', 0.00018, 0.4, [0, 0], 1460, 0.00001),
    paris: site('paris', 0.0042, 0.2, [2, 2], 1460, 0.0002),
    lyon: site('lyon', 0.0115, 0.2, [3, 3], 1460, 0.0006),
    nantes: site('nantes', 0.0094, 0.2, [3, 3], 1460, 0.0003),
    vpn: site('vpn', 0.034, 0.7, [1, 1], 1358, 0.003),
    internet: site('internet', 0.045, 1.4, [7, 19], 1460, 0.002),
    mobile: site('mobile', 0.075, 1, [9, 16], 1360, 0.006),
  };
}

export type Sites = ReturnType<typeof sites>;

/** Hosts and services of the company, the same for every run with the same seed. */
export interface Network {
  readonly sites: Sites;
  readonly paris: readonly Host[];
  readonly lyon: readonly Host[];
  readonly nantes: readonly Host[];
  readonly vpn: readonly Host[];
  /** Customers on the internet, the busiest first; a fifth of them by IPv6. */
  readonly customers: readonly Host[];
  readonly customers6: readonly Host[];
  /** All office desks with IPv4. */
  readonly desks: readonly Host[];
  /** The balancer's address towards the web servers. */
  readonly balancer: Host;
  readonly appServers: readonly Host[];
  readonly printers: readonly Host[];
  readonly services: ReturnType<typeof servicesOf>;
  /** A host of no population, for a story. */
  host(ip: string, stack: Stack, site: Site): Host;
}

/** Addresses of the reserved ranges: nobody's, so that no capture accuses anybody (RFC 5737, 2544, 3849). */
export function buildNetwork(random: Random): Network {
  const all = sites();
  const host = (ip: string, stack: Stack, site: Site) => new Host(ip, stack, site, random);
  const many = (count: number, make: (i: number) => Host) => Array.from({ length: count }, (_, i) => make(i));
  const desk = () => (random.chance(0.72) ? windows : random.chance(0.7) ? macos : linux);
  const anybody = () => (random.chance(0.45) ? windows : random.chance(0.5) ? macos : linux);
  const paris = many(140, (i) => host(`10.1.${1 + (i >> 5)}.${10 + (i & 31) * 3}`, desk(), all.paris));
  const lyon = many(60, (i) => host(`10.2.${1 + (i >> 5)}.${10 + (i & 31) * 3}`, desk(), all.lyon));
  const farther = () => (random.chance(0.3) ? all.mobile : all.internet);
  return {
    sites: all,
    paris,
    lyon,
    nantes: many(30, (i) => host(`2001:db8:30:${1 + (i & 1)}::${(256 + i * 7).toString(16)}`, desk(), all.nantes)),
    vpn: many(45, (i) => host(`10.8.0.${6 + i * 4}`, desk(), all.vpn)),
    customers: many(600, () =>
      host(`198.${random.whole(18, 19)}.${random.whole(0, 255)}.${random.whole(1, 254)}`, anybody(), farther())
    ),
    customers6: many(120, (i) =>
      host(
        `2001:db8:${(0x1000 + random.whole(0, 0xfff)).toString(16)}:${(1 + i).toString(16)}::${(1 + i).toString(16)}`,
        anybody(),
        farther()
      )
    ),
    desks: [...paris, ...lyon],
    balancer: host('10.20.0.10', linux, all.datacentre),
    appServers: many(4, (i) => host(`10.20.2.${11 + i}`, linux, all.datacentre)),
    printers: many(8, (i) => host(`10.1.9.${20 + i}`, embedded, all.paris)),
    services: servicesOf(
      (ip, stack) => host(ip, stack, all.datacentre),
      (ip) => host(ip, linux, all.internet)
    ),
    host,
  };
}

function servicesOf(inside: (ip: string, stack: Stack) => Host, outside: (ip: string) => Host) {
  const entry = inside('203.0.113.10', linux);
  const entry6 = inside('2001:db8:20::10', linux);
  const web = [11, 12, 13].map((last) => new Service(inside(`10.20.1.${last}`, linux), 8080));
  const intranet = inside('10.20.1.21', linux);
  const files = inside('10.20.4.11', windows);
  const mail = inside('10.20.5.25', linux);
  const app = (last: number, port: number) => new Service(inside(`10.20.2.${last}`, linux), port);
  return {
    /** The load balancer's public addresses. */
    shop: new Service(entry, 443),
    shop6: new Service(entry6, 443),
    web,
    intranet: new Service(intranet, 443),
    /** Services inside that take turns in failing. */
    inner: [app(31, 8443), app(32, 8443), app(33, 8080), app(34, 9443)] as const,
    postgres: new Service(inside('10.20.3.11', linux), 5432, 30),
    mysql: new Service(inside('10.20.3.12', linux), 3306, 30),
    redis: new Service(inside('10.20.3.13', linux), 6379, 30),
    files: new Service(files, 445, 40),
    mailIn: new Service(mail, 25),
    mailbox: new Service(mail, 993),
    dns: new Service(inside('10.20.5.53', linux), 53),
    bastion: new Service(inside('10.20.5.22', linux), 22),
    /** OpenVPN over TCP: the present gateway, and the address of the one that was retired. */
    vpn: new Service(inside('203.0.113.94', linux), 1194),
    retiredVpn: new Service(inside('203.0.113.93', linux), 1194),
    mailDesktop: new Service(mail, 3389),
    metering: app(41, 9500),
    downloads: new Service(inside('10.20.1.31', linux), 443),
    leaking: app(42, 8009),
    exporting: app(43, 8000),
    stalling: app(44, 8444),
    archive: app(45, 8445),
    /** An appliance that ends what is idle. */
    partners: new Service(inside('203.0.113.12', appliance), 443),
    clouds: Array.from({ length: 12 }, (_, i) => new Service(outside(`198.51.100.${20 + i * 3}`), 443)),
  };
}

/** Where conversations of a kind come from. */
export type Population = readonly Host[];
