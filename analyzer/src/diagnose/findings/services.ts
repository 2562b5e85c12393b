import { logistic, type Ended, type Finding, type Thresholds } from './finding.js';
import { clock, distinct, groupBy, isGood, isRefused, seconds, serviceFilter, since, until } from './groups.js';

type Rule = (server: string, port: number, group: readonly Ended[], thresholds: Thresholds) => Finding | null;

/** What is wrong with one service: all connections to a port of a server, those of scanners left out. */
export function services(all: readonly Ended[], thresholds: Thresholds): Finding[] {
  const found: Finding[] = [];
  for (const group of groupBy(all, (one) => `${one.server} ${one.port}`).values()) {
    const { server, port } = group[0] as Ended;
    for (const rule of rules) {
      const finding = rule(server, port, group, thresholds);
      if (finding !== null) {
        found.push(finding);
      }
    }
  }
  return found;
}

/** What all findings of a service have in common. */
function about(server: string, port: number, members: readonly Ended[], client: string | null = null) {
  return {
    client,
    server,
    port,
    since: since(members),
    until: until(members),
    clients: distinct(members, (one) => one.client),
    connections: members.length,
    filter: serviceFilter(server, port) + (client === null ? '' : ` and client.ip = ${client}`),
  };
}

/** Grows with the number of connections beyond the least, shrinks with the share that disagrees. */
function certainty(count: number, least: number, share: number): number {
  return Math.min(0.99, logistic(1 + 1.2 * Math.log2(count / least) + 4 * (share - 0.75)));
}

/** Attempts that were refused from a moment on, after the service had worked: or that never worked at all. */
const refusals: Rule = (server, port, group, thresholds) => {
  const refused = group.filter(isRefused);
  if (refused.length < thresholds.attempts) {
    return null;
  }
  const from = since(refused);
  const later = group.filter(({ start }) => start >= from);
  const share = refused.length / later.length;
  if (share < thresholds.failedShare || (distinct(refused, (one) => one.client) === 1 && !group.some(isGood))) {
    return null;
  }
  const lastGood = group.filter((one) => isGood(one) && one.start < from).at(-1);
  const back = later.find((one) => isGood(one) && one.start > until(refused));
  const who = distinct(refused, (one) => one.client);
  const many = `${refused.length} of ${later.length} attempts by ${who} ${who === 1 ? 'client' : 'clients'}`;
  const onPath = refused.filter(({ cause }) => cause === 'rejected-on-path').length > refused.length / 2;
  const common = {
    origin: 'refusal' as const,
    confidence: certainty(refused.length, thresholds.attempts, share),
    ...about(server, port, refused),
    rival: onPath ? null : 'a firewall that rejects in the name of the server',
  };
  if (lastGood !== undefined) {
    const end = back === undefined ? '' : `, back at ${clock(back.start)}`;
    return {
      ...common,
      kind: 'service-outage',
      severity: 'high',
      text: `${server}:${port} refused ${many} from ${clock(from)} on; last good connection ${clock(lastGood.start)}${end}`,
      nextCheck: 'What happened to the server process at that time: deployment, crash, restart?',
    };
  }
  return {
    ...common,
    kind: 'refusal-storm',
    severity: 'medium',
    text: `${server}:${port} refused ${many} from ${clock(from)} on${onPath ? ', by something in front of it' : ''}`,
    nextCheck: 'Is a service meant to listen there? Who told the clients so?',
  };
};

/** One client that tries again and again and never gets through. */
const staleClients: Rule = (server, port, group, thresholds) => {
  for (const [client, attempts] of groupBy(group, (one) => one.client)) {
    const failed = attempts.filter((one) => isRefused(one) || one.cause === 'no-answer');
    if (failed.length < thresholds.staleAttempts || failed.length < attempts.length || group.some(isGood)) {
      continue;
    }
    const gaps = failed.slice(1).map((one, i) => one.start - (failed[i] as Ended).start);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const spread =
      Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length) / Math.max(mean, 1e-9);
    if (distinct(group, (one) => one.client) > 1) {
      continue;
    }
    return {
      kind: 'stale-client',
      severity: 'low',
      origin: 'refusal',
      confidence: Math.min(0.99, logistic(0.8 + Math.log2(failed.length / thresholds.staleAttempts) + (0.5 - spread))),
      ...about(server, port, failed, client),
      text: `${client} tried ${server}:${port} ${failed.length} times, every ${seconds(mean)} or so, and never got through`,
      rival: 'an outage that only this client noticed',
      nextCheck: 'Look at the client’s configuration: an old address, a service that moved, a monitor nobody needs.',
    };
  }
  return null;
};

const silence: Rule = (server, port, group, thresholds) => {
  const unanswered = group.filter(({ cause }) => cause === 'no-answer');
  if (unanswered.length < Math.min(thresholds.attempts, thresholds.repeats)) {
    return null;
  }
  const answered = group.filter(({ established }) => established);
  const share = unanswered.length / (unanswered.length + answered.length);
  if (answered.length === 0) {
    return unanswered.length < thresholds.attempts
      ? null
      : {
          kind: 'unreachable-service',
          severity: 'high',
          origin: 'resources or network',
          confidence: certainty(unanswered.length, thresholds.attempts, share),
          ...about(server, port, unanswered),
          text: `${server}:${port} answered none of ${unanswered.length} attempts by ${distinct(unanswered, (one) => one.client)} clients`,
          rival: 'answers that take another way and were not captured',
          nextCheck: 'Host down, firewall that drops, or route? Try other ports of the host, look for ICMP.',
        };
  }
  const overlapping = answered.some(({ start, end }) => start <= until(unanswered) && end >= since(unanswered));
  return overlapping
    ? {
        kind: 'backlog-overflow',
        severity: 'high',
        origin: 'resources or network',
        confidence: Math.min(
          0.95,
          logistic(0.3 + Math.log2(unanswered.length / thresholds.repeats) + (share < 0.9 ? 0.7 : 0))
        ),
        ...about(server, port, unanswered),
        text: `${server}:${port} left ${unanswered.length} attempts unanswered while ${answered.length} others stood`,
        rival: 'packet loss on the way to the server',
        nextCheck: 'The listen backlog may be full: compare with the load, `ss -ltn`, and ListenOverflows of the host.',
      }
    : null;
};

/** SYNs that had to be sent again before they were answered. */
const synLoss: Rule = (server, port, group, thresholds) => {
  const stood = group.filter(({ established, handshake }) => established && handshake !== null);
  const again = stood.filter(({ syns }) => syns > 1);
  if (again.length < thresholds.repeats || stood.length === 0 || again.length / stood.length < 0.05) {
    return null;
  }
  return {
    kind: 'syn-loss',
    severity: 'medium',
    origin: 'resources or network',
    confidence: Math.min(0.95, logistic(0.5 + Math.log2(again.length / thresholds.repeats))),
    ...about(server, port, again),
    text: `${again.length} of ${stood.length} connections to ${server}:${port} needed more than one SYN`,
    rival: 'a backlog that is full at times',
    nextCheck: 'Loss on the path, or a server that drops SYNs under load? Compare retransmissions of the same zones.',
  };
};

const halfOpenFlood: Rule = (server, port, group, thresholds) => {
  const open = group.filter(({ cause }) => cause === 'half-open');
  const share = open.length / group.length;
  const span = until(open) - since(open);
  if (open.length < thresholds.floodAttempts || share < thresholds.failedShare) {
    return null;
  }
  if (open.length / Math.max(1, span) < thresholds.floodAttempts / thresholds.floodSeconds) {
    return null;
  }
  return {
    kind: 'half-open-flood',
    severity: 'high',
    origin: 'resources or network',
    confidence: certainty(open.length, thresholds.floodAttempts, share),
    ...about(server, port, open),
    text: `${open.length} attempts at ${server}:${port} within ${seconds(span)} were answered and never completed`,
    rival: 'the server’s answers do not reach the clients',
    nextCheck:
      'Spoofed sources (many, never seen otherwise), or a broken return path? SYN cookies help against the first.',
  };
};

const serverAborts: Rule = (server, port, group, thresholds) => {
  const aborted = group.filter(({ cause }) => cause === 'server-abort');
  const stood = group.filter(({ established, midstream }) => established || midstream);
  const share = aborted.length / Math.max(1, stood.length);
  if (aborted.length < thresholds.repeats || share < 0.1) {
    return null;
  }
  return {
    kind: 'server-aborts',
    severity: share > 0.5 ? 'high' : 'medium',
    origin: 'crash or bug',
    confidence: Math.min(0.95, logistic(0.8 + Math.log2(aborted.length / thresholds.repeats))),
    ...about(server, port, aborted),
    text: `${server}:${port} broke off ${aborted.length} of ${stood.length} connections`,
    rival: 'a proxy or an intrusion prevention system that resets in its name',
    nextCheck:
      'Look in the logs of the server and of proxies in front of it for limits, crashes and rejected requests.',
  };
};

/** Several clients' connections die together because the host has forgotten them. */
const restart: Rule = (server, port, group, thresholds) => {
  const dead = group.filter(({ cause, aborter }) => cause === 'dead-peer' && aborter !== 'client');
  if (dead.length < thresholds.repeats || distinct(dead, (one) => `${one.client} ${one.clientPort}`) < 2) {
    return null;
  }
  const first = dead.reduce((least, { end }) => Math.min(least, end), Infinity);
  const back = group.find((one) => isGood(one) && one.start >= first);
  return {
    kind: 'restart',
    severity: 'high',
    origin: 'crash or bug',
    confidence: Math.min(
      0.97,
      logistic(0.8 + Math.log2(dead.length / thresholds.repeats) + (back === undefined ? 0 : 0.7))
    ),
    ...about(server, port, dead),
    text:
      `${server}:${port} no longer knew ${dead.length} connections at ${clock(first)}` +
      (back === undefined ? '; nobody was served since' : `; first served again at ${clock(back.start)}`),
    rival: 'a device on the path that lost its state',
    nextCheck: 'Did the host or the process restart? Compare its uptime.',
  };
};

/** Silences that connections did not survive: above a value all die, below it they live. */
const idleTimer: Rule = (server, port, group, thresholds) => {
  const lost = group.filter(({ cause, quiet }) => cause === 'idle-timeout' && quiet !== null);
  if (lost.length < thresholds.repeats) {
    return null;
  }
  const shortest = lost.reduce((least, { quiet }) => Math.min(least, quiet ?? Infinity), Infinity);
  const survived = group
    .filter(({ cause, quiet }) => cause !== 'idle-timeout' && quiet !== null)
    .reduce((most, { quiet }) => Math.max(most, quiet ?? 0), 0);
  const cliff = survived < shortest;
  return {
    kind: 'idle-timer',
    severity: 'medium',
    origin: 'resources or network',
    confidence: Math.min(0.97, logistic(0.5 + Math.log2(lost.length / thresholds.repeats) + (cliff ? 1 : -1.5))),
    ...about(server, port, lost),
    text:
      `${lost.length} connections to ${server}:${port} did not survive silences of ${seconds(shortest)} or more` +
      (survived > 0 ? `; the longest that one survived was ${seconds(survived)}` : ''),
    rival: cliff ? null : 'connections that end for other reasons after a silence',
    nextCheck: `A timer of about ${seconds(shortest)} in a firewall, load balancer, NAT or server: send keep-alives more often.`,
  };
};

const keepaliveMismatch: Rule = (server, port, group, thresholds) => {
  const races = group.filter(({ cause }) => cause === 'keepalive-race');
  if (races.length < thresholds.repeats) {
    return null;
  }
  return {
    kind: 'keepalive-mismatch',
    severity: 'medium',
    origin: 'data after a close',
    confidence: Math.min(0.95, logistic(1 + Math.log2(races.length / thresholds.repeats))),
    ...about(server, port, races),
    text: `${races.length} requests met connections that ${server}:${port} was just closing`,
    rival: 'clients that do not look whether the server has closed',
    nextCheck: 'Make the clients’ keep-alive timeout shorter than the server’s.',
  };
};

const closeWaitLeak: Rule = (server, port, group, thresholds) => {
  for (const closer of ['client', 'server'] as const) {
    const left = group.filter((one) => one.cause === 'half-closed' && one.closer === closer);
    if (left.length >= thresholds.repeats) {
      const other = closer === 'client' ? 'server' : 'client';
      return {
        kind: 'close-wait-leak',
        severity: 'medium',
        origin: 'crash or bug',
        confidence: Math.min(0.95, logistic(0.5 + Math.log2(left.length / thresholds.repeats))),
        ...about(server, port, left),
        text: `${left.length} connections to ${server}:${port} were closed by the ${closer} and never by the ${other}`,
        rival: 'one side is still sending and the capture ended too early to see it',
        nextCheck: `Sockets of the ${other} wait in CLOSE_WAIT: \`ss -tn state close-wait\`; its application forgets to close.`,
      };
    }
  }
  return null;
};

const injection: Rule = (server, port, group, thresholds) => {
  const injected = group.filter(({ cause }) => cause === 'injected');
  if (injected.length < thresholds.repeats) {
    return null;
  }
  const mean = injected.reduce((sum, { confidence }) => sum + confidence, 0) / injected.length;
  return {
    kind: 'injection',
    severity: 'high',
    origin: 'resources or network',
    confidence: Math.min(0.97, logistic(Math.log2(injected.length / thresholds.repeats) + 3 * (mean - 0.4))),
    ...about(server, port, injected),
    text: `${injected.length} connections to ${server}:${port} were reset by packets that neither end sent`,
    rival: 'a load balancer in front of several hosts of different kinds',
    nextCheck: 'Which device on the path resets connections? Its distance follows from the TTL of the RSTs.',
  };
};

const byDesign: Rule = (server, port, group, thresholds) => {
  const complete = group.filter((one) => isGood(one) && (one.cause === 'closes-by-rst' || one.cause === 'normal'));
  const resets = complete.filter(({ cause }) => cause === 'closes-by-rst');
  const share = resets.length / Math.max(1, complete.length);
  if (resets.length < thresholds.repeats || share < thresholds.byDesignShare) {
    return null;
  }
  return {
    kind: 'closes-by-rst-by-design',
    severity: 'low',
    origin: null,
    confidence: certainty(resets.length, thresholds.repeats, share),
    ...about(server, port, resets),
    text: `${resets.length} of ${complete.length} complete connections to ${server}:${port} end by RST: that is how this application closes`,
    rival: null,
    nextCheck: 'Not an incident. Leave it out of alerts and watch whether the share changes.',
  };
};

const rules: readonly Rule[] = [
  refusals,
  staleClients,
  silence,
  synLoss,
  halfOpenFlood,
  serverAborts,
  restart,
  idleTimer,
  keepaliveMismatch,
  closeWaitLeak,
  injection,
  byDesign,
];
