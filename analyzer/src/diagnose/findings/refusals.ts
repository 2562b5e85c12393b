import { endText } from '../words.js';
import { about, certainty, clientsOf, type ServiceRule } from './about.js';
import { logistic, type Ended } from './finding.js';
import { clock, distinct, isGood, isRefused, seconds, since, until } from './groups.js';

/** Attempts that were refused from a moment on, after the service had worked: or that never worked at all. */
const refusals: ServiceRule = (server, port, group, thresholds) => {
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
  const many = `${refused.length} of ${later.length} attempts by ${clientsOf(refused)}`;
  const onPath = refused.filter(({ cause }) => cause === 'rejected-on-path').length > refused.length / 2;
  const common = {
    origin: 'refusal' as const,
    confidence: certainty(refused.length, thresholds.attempts, share),
    ...about(server, port, refused),
    rival: onPath ? null : 'a firewall that rejects in the name of the server',
  };
  if (lastGood !== undefined) {
    const end =
      back === undefined
        ? ', not back since'
        : `, back at ${clock(back.start)}: down for ${seconds(back.start - from)} or more`;
    return {
      ...common,
      kind: 'service-outage',
      severity: 'high',
      text: `${endText(server, port)} refused ${many} from ${clock(from)} on; last good connection ${clock(lastGood.start)}${end}`,
      nextCheck: 'What happened to the server process at that time: deployment, crash, restart?',
    };
  }
  return {
    ...common,
    kind: 'refusal-storm',
    severity: 'medium',
    text: `${endText(server, port)} refused ${many} from ${clock(from)} on${onPath ? ', by something in front of it' : ''}`,
    nextCheck: 'Is a service meant to listen there? Who told the clients so?',
  };
};

/** Nobody tries by hand, or from a timer, more often than that, seconds. */
const SHORTEST_PERIOD = 0.2;

/** One client that tries again and again and never gets through. */
const staleClient: ServiceRule = (server, port, group, thresholds) => {
  const [first] = group;
  if (first === undefined || distinct(group, (one) => one.client) > 1 || group.some(isGood)) {
    return null;
  }
  const failed = group.filter((one) => isRefused(one) || one.cause === 'no-answer');
  if (failed.length < thresholds.staleAttempts || failed.length < group.length) {
    return null;
  }
  const gaps = failed.slice(1).map((one, i) => one.start - (failed[i] as Ended).start);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const spread = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length) / Math.max(mean, 1e-9);
  if (mean < SHORTEST_PERIOD) {
    return null;
  }
  return {
    kind: 'stale-client',
    severity: 'low',
    origin:
      failed.filter(isRefused).length * 2 >= failed.length ? 'refusal' : 'lack of resources or network interruption',
    confidence: Math.min(0.99, logistic(0.8 + Math.log2(failed.length / thresholds.staleAttempts) + (0.5 - spread))),
    ...about(server, port, failed, first.client),
    text: `${first.client} tried ${endText(server, port)} ${failed.length} times, every ${seconds(mean)} or so, and never got through`,
    rival: 'an outage that only this client noticed',
    nextCheck: 'Look at the client’s configuration: an old address, a service that moved, a monitor nobody needs.',
  };
};

/** The server, or something in its name, says no. */
export const refusalRules: readonly ServiceRule[] = [refusals, staleClient];
