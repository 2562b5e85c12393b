import { logistic, type Ended, type Finding, type Thresholds } from './finding.js';
import { clock, distinct, groupBy, hasFailed, isRefused, since, until } from './groups.js';

/**
 * Likelihood ratio that a source scans, over its first contacts (Jung et al., Fast portscan detection using sequential
 * hypothesis testing, S&P 2004): an honest client's contacts succeed four times in five, a scanner's once in five.
 */
const PER_CONTACT = Math.log(4);
/** The ratio at which the paper flags a source, for one false alarm in a hundred. */
const FLAGGED = Math.log(99);
/** The same as failed contacts beyond those that succeeded. */
export const scanSurplus = Math.ceil(FLAGGED / PER_CONTACT);

/** Sources that try many ports of a host, or many hosts: Zeek's counts as the floor, the likelihood ratio on top. */
export function scans(all: readonly Ended[], thresholds: Thresholds): Finding[] {
  const found: Finding[] = [];
  for (const [client, ofClient] of groupBy(all, (one) => one.client)) {
    for (const [server, group] of groupBy(ofClient, (one) => one.server)) {
      if (group.length < thresholds.scanPorts) {
        continue;
      }
      const burst = widest(group, thresholds.scanSeconds, (one) => one.port);
      if (burst.failed >= thresholds.scanPorts && burst.ratio >= FLAGGED) {
        found.push({
          kind: 'port-scan',
          severity: 'medium',
          origin: null,
          confidence: confidenceOf(burst.ratio),
          client,
          server,
          port: null,
          since: since(burst.members),
          until: until(burst.members),
          clients: 1,
          connections: burst.members.length,
          text:
            `${client} tried ${burst.contacts} ports of ${server} from ${clock(since(burst.members))} on; ` +
            `${outcomes(burst.members)}`,
          rival: null,
          nextCheck: 'Is this source allowed to scan (inventory, monitoring)? If not, find out who runs it.',
          filter: `client.ip = ${client} and server.ip = ${server}`,
        });
      }
    }
    for (const [port, group] of groupBy(ofClient, (one) => one.port)) {
      if (group.length < thresholds.scanHosts) {
        continue;
      }
      const burst = widest(group, thresholds.scanSeconds, (one) => one.server);
      if (burst.failed >= thresholds.scanHosts && burst.ratio >= FLAGGED) {
        found.push({
          kind: 'host-sweep',
          severity: 'high',
          origin: null,
          confidence: confidenceOf(burst.ratio),
          client,
          server: null,
          port,
          since: since(burst.members),
          until: until(burst.members),
          clients: 1,
          connections: burst.members.length,
          text:
            `${client} tried port ${port} of ${burst.contacts} hosts from ${clock(since(burst.members))} on; ` +
            `${outcomes(burst.members)}`,
          rival: 'a client with a wrong list of servers',
          nextCheck: 'Worm, scanner, or monitoring? Look at the process on the source.',
          filter: `client.ip = ${client} and server.port = ${port}`,
        });
      }
    }
  }
  return found;
}

/** "25 refused, 2 open". */
function outcomes(members: readonly Ended[]): string {
  const count = (of: (one: Ended) => boolean) => members.filter(of).length;
  const refused = count(isRefused);
  const silent = count(({ cause }) => cause === 'no-answer');
  const parts: ReadonlyArray<readonly [number, string]> = [
    [refused, 'refused'],
    [silent, 'silent'],
    [members.length - refused - silent, 'open'],
  ];
  return parts
    .filter(([number]) => number > 0)
    .map(([number, what]) => `${number} ${what}`)
    .join(', ');
}

interface Burst {
  readonly members: readonly Ended[];
  readonly contacts: number;
  readonly failed: number;
  /** Logarithm of the likelihood ratio. */
  readonly ratio: number;
}

/** The stretch of at most `span` seconds with the most failed first contacts. */
function widest(group: readonly Ended[], span: number, target: (one: Ended) => string | number): Burst {
  const first = new Map<string | number, Ended>();
  for (const one of group) {
    if (!first.has(target(one))) {
      first.set(target(one), one);
    }
  }
  const contacts = [...first.values()];
  let best = { from: 0, to: 0 };
  let most = -1;
  let from = 0;
  let failed = 0;
  for (let to = 0; to < contacts.length; to++) {
    const newest = contacts[to] as Ended;
    failed += hasFailed(newest) ? 1 : 0;
    while (newest.start - (contacts[from] as Ended).start > span) {
      failed -= hasFailed(contacts[from++] as Ended) ? 1 : 0;
    }
    if (failed > most) {
      most = failed;
      best = { from, to: to + 1 };
    }
  }
  const members = contacts.slice(best.from, best.to);
  const ratio = members.reduce((sum, one) => sum + (hasFailed(one) ? PER_CONTACT : -PER_CONTACT), 0);
  return { members, contacts: distinct(members, target), failed: Math.max(0, most), ratio };
}

/** Even certain evidence leaves room for what was not thought of. */
function confidenceOf(ratio: number): number {
  return Math.min(0.99, logistic(ratio - FLAGGED / 2));
}
