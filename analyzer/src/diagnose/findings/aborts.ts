import { endText } from '../words.js';
import { about, clientsOf, repeated, type ServiceRule } from './about.js';
import { logistic, type Ended } from './finding.js';
import { clock, distinct, isGood, isRefused, seconds } from './groups.js';

const stoodAtAll = ({ established, midstream }: Ended) => established || midstream;
const saidNothing = ({ clientBytes, serverBytes }: Ended) => clientBytes + serverBytes === 0;

/** Connections that a server takes only to drop them: what listens is not what should serve. */
const acceptThenClose: ServiceRule = (server, port, group, thresholds) => {
  const dropped = group.filter((one) => one.cause === 'server-abort' && saidNothing(one));
  const stood = group.filter(stoodAtAll);
  const share = dropped.length / Math.max(1, stood.length);
  if (dropped.length < thresholds.repeats || share < thresholds.abortShare) {
    return null;
  }
  return {
    kind: 'accept-then-close',
    severity: share > 0.5 ? 'high' : 'medium',
    origin: 'lack of resources or network interruption',
    confidence: repeated(dropped.length, thresholds.repeats, 0.8),
    ...about(server, port, dropped),
    text: `${endText(server, port)} took ${dropped.length} of ${stood.length} connections and dropped them before a word was said`,
    rival: 'an access list or a limit per client that is meant to do that',
    nextCheck: 'A proxy without a backend, a limit of connections, or a crash on accept: look in its log.',
  };
};

const serverAborts: ServiceRule = (server, port, group, thresholds) => {
  const aborted = group.filter((one) => one.cause === 'server-abort' && !saidNothing(one));
  const stood = group.filter(stoodAtAll);
  const share = aborted.length / Math.max(1, stood.length);
  if (aborted.length < thresholds.repeats || share < thresholds.abortShare) {
    return null;
  }
  return {
    kind: 'server-aborts',
    severity: share > 0.5 ? 'high' : 'medium',
    origin: 'crash or bug',
    confidence: repeated(aborted.length, thresholds.repeats, 0.8),
    ...about(server, port, aborted),
    text: `${endText(server, port)} broke off ${aborted.length} of ${stood.length} connections in the middle of an exchange`,
    rival: 'a proxy or an intrusion prevention system that resets in its name',
    nextCheck:
      'Look in the logs of the server and of proxies in front of it for limits, crashes and rejected requests.',
  };
};

const clientAborts: ServiceRule = (server, port, group, thresholds) => {
  const aborted = group.filter(({ cause }) => cause === 'client-abort');
  const stood = group.filter(stoodAtAll);
  const share = aborted.length / Math.max(1, stood.length);
  if (aborted.length < thresholds.repeats || share < 2 * thresholds.abortShare) {
    return null;
  }
  const served = aborted.filter(({ serverBytes }) => serverBytes > 0).length;
  return {
    kind: 'client-aborts',
    severity: 'low',
    origin: null,
    confidence: repeated(aborted.length, thresholds.repeats, 0.8),
    ...about(server, port, aborted),
    text:
      `clients gave up ${aborted.length} of ${stood.length} connections to ${endText(server, port)}, ` +
      `${served} of them while or after it was sending`,
    rival: 'users who stop downloads, which is as it should be',
    nextCheck:
      'Is the server slow? Compare response times and rates before the ends with those of complete connections.',
  };
};

/** The server reads or answers no more, and clients give up waiting. */
const serverStalled: ServiceRule = (server, port, group, thresholds) => {
  const stalled = group.filter((one) => one.stalled === 'server' && one.cause !== null && one.cause !== 'normal');
  if (stalled.length < thresholds.repeats) {
    return null;
  }
  const zeroWindows = stalled.reduce((sum, one) => sum + (one.zeroWindows ?? 0), 0);
  return {
    kind: 'server-stalled',
    severity: 'medium',
    origin: 'lack of resources or network interruption',
    confidence: repeated(stalled.length, thresholds.repeats, 0.6),
    ...about(server, port, stalled),
    text:
      `${endText(server, port)} stopped reading on ${stalled.length} connections that did not end well` +
      (zeroWindows === 0 ? '' : `: in ${zeroWindows} of its segments there it announced a window of 0`),
    rival: 'a server that slows its senders down on purpose',
    nextCheck: 'Is the server out of CPU, disk or workers? Its receive windows were closed before the ends.',
  };
};

/** Several clients' connections die together because the host has forgotten them. */
const restart: ServiceRule = (server, port, group, thresholds) => {
  const dead = group.filter((one) => one.cause === 'dead-peer' && one.aborter !== 'client' && !isUnheard(one));
  if (dead.length < thresholds.repeats || distinct(dead, (one) => `${one.client} ${one.clientPort}`) < 2) {
    return null;
  }
  const first = dead.reduce((least, { end }) => Math.min(least, end), Infinity);
  const down = group.filter((one) => isRefused(one) || one.cause === 'no-answer');
  const from = down.reduce((least, { start }) => Math.min(least, start), first);
  const back = group.find((one) => isGood(one) && one.start >= from);
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
      `${endText(server, port)} no longer knew ${dead.length} connections of ${clientsOf(dead)} at ${clock(first)}` +
      (back === undefined
        ? '; nobody was served since'
        : `; first served again at ${clock(back.start)}, ${seconds(back.start - from)} after the first that failed`),
    rival: 'a device on the path that lost its state',
    nextCheck: 'Did the host or the process restart? Compare its uptime.',
  };
};

function isUnheard({ unheard }: Ended): boolean {
  return unheard !== undefined && unheard !== null;
}

/** Data sent again and again without an answer, on several connections: somebody or something between them is gone. */
const pathBroken: ServiceRule = (server, port, group, thresholds) => {
  const fellSilent = (one: Ended) => one.cause === 'dead-peer' && isUnheard(one);
  const silent = group.filter(fellSilent);
  if (silent.length < thresholds.repeats) {
    return null;
  }
  const first = silent.reduce((least, { end }) => Math.min(least, end), Infinity);
  const others = group.filter((one) => isGood(one) && one.end > first && !fellSilent(one)).length;
  return {
    kind: 'path-broken',
    severity: 'high',
    origin: 'lack of resources or network interruption',
    confidence: Math.min(0.95, logistic(0.8 + Math.log2(silent.length / thresholds.repeats) - (others > 0 ? 1 : 0))),
    ...about(server, port, silent),
    text:
      `${silent.length} connections of ${clientsOf(silent)} with ${endText(server, port)} fell silent in the middle` +
      (others > 0 ? `, while ${others} others went on` : ''),
    rival: others > 0 ? 'a firewall that forgot these connections' : 'the host went down',
    nextCheck: 'Errors of interfaces and routes between these zones at that time? Was the host up?',
  };
};

const injection: ServiceRule = (server, port, group, thresholds) => {
  const injected = group.filter(({ cause }) => cause === 'injected');
  if (injected.length < thresholds.repeats) {
    return null;
  }
  const mean = injected.reduce((sum, { confidence }) => sum + confidence, 0) / injected.length;
  return {
    kind: 'injection',
    severity: 'high',
    origin: 'lack of resources or network interruption',
    confidence: Math.min(0.97, logistic(Math.log2(injected.length / thresholds.repeats) + 3 * (mean - 0.4))),
    ...about(server, port, injected),
    text: `${injected.length} connections to ${endText(server, port)} were reset by packets that neither end sent`,
    rival: 'a load balancer in front of several hosts of different kinds',
    nextCheck: 'Which device on the path resets connections? Its distance follows from the TTL of the RSTs.',
  };
};

/** Connections that stood and were broken off. */
export const abortRules: readonly ServiceRule[] = [
  acceptThenClose,
  serverAborts,
  clientAborts,
  serverStalled,
  restart,
  pathBroken,
  injection,
];
