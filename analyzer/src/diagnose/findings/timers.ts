import { endText } from '../words.js';
import { about, cluster, repeated, type Cluster, type ServiceRule } from './about.js';
import { logistic, type Ended, type FindingKind } from './finding.js';
import { seconds } from './groups.js';

/** Silences that connections did not survive: above a value all die, below it they live. */
const idleTimer: ServiceRule = (server, port, group, thresholds) => {
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
    origin: 'lack of resources or network interruption',
    confidence: Math.min(0.97, logistic(0.5 + Math.log2(lost.length / thresholds.repeats) + (cliff ? 1 : -1.5))),
    ...about(server, port, lost),
    text:
      `${lost.length} connections to ${endText(server, port)} did not survive silences of ${seconds(shortest)} or more` +
      (survived > 0 ? `; the longest that one survived was ${seconds(survived)}` : ''),
    rival: cliff ? null : 'connections that end for other reasons after a silence',
    nextCheck: `A timer of about ${seconds(shortest)} in a firewall, load balancer, NAT or server: send keep-alives more often.`,
  };
};

/** Waiting times below this are those of programs, not of timers, seconds. */
const SHORTEST_TIMER = 0.45;

/** A timer shows itself by ends that all come after the same time. */
function timer(values: readonly number[], width: number, least: number): Cluster | null {
  const found = cluster(
    values.filter((value) => value >= SHORTEST_TIMER),
    width
  );
  return found !== null && found.members >= least && found.members >= 0.6 * values.length ? found : null;
}

/** Connections that one side ends whenever the other has kept it waiting for a certain time. */
function timeout(
  kind: FindingKind,
  ends: (one: Ended) => boolean,
  words: (service: string, found: Cluster, all: number) => string,
  nextCheck: (value: string) => string
): ServiceRule {
  return (server, port, group, thresholds) => {
    const ended = group.filter((one) => ends(one) && one.waited !== undefined && one.waited !== null);
    const found = timer(
      ended.map(({ waited }) => waited ?? 0),
      thresholds.timerWidth,
      thresholds.repeats + 1
    );
    if (found === null) {
      return null;
    }
    const members = ended.filter(({ waited }) => Math.abs((waited ?? 0) / found.value - 1) <= thresholds.timerWidth);
    return {
      kind,
      severity: 'medium',
      origin: 'lack of resources or network interruption',
      confidence: repeated(found.members, thresholds.repeats, 0.3 + 2 * (found.share - 0.6)),
      ...about(server, port, members),
      text: words(endText(server, port), found, ended.length),
      rival: 'a job that takes that long and then fails',
      nextCheck: nextCheck(seconds(found.value)),
    };
  };
}

const serverTimeout = timeout(
  'server-timeout',
  ({ cause, clientBytes }) => cause === 'server-abort' && clientBytes > 0,
  (service, { value, members }, all) =>
    `${service} broke off ${members} of ${all} requests after the same ${seconds(value)} without an answer`,
  (value) => `A timeout of ${value} in the server, or between a proxy and its backend: what is it waiting for?`
);

const clientTimeout = timeout(
  'client-timeout',
  ({ cause }) => cause === 'client-abort' || cause === 'setup-aborted',
  (service, { value, members }, all) =>
    `clients of ${service} gave up ${members} of ${all} times after waiting for the same ${seconds(value)}`,
  (value) => `The clients' timeout is ${value}; the server takes longer. Which of the two is wrong?`
);

/** Connections shorter than this end when they are done, not when they are old, seconds. */
const SHORTEST_LIFE = 10;

/** Connections that end at the same age, whatever they were doing. */
const lifetimeLimit: ServiceRule = (server, port, group, thresholds) => {
  const cut = group.filter(
    (one) =>
      one.established &&
      one.end - one.start >= SHORTEST_LIFE &&
      (one.cause === 'server-abort' || one.cause === 'closes-by-rst' || one.cause === 'injected')
  );
  const found = timer(
    cut.map(({ start, end }) => end - start),
    thresholds.timerWidth,
    thresholds.repeats + 1
  );
  if (found === null) {
    return null;
  }
  const members = cut.filter(({ start, end }) => Math.abs((end - start) / found.value - 1) <= thresholds.timerWidth);
  const older = group.filter(({ start, end }) => end - start > found.value * (1 + thresholds.timerWidth)).length;
  return {
    kind: 'lifetime-limit',
    severity: 'medium',
    origin: 'lack of resources or network interruption',
    confidence: repeated(found.members, thresholds.repeats, 0.3 - (older > 0 ? 1.5 : 0)),
    ...about(server, port, members),
    text:
      `${found.members} connections to ${endText(server, port)} were reset at the age of ${seconds(found.value)}` +
      (older > 0 ? `; ${older} became older` : ', and none became older'),
    rival: 'a job of that length that ends by RST',
    nextCheck: `A limit of ${seconds(found.value)} for a connection's life in a load balancer, firewall or server?`,
  };
};

const keepaliveMismatch: ServiceRule = (server, port, group, thresholds) => {
  const races = group.filter(({ cause }) => cause === 'keepalive-race');
  if (races.length < thresholds.repeats) {
    return null;
  }
  return {
    kind: 'keepalive-mismatch',
    severity: 'medium',
    origin: 'data after a close',
    confidence: repeated(races.length, thresholds.repeats, 1),
    ...about(server, port, races),
    text: `${races.length} requests met connections that ${endText(server, port)} was just closing`,
    rival: 'clients that do not look whether the server has closed',
    nextCheck: 'Make the clients’ keep-alive timeout shorter than the server’s.',
  };
};

/** Timers that can be read from when connections end. */
export const timerRules: readonly ServiceRule[] = [
  idleTimer,
  serverTimeout,
  clientTimeout,
  lifetimeLimit,
  keepaliveMismatch,
];
