import { logistic, type Ended, type Finding, type Thresholds } from './finding.js';
import { distinct, groupBy, since, until } from './groups.js';

/** Fewest connections before shares of them say anything about the capture. */
const ENOUGH = 20;

function isPoor(poorFeed: Ended['poorFeed']): poorFeed is string {
  return poorFeed !== undefined && poorFeed !== null;
}

/** Whether the capture shows enough to believe anything else (semantics: rule 27, the veto). */
export function incompleteCapture(all: readonly Ended[], thresholds: Thresholds): Finding | null {
  const torn = all.filter(({ oneway, midstream, poorFeed }) => oneway || midstream || isPoor(poorFeed));
  const share = torn.length / Math.max(1, all.length);
  if (all.length < ENOUGH || share < thresholds.incompleteShare) {
    return null;
  }
  const oneWay = torn.filter(({ oneway }) => oneway).length;
  const midstream = torn.filter(({ oneway, midstream: late }) => !oneway && late).length;
  const poor = torn.flatMap(({ poorFeed }) => (isPoor(poorFeed) ? [poorFeed] : []));
  return {
    kind: 'incomplete-capture',
    severity: share > 0.5 ? 'high' : 'medium',
    origin: null,
    confidence: Math.min(0.99, logistic(2 + 3 * (share - thresholds.incompleteShare))),
    client: null,
    server: null,
    port: null,
    since: since(all),
    until: until(all),
    clients: distinct(torn, (one) => one.client),
    connections: torn.length,
    text:
      `of ${torn.length} of ${all.length} connections (${Math.round(share * 100)} %) the capture shows only a part: ` +
      `${oneWay} in one direction only, ${midstream} from the middle on` +
      (poor.length === 0 ? '' : `, ${poor.length} in minutes that lack packets (${poor[0]})`),
    rival: null,
    nextCheck: 'Mirror both directions of the port, enlarge the buffer, and capture longer than connections last.',
    filter: 'oneway.count > 0 or midstream.count > 0',
  };
}

/** RSTs from one host to many that never asked: answers to an attack that used their addresses. */
export function backscatter(all: readonly Ended[], thresholds: Thresholds): Finding[] {
  const found: Finding[] = [];
  for (const [server, group] of groupBy(
    all.filter(({ close }) => close === 'orphan'),
    (one) => one.server
  )) {
    const clients = distinct(group, (one) => one.client);
    if (clients >= thresholds.floodAttempts) {
      found.push({
        kind: 'backscatter',
        severity: 'low',
        origin: null,
        confidence: Math.min(0.95, logistic(0.5 + Math.log2(clients / thresholds.floodAttempts))),
        client: null,
        server,
        port: null,
        since: since(group),
        until: until(group),
        clients,
        connections: group.length,
        text: `${server} sent RSTs to ${clients} addresses that never sent it anything`,
        rival: 'only one direction is captured',
        nextCheck: 'Somebody attacks that host with forged addresses of yours; nothing to do here.',
        filter: `server.ip = ${server} and rst.noconn.srv > 0`,
      });
    }
  }
  return found;
}
