import type { CloseClass } from '@tcpscope/filter';
import { isHalfOpen, legOf, type Case } from '../case.js';
import type { Rule } from '../rule.js';
import { unheard } from '../unheard.js';
import { bytes, time, times } from '../words.js';

/** A RST that answers a segment because its sender has no such connection, though it never closed it. */
export function isStranger(c: Case): boolean {
  return c.close === 'rst' && c.shape === 'answer' && c.rst?.afterOwnFin === false;
}

/** An answer that the stack gives at once, and one that waits until the last router has found the host again (ARP, RFC 1122). */
const AT_ONCE = 30_000;
const AFTER_SEARCH = 1_500_000;

/** How well the RST's delay, less the path's, is that of an answer to the packet before it: 1 at once, 0 far too late. */
export function promptness(c: Case): number {
  const delay = Math.max(1, (c.rst?.gap ?? Infinity) - (legOf(c, c.by ?? 'server') ?? 0) * 2);
  const late = Math.log(delay / AT_ONCE) / Math.log(AFTER_SEARCH / AT_ONCE);
  return Math.max(0, Math.min(1, 1 - late));
}

function lossy({ client, server }: Case): boolean {
  return client.retransmissions + server.retransmissions > 0;
}

/** Bytes from which on a transfer is so large that its sender was most likely in the middle of it: some seven segments. */
const BULK = 10_000;

/** Classes of attempts that never became a connection. */
const attempts: readonly CloseClass[] = ['noanswer', 'refused', 'setupabort'];

/** Peers that crashed, were restarted, or are gone. */
export const deadPeerRules: readonly Rule[] = [
  {
    // RFC 9293 3.10.7.1: without a connection, <SEQ=SEG.ACK><CTL=RST> answers a segment with ACK.
    name: 'host-does-not-know-it',
    family: 'dead-peer',
    sign: 'a side that never closed answers with a RST without ACK; less the longer it took',
    says: { 'dead-peer': 3 },
    when: (c) => isStranger(c) && promptness(c) > 0,
    strength: (c) => 0.4 + 0.6 * promptness(c),
    evidence: (c) =>
      `the ${c.by} never closed, yet answered ${time(c.rst?.gap ?? 0)} after the last packet with the RST of a host that has no such connection`,
  },
  {
    name: 'the-host-itself',
    family: 'dead-peer',
    sign: "that RST has the TTL of the side's other packets",
    says: { 'dead-peer': 1, 'idle-timeout': -1, injected: -1 },
    when: (c) => isStranger(c) && c.ttlDelta === 0,
    evidence: (c) =>
      `the RST's TTL ${c.rst?.ttl} is that of the ${c.by}'s other packets: it comes from the host itself`,
  },
  {
    // A stack answers so after it has given up, too: what is missing may be its own RST or FIN, lost on the way to here.
    name: 'its-close-may-be-lost',
    family: 'dead-peer',
    sign: 'that RST is the client’s, in the middle of a response',
    says: { 'client-abort': 2.5 },
    when: (c) =>
      isStranger(c) && c.by === 'client' && c.rst?.lastData === 'peer' && (lossy(c) || c.server.bytes > BULK),
    strength: (c) => (lossy(c) ? 1 : 0.8),
    evidence: (c) =>
      `the server had sent ${bytes(c.server.bytes)} and was not done: the client's own close may be missing here`,
  },
  {
    name: 'server-close-may-be-lost',
    family: 'dead-peer',
    sign: 'that RST is the server’s, in the middle of a large upload',
    says: { 'server-abort': 1.5 },
    when: (c) => isStranger(c) && c.by === 'server' && c.rst?.lastData === 'peer' && c.client.bytes > BULK,
    evidence: (c) =>
      `the client had sent ${bytes(c.client.bytes)} and was not done: the server's own close may be missing here`,
  },
  {
    // Once or twice may be loss; but who gives up a connection while repeating itself has not been heard either.
    name: 'gave-up-unheard',
    family: 'dead-peer',
    sign: "a side's RST after it had repeated itself without an answer",
    says: { 'dead-peer': 3, 'idle-timeout': 0.5, 'client-abort': -1.5, 'server-abort': -1.5 },
    when: (c) =>
      c.close === 'rst' && unheard(c) === null && c.own.retries > 0 && c.peer.retries === 0 && c.own.retrySeconds > 0,
    strength: (c) => 0.4 + 0.3 * c.own.retries,
    evidence: (c) =>
      `the ${c.by} had sent the same data again ${times(c.own.retries, 'time')} in ${c.own.retrySeconds} s without an answer when it gave up`,
  },
  {
    name: 'no-longer-heard',
    family: 'dead-peer',
    sign: 'the same data three times or more, and no answer',
    says: { 'dead-peer': 4.5, 'idle-timeout': 1, 'client-abort': -3, 'server-abort': -3, 'half-closed': -2 },
    // A SYN that is repeated is no data, and says nothing of a peer that had been heard.
    when: (c) => unheard(c) !== null && !isHalfOpen(c) && !attempts.includes(c.close),
    strength: (c) => Math.min(1.3, 0.8 + c[unheard(c) ?? 'client'].retries / 15),
    evidence: (c) => {
      const side = unheard(c) ?? 'client';
      return `the ${side} sent the same data again ${times(c[side].retries, 'time')} in ${c[side].retrySeconds} s, and nothing came back`;
    },
  },
];
