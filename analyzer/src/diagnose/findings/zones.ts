import { logistic, type Ended, type Finding, type Thresholds } from './finding.js';
import { clock, distinct, groupBy, since, until } from './groups.js';

/** What the network does to connections: nothing comes back, SYNs are lost, both fall silent. */
function isNetworkTrouble({ cause, syns, established, unheard }: Ended): boolean {
  return (
    cause === 'no-answer' ||
    cause === 'half-open' ||
    (established && syns > 1) ||
    (unheard !== undefined && unheard !== null)
  );
}

/** Tells the zone of a server, or the network that it is in (/24, /64) when it is in none that is known. */
function zoneFinder(): (one: Ended) => string {
  const networks = new Map<string, string>();
  return ({ server, serverZone = '' }) => {
    if (serverZone !== '') {
      return serverZone;
    }
    const network = networks.get(server) ?? networkOf(server);
    networks.set(server, network);
    return network;
  };
}

function networkOf(address: string): string {
  if (!address.includes(':')) {
    return `${address.split('.').slice(0, 3).join('.')}.0/24`;
  }
  const [head = '', tail] = address.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0');
  const network = [...front, ...middle, ...back].slice(0, 4).join(':');
  return `${network.replace(/(^0|:0)*$/, '')}::/64`;
}

/** Trouble of a zone, and the servers that it met. */
export interface ZoneTrouble {
  readonly zone: string;
  readonly servers: ReadonlySet<string>;
  readonly finding: Finding;
}

/**
 * The same trouble with most servers of a zone at the same time is not theirs (semantics, rule 26). One server with many
 * ports is one server, and a zone in which only one server is spoken to says nothing of the zone.
 */
export function zones(all: readonly Ended[], thresholds: Thresholds): ZoneTrouble[] {
  const found: ZoneTrouble[] = [];
  for (const [zone, group] of groupBy(all, zoneFinder())) {
    const troubled = burst(group.filter(isNetworkTrouble), thresholds);
    const met = new Set(troubled.map(({ server }) => server));
    const servers = met.size;
    if (servers < thresholds.zoneServers || troubled.length < 2 * thresholds.zoneServers) {
      continue;
    }
    const from = since(troubled);
    const to = until(troubled);
    const meanwhile = group.filter(({ start }) => start >= from && start <= to);
    const spokenTo = distinct(meanwhile, (one) => one.server);
    const share = servers / spokenTo;
    if (share < thresholds.failedShare) {
      continue;
    }
    const named = ((group[0] as Ended).serverZone ?? '') !== '';
    const finding: Finding = {
      kind: 'zone-trouble',
      severity: 'high',
      origin: 'lack of resources or network interruption',
      confidence: Math.min(0.95, logistic(0.3 + Math.log2(servers / thresholds.zoneServers) + 3 * (share - 0.6))),
      client: null,
      server: null,
      port: null,
      since: from,
      until: to,
      clients: distinct(troubled, (one) => one.client),
      connections: troubled.length,
      text:
        `${servers} of ${spokenTo} servers in ${zone} lost packets or did not answer from ${clock(from)} on ` +
        `(${troubled.length} of ${meanwhile.length} connections)`,
      rival: 'the capture misses packets of that zone',
      nextCheck: 'The network of that zone, not a server: links, switches, firewalls between it and the clients.',
      filter: named ? `server.zone = "${zone}"` : `server.ip in ${zone}`,
    };
    found.push({ zone, servers: met, finding });
  }
  return found;
}

/** What servers show when it is their network that is in trouble; a service that refuses is in trouble of its own. */
const ofTheNetwork: ReadonlySet<Finding['kind']> = new Set([
  'service-outage',
  'unreachable-service',
  'backlog-overflow',
  'syn-loss',
  'path-broken',
]);

/** Takes what a server suffers from with its whole zone, at the same time, for a part of that: it is not the server. */
export function partOfZone(finding: Finding, troubles: readonly ZoneTrouble[]): Finding {
  const { kind, origin, server, since: from, until: to } = finding;
  const trouble = troubles.find(
    ({ servers, finding: whole }) => servers.has(server ?? '') && from <= whole.until && to >= whole.since
  );
  if (trouble === undefined || !ofTheNetwork.has(kind) || origin !== trouble.finding.origin) {
    return finding;
  }
  return { ...finding, severity: 'low', rival: `a part of what all of ${trouble.zone} suffered from` };
}

/** The stretch of the scan's time span that holds most of them. */
function burst(troubled: readonly Ended[], { scanSeconds }: Thresholds): readonly Ended[] {
  let best = { from: 0, to: 0 };
  let from = 0;
  for (let to = 0; to < troubled.length; to++) {
    while ((troubled[to] as Ended).start - (troubled[from] as Ended).start > scanSeconds) {
      from++;
    }
    if (to + 1 - from > best.to - best.from) {
      best = { from, to: to + 1 };
    }
  }
  return troubled.slice(best.from, best.to);
}
