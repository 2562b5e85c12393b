import { endText } from '../words.js';
import { about, certainty, repeated, type ServiceRule } from './about.js';
import { logistic, type Ended } from './finding.js';
import { clock, groupBy, isGood, seconds } from './groups.js';

const closeWaitLeak: ServiceRule = (server, port, group, thresholds) => {
  for (const closer of ['client', 'server'] as const) {
    const left = group.filter(
      ({ cause, closer: by, unclosed }) =>
        cause === 'half-closed' && by === closer && (unclosed ?? Infinity) >= thresholds.leakSeconds
    );
    if (left.length >= thresholds.repeats) {
      const other = closer === 'client' ? 'server' : 'client';
      return {
        kind: 'close-wait-leak',
        severity: 'medium',
        origin: 'crash or bug',
        confidence: repeated(left.length, thresholds.repeats, 0.5),
        ...about(server, port, left),
        text:
          `${left.length} connections to ${endText(server, port)} were closed by the ${closer} and never by the ${other}` +
          shortest(left),
        rival: 'one side is still sending and the capture ended too early to see it',
        nextCheck: `Sockets of the ${other} wait in CLOSE_WAIT: \`ss -tn state close-wait\`; its application forgets to close.`,
      };
    }
  }
  return null;
};

/** For how long the one that was watched least was left so. */
function shortest(left: readonly Ended[]): string {
  const least = left.reduce((least, { unclosed }) => Math.min(least, unclosed ?? Infinity), Infinity);
  return Number.isFinite(least) ? `, for ${seconds(least)} or more` : '';
}

/** One side goes on writing to connections that the other has closed. */
const lateWriter: ServiceRule = (server, port, group, thresholds) => {
  for (const closer of ['client', 'server'] as const) {
    const late = group.filter((one) => one.cause === 'late-data' && one.closer === closer);
    if (late.length >= thresholds.repeats) {
      const other = closer === 'client' ? endText(server, port) : `clients of ${endText(server, port)}`;
      return {
        kind: 'late-writer',
        severity: 'low',
        origin: 'data after a close',
        confidence: repeated(late.length, thresholds.repeats, 0.8),
        ...about(server, port, late),
        text: `${other} wrote to ${late.length} connections that the ${closer} had long closed`,
        rival: 'a server that announces its end to clients that only listen when they speak',
        nextCheck: 'The writing side overlooks the end of the stream: it should read, or check before it writes.',
      };
    }
  }
  return null;
};

const isComplete = (one: Ended) => isGood(one) && (one.cause === 'closes-by-rst' || one.cause === 'normal');
const byReset = ({ cause }: Ended) => cause === 'closes-by-rst';

const byDesign: ServiceRule = (server, port, group, thresholds) => {
  const complete = group.filter(isComplete);
  const resets = complete.filter(byReset);
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
    text: `${resets.length} of ${complete.length} complete connections to ${endText(server, port)} end by RST: that is how this application closes`,
    rival: null,
    nextCheck: 'Not an incident. Leave it out of alerts and watch whether the share changes.',
  };
};

/** A gain of a nat or so a connection; below this a change may be chance (Jeffreys: decisive is 4.6). */
const DECISIVE = 4.6;

/** A service whose connections end otherwise from a moment on than before: the moment that explains most. */
const closingChanged: ServiceRule = (server, port, group, thresholds) => {
  const complete = group.filter(isComplete);
  const least = thresholds.baseline;
  const total = complete.filter(byReset).length;
  if (complete.length < 2 * least) {
    return null;
  }
  let best = { gain: 0, at: 0, before: 0, after: 0 };
  const whole = likelihood(total, complete.length);
  for (let at = 0, resets = 0; at < complete.length; at++) {
    if (at >= least && complete.length - at >= least) {
      const gain = likelihood(resets, at) + likelihood(total - resets, complete.length - at) - whole;
      if (gain > best.gain) {
        best = { gain, at, before: resets / at, after: (total - resets) / (complete.length - at) };
      }
    }
    resets += byReset(complete[at] as Ended) ? 1 : 0;
  }
  if (best.gain < DECISIVE || best.after - best.before < thresholds.changedShare) {
    return null;
  }
  const moment = (complete[best.at] as Ended).start;
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  return {
    kind: 'closing-changed',
    severity: 'medium',
    origin: 'crash or bug',
    confidence: Math.min(0.97, logistic((best.gain - DECISIVE) / 2 + 0.5)),
    ...about(server, port, complete.slice(best.at).filter(byReset)),
    text:
      `complete connections to ${endText(server, port)} ended by RST in ${percent(best.before)} of ${best.at} cases before ` +
      `${clock(moment)} and in ${percent(best.after)} of ${complete.length - best.at} since`,
    rival: 'other clients came, with other habits',
    nextCheck: 'What was deployed at that time, on the server, on a proxy, or at the clients?',
  };
};

/** Logarithm of the likelihood of so many resets of so many connections, at their own share. */
function likelihood(resets: number, all: number): number {
  const part = (count: number) => (count === 0 ? 0 : count * Math.log(count / all));
  return part(resets) + part(all - resets);
}

/** Somebody who connects again and again and never says anything. */
const healthCheck: ServiceRule = (server, port, group, thresholds) => {
  for (const [client, ofClient] of groupBy(group, (one) => one.client)) {
    const probes = ofClient.filter(({ cause }) => cause === 'port-probe');
    if (probes.length > thresholds.repeats && probes.length === ofClient.length) {
      const span = (probes.at(-1) as Ended).start - (probes[0] as Ended).start;
      return {
        kind: 'health-check',
        severity: 'low',
        origin: null,
        confidence: repeated(probes.length, thresholds.repeats, 0.8),
        ...about(server, port, probes, client),
        text:
          `${client} looked ${probes.length} times whether ${endText(server, port)} is open, every ` +
          `${seconds(span / (probes.length - 1))} or so, and never sent anything`,
        rival: 'a slow scan',
        nextCheck: 'Is it a load balancer or a monitor? Then leave it out of what is compared.',
      };
    }
  }
  return null;
};

/** How a service and its clients close, when nothing else is wrong. */
export const closingRules: readonly ServiceRule[] = [closeWaitLeak, lateWriter, byDesign, closingChanged, healthCheck];
