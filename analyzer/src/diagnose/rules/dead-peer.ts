import { legOf, type Case } from '../case.js';
import type { Rule } from '../rule.js';
import { time, times } from '../words.js';

/** A RST that answers a segment because its sender has no such connection, though it never closed it. */
export function isStranger(c: Case): boolean {
  return c.close === 'rst' && c.shape === 'answer' && c.rst?.afterOwnFin === false;
}

/** The RST came no later than an answer to the packet before it would. */
export function isPrompt(c: Case): boolean {
  return c.rst !== null && c.rst.gap <= (legOf(c, c.by ?? 'server') ?? 0) * 2 + 30_000;
}

/** A side that tried again and again and was never heard; the client when both did. */
export function unheard(c: Case): 'client' | 'server' | null {
  return c.client.retries >= 3 ? 'client' : c.server.retries >= 3 ? 'server' : null;
}

/** Peers that crashed, were restarted, or are gone. */
export const deadPeerRules: readonly Rule[] = [
  {
    // RFC 9293 3.10.7.1: without a connection, <SEQ=SEG.ACK><CTL=RST> answers a segment with ACK.
    name: 'host-does-not-know-it',
    family: 'dead-peer',
    says: { 'dead-peer': 3 },
    when: (c) => isStranger(c) && isPrompt(c),
    evidence: (c) =>
      `the ${c.by} never closed, yet answered ${time(c.rst?.gap ?? 0)} after the last packet with the RST of a host that has no such connection`,
  },
  {
    name: 'the-host-itself',
    family: 'dead-peer',
    says: { 'dead-peer': 1, 'idle-timeout': -1, injected: -1 },
    when: (c) => isStranger(c) && c.ttlDelta === 0,
    evidence: (c) => `its TTL ${c.rst?.ttl} is that of the ${c.by}'s other packets: the host is up`,
  },
  {
    name: 'no-longer-heard',
    family: 'dead-peer',
    says: { 'dead-peer': 4, 'idle-timeout': 1, 'client-abort': -3, 'server-abort': -3, 'half-closed': -2 },
    when: (c) => unheard(c) !== null && c.close !== 'halfopen' && c.close !== 'noanswer',
    evidence: (c) => {
      const side = unheard(c) ?? 'client';
      return `the ${side} sent the same data ${times(c[side].retries, 'time')} again in ${c[side].retrySeconds} s, and nothing came back`;
    },
  },
];
