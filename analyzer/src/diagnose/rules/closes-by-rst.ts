import type { Case } from '../case.js';
import type { Rule } from '../rule.js';
import { time } from '../words.js';

/** Everything asked was answered and everything sent was acknowledged when the RST came. */
export function isComplete(c: Case): boolean {
  return (
    (c.close === 'rst' || c.close === 'finrst') &&
    c.rst !== null &&
    c.shape !== 'answer' &&
    c.answered &&
    c.rst.unacked <= 0 &&
    c.rst.ackAhead >= 0 &&
    c.peer.afterPeerReset === 0 &&
    !(c.by === 'server' && c.unprompted) &&
    !(c.shape === 'abort' && c.own.resets > 1) &&
    c.own.tinyWindows === 0
  );
}

function share(c: Case): number {
  return (c.by === 'client' ? c.around.resetByClient : c.around.resetByServer) / c.around.completed;
}

/** Other connections of the service that must have been seen before they are evidence. */
const ENOUGH = 2;

/** Applications that end a complete exchange by RST instead of FIN (RFC 3360 on why that is bad practice). */
export const closesByRstRules: readonly Rule[] = [
  {
    name: 'exchange-was-complete',
    family: 'closes-by-rst',
    sign: 'the RST after a response that was acknowledged to its end',
    says: { 'closes-by-rst': 3.5, 'client-abort': -1.5, 'server-abort': -1.5 },
    when: isComplete,
    evidence: (c) =>
      `the last response was complete and acknowledged when the ${c.by} reset the connection, ${time(c.rst?.gap ?? 0)} after the last packet`,
  },
  {
    name: 'service-always-ends-so',
    family: 'closes-by-rst',
    sign: "at least 80 % of the service's other complete connections end so",
    says: { 'closes-by-rst': 2.5, 'client-abort': -0.5, 'server-abort': -0.5 },
    when: (c) => isComplete(c) && c.around.completed >= ENOUGH && share(c) >= 0.8,
    evidence: (c) =>
      `${Math.round(share(c) * 100)} % of ${c.around.completed} other complete connections of this service end with a RST of the ${c.by}`,
  },
  {
    name: 'service-rarely-ends-so',
    family: 'closes-by-rst',
    sign: "at most 20 % of the service's other complete connections end so",
    says: { 'closes-by-rst': -1.5 },
    when: (c) => isComplete(c) && c.around.completed >= 2 * ENOUGH && share(c) <= 0.2,
    evidence: (c) => `of ${c.around.completed} other complete connections of this service hardly any end so`,
  },
];
