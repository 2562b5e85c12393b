import { endText } from '../words.js';
import { about, certainty, clientsOf, repeated, type ServiceRule } from './about.js';
import { logistic, type Ended, type Thresholds } from './finding.js';
import { clock, isGood, seconds, since, until } from './groups.js';

/** SYNs a second from which on nobody is served, but somebody is flooded. */
const FLOOD_RATE = 10;

/** Single SYNs at a rate that no client has. */
function flooding(group: readonly Ended[], thresholds: Thresholds): readonly Ended[] {
  const single = group.filter(({ cause, syns }) => cause === 'no-answer' && syns === 1);
  const span = Math.max(1, until(single) - since(single));
  const many = single.length >= 5 * thresholds.floodAttempts && single.length / span >= FLOOD_RATE;
  return many && single.length >= group.length * thresholds.failedShare ? single : [];
}

const synFlood: ServiceRule = (server, port, group, thresholds) => {
  const flood = flooding(group, thresholds);
  if (flood.length === 0) {
    return null;
  }
  const span = until(flood) - since(flood);
  return {
    kind: 'syn-flood',
    severity: 'high',
    origin: 'lack of resources or network interruption',
    confidence: certainty(flood.length, 5 * thresholds.floodAttempts, flood.length / group.length),
    ...about(server, port, flood),
    text:
      `${flood.length} SYNs from ${clientsOf(flood)} to ${endText(server, port)} within ${seconds(span)}, ` +
      'none of them answered or sent again',
    rival: 'a load test or a scan against a host that is down',
    nextCheck: 'Are the sources real? A filter in front of the server or SYN cookies help against forged ones.',
  };
};

/** Attempts that nobody answered: never, from a moment on, or now and then. */
const silence: ServiceRule = (server, port, group, thresholds) => {
  const unanswered = group.filter(({ cause }) => cause === 'no-answer');
  if (unanswered.length < Math.min(thresholds.attempts, thresholds.repeats) || flooding(group, thresholds).length > 0) {
    return null;
  }
  const answered = group.filter(({ established }) => established);
  const share = unanswered.length / (unanswered.length + answered.length);
  const common = { origin: 'lack of resources or network interruption' as const, ...about(server, port, unanswered) };
  if (answered.length === 0) {
    return unanswered.length < thresholds.attempts
      ? null
      : {
          ...common,
          kind: 'unreachable-service',
          severity: 'high',
          confidence: certainty(unanswered.length, thresholds.attempts, share),
          text: `${endText(server, port)} answered none of ${unanswered.length} attempts by ${clientsOf(unanswered)}`,
          rival: 'answers that take another way and were not captured',
          nextCheck: 'Host down, firewall that drops, or route? Try other ports of the host, look for ICMP.',
        };
  }
  const from = since(unanswered);
  const lastGood = answered.filter((one) => isGood(one) && one.start < from).at(-1);
  const later = answered.filter(({ start }) => start >= from && start <= until(unanswered));
  if (lastGood !== undefined && later.length === 0 && unanswered.length >= thresholds.attempts) {
    const back = answered.find(({ start }) => start > until(unanswered));
    return {
      ...common,
      kind: 'service-outage',
      severity: 'high',
      confidence: certainty(unanswered.length, thresholds.attempts, 1),
      text:
        `${endText(server, port)} answered none of ${unanswered.length} attempts by ${clientsOf(unanswered)} from ${clock(from)} on; ` +
        `last good connection ${clock(lastGood.start)}` +
        (back === undefined ? ', not back since' : `, back at ${clock(back.start)}`),
      rival: 'a change on the path: a firewall rule, a route',
      nextCheck: 'Is the host up? Then look at what changed on the path at that time.',
    };
  }
  const overlapping = answered.some(({ start, end }) => start <= until(unanswered) && end >= from);
  return overlapping
    ? {
        ...common,
        kind: 'backlog-overflow',
        severity: 'high',
        confidence: Math.min(
          0.95,
          logistic(0.3 + Math.log2(unanswered.length / thresholds.repeats) + (share < 0.9 ? 0.7 : 0))
        ),
        text: `${endText(server, port)} left ${unanswered.length} attempts unanswered while ${answered.length} others stood`,
        rival: 'packet loss on the way to the server',
        nextCheck: 'The listen backlog may be full: compare with the load, `ss -ltn`, and ListenOverflows of the host.',
      }
    : null;
};

/** SYNs that had to be sent again before they were answered. */
const synLoss: ServiceRule = (server, port, group, thresholds) => {
  const stood = group.filter(({ established, handshake }) => established && handshake !== null);
  const again = stood.filter(({ syns }) => syns > 1);
  if (again.length < thresholds.repeats || again.length / stood.length < thresholds.lossShare) {
    return null;
  }
  return {
    kind: 'syn-loss',
    severity: 'medium',
    origin: 'lack of resources or network interruption',
    confidence: repeated(again.length, thresholds.repeats, 0.5),
    ...about(server, port, again),
    text: `${again.length} of ${stood.length} connections to ${endText(server, port)} needed more than one SYN`,
    rival: 'a backlog that is full at times',
    nextCheck: 'Loss on the path, or a server that drops SYNs under load? Compare retransmissions of the same zones.',
  };
};

const halfOpenFlood: ServiceRule = (server, port, group, thresholds) => {
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
    origin: 'lack of resources or network interruption',
    confidence: certainty(open.length, thresholds.floodAttempts, share),
    ...about(server, port, open),
    text: `${open.length} attempts at ${endText(server, port)} within ${seconds(span)} were answered and never completed`,
    rival: 'the server’s answers do not reach the clients',
    nextCheck:
      'Spoofed sources (many, never seen otherwise), or a broken return path? SYN cookies help against the first.',
  };
};

/** Attempts that do not become connections, though nobody says no. */
export const silenceRules: readonly ServiceRule[] = [synFlood, silence, synLoss, halfOpenFlood];
