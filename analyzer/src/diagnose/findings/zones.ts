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

/** The zone of a server, or the network that it is in (/24, /64) when it is in none that is known. */
function zoneOf({ server, serverZone = '' }: Ended): string {
  return serverZone === '' ? networkOf(server) : serverZone;
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
  return `${[...front, ...middle, ...back].slice(0, 4).join(':')}::/64`;
}

/**
 * The same trouble with most servers of a zone at the same time is not theirs (semantics, rule 26). One server with many
 * ports is one server, and a zone in which only one server is spoken to says nothing of the zone.
 */
export function zones(all: readonly Ended[], thresholds: Thresholds): Finding[] {
  const found: Finding[] = [];
  for (const [zone, group] of groupBy(all, zoneOf)) {
    const troubled = burst(group.filter(isNetworkTrouble), thresholds);
    const servers = distinct(troubled, (one) => one.server);
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
    found.push({
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
    });
  }
  return found;
}

/** The stretch of the scan's time span that holds most of them. */
function burst(troubled: readonly Ended[], { scanSeconds }: Thresholds): readonly Ended[] {
  let best: readonly Ended[] = [];
  let from = 0;
  for (let to = 0; to < troubled.length; to++) {
    while ((troubled[to] as Ended).start - (troubled[from] as Ended).start > scanSeconds) {
      from++;
    }
    if (to + 1 - from > best.length) {
      best = troubled.slice(from, to + 1);
    }
  }
  return best;
}
