import { isEarly, type Case } from '../case.js';
import type { Rule } from '../rule.js';
import { time, times } from '../words.js';
import { promptness } from './dead-peer.js';

/** RSTs that count: on a connection that stood. */
function stood(c: Case): boolean {
  return c.rst !== null && (c.close === 'rst' || c.close === 'finrst' || c.resetVoid);
}

/**
 * RSTs that do not come from the side whose name they carry (after Weaver, Sommer, Paxson: Detecting forged TCP reset
 * packets, NDSS 2009). Each sign alone has innocent explanations; they add up.
 */
export const injectedRules: readonly Rule[] = [
  {
    name: 'from-another-distance',
    family: 'injected',
    sign: "the RST's TTL is not that of the side's other packets",
    says: {
      injected: 6,
      'client-abort': -1.5,
      'server-abort': -1.5,
      'closes-by-rst': -1.5,
      'dead-peer': -2.5,
      'port-probe': -1,
      'idle-timeout': -1,
    },
    when: (c) => stood(c) && c.ttlDelta !== null && c.ttlDelta !== 0,
    strength: (c) => (Math.abs(c.ttlDelta ?? 0) === 1 ? 0.9 : 1),
    evidence: (c) => `the RST's TTL is ${c.rst?.ttl}, where all else from the ${c.by} has ${c.own.ttl}`,
  },
  {
    name: 'the-sender-goes-on',
    family: 'injected',
    sign: 'the side went on sending after the RST in its name',
    says: { injected: 5 },
    when: (c) => stood(c) && c.own.afterReset > 0,
    evidence: (c) =>
      `the ${c.by} went on with ${times(c.own.afterReset, 'segment')} after the RST that is said to be its own`,
  },
  {
    // A host that has refused a SYN does not then accept it; a reset that was to come first and did not hit does so.
    name: 'accepted-after-its-reset',
    family: 'injected',
    sign: 'the server accepted the connection after a RST in its name',
    says: { injected: 5, 'server-abort': -2 },
    when: (c) => stood(c) && c.rst !== null && isEarly(c, c.by, c.rst),
    evidence: (c) =>
      `the first RST came ${time(c.rst?.time ?? 0)} after the SYN, and yet the server accepted the connection ` +
      `${time((c.handshake ?? 0) - (c.rst?.time ?? 0))} later`,
  },
  {
    name: 'ip-id-jumps',
    family: 'injected',
    sign: "the RST's IP id does not go on from the side's other packets; half as much when its TTL is the usual one",
    says: { injected: 2, 'client-abort': -1, 'server-abort': -1, 'closes-by-rst': -1 },
    when: (c) => stood(c) && c.idContinues === false,
    // Some systems number their packets at random; from the host's own distance a jump means little.
    strength: (c) => (c.ttlDelta === 0 ? 0.5 : 1),
    evidence: (c) => `the RST's IP id ${c.rst?.ipId} does not go on from the ${c.by}'s other packets`,
  },
  {
    name: 'ip-id-of-an-answer-without-socket',
    family: 'injected',
    sign: 'a RST without ACK whose IP id is neither 0 nor goes on',
    says: { injected: 1 },
    when: (c) => stood(c) && c.shape === 'answer' && c.idContinues === false,
    evidence: null,
  },
  {
    name: 'rising-sequence-numbers',
    family: 'injected',
    sign: 'several RSTs with numbers that rise beyond what the side had sent: an answer has a number that its peer acknowledged',
    says: { injected: 3, 'dead-peer': -1.5 },
    when: (c) => stood(c) && c.own.resetRises > 0 && c.own.afterReset === 0,
    evidence: (c) => `${times(c.own.resets, 'RST')} with rising sequence numbers, as sent to hit a moving window`,
  },
  {
    name: 'beyond-what-was-sent',
    family: 'injected',
    sign: 'its sequence number lies beyond what the side had sent',
    says: { injected: 1 },
    when: (c) => stood(c) && (c.rst?.ahead ?? 0) > 0,
    evidence: (c) => `the RST's sequence number lies ${c.rst?.ahead} beyond what the ${c.by} had sent`,
  },
  {
    name: 'answers-nothing',
    family: 'injected',
    sign: 'a RST without ACK long after there was anything to answer',
    says: { injected: 3, 'dead-peer': -3, 'idle-timeout': -1.5 },
    when: (c) => c.close === 'rst' && c.shape === 'answer' && promptness(c) < 0.5 && !c.midstream,
    strength: (c) => 1 - 1.6 * promptness(c),
    evidence: (c) => `the RST has the form of an answer, but for ${time(c.rst?.gap ?? 0)} there was nothing to answer`,
  },
  {
    name: 'from-the-usual-distance',
    family: 'injected',
    sign: "TTL and IP id are those of the side's other packets",
    says: { injected: -2 },
    when: (c) => stood(c) && c.ttlDelta === 0 && c.idContinues !== false && c.own.afterReset === 0,
    evidence: null,
  },
];
