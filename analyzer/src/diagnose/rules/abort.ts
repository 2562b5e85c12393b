import type { Case } from '../case.js';
import type { SideFacts } from '../facts.js';
import { atOnce } from '../quiet.js';
import type { Rule } from '../rule.js';
import { bytes, time, times } from '../words.js';

/** A side that knew the connection gave it up by RST, and no FIN of its own came before. */
function isAbort(c: Case): boolean {
  return (c.close === 'rst' || c.close === 'finrst') && c.shape !== 'answer' && c.rst?.afterOwnFin === false;
}

/** Behind the RST come others of the same stack: answers to what was still under way. */
function answersBehind(c: Case): boolean {
  return c.shape === 'abort' && c.own.resets > 1 && c.own.resetRises === 0 && (c.ttlDelta ?? 0) === 0;
}

/** How a side said that it had stopped reading. */
function announced({ zeroWindows, tinyWindows }: SideFacts): string {
  return zeroWindows > 0
    ? `${times(zeroWindows, 'segment')} of it announced a window of 0`
    : `${times(tinyWindows, 'segment')} of it announced a window of next to nothing`;
}

/** Bytes of two full segments of Ethernet. */
const SHORT_REST = 2920;

/** Connections that one side gives up before the exchange is complete. */
export const abortRules: readonly Rule[] = [
  {
    name: 'client-leaves-before-the-answer',
    family: 'abort',
    sign: "the client's RST, its own data last",
    says: { 'client-abort': 4, 'closes-by-rst': -2 },
    when: (c) => isAbort(c) && c.by === 'client' && c.rst?.lastData === 'own',
    evidence: (c) =>
      c.rst !== null && c.rst.unacked > 0
        ? `the client reset the connection while it was sending: ${bytes(c.rst.unacked)} of it were not yet acknowledged`
        : `the client's last data had been without an answer for ${time(c.rst?.gap ?? 0)} when the client reset the connection`,
  },
  {
    name: 'server-resets-instead-of-answering',
    family: 'abort',
    sign: "the server's RST, the client's data last",
    says: { 'server-abort': 4, 'closes-by-rst': -2 },
    when: (c) => isAbort(c) && c.by === 'server' && c.rst?.lastData === 'peer' && c.client.fin === null,
    evidence: (c) =>
      `the server reset the connection ${time(c.rst?.gap ?? 0)} after data of the client that it had not answered`,
  },
  {
    name: 'response-still-arriving',
    family: 'abort',
    sign: "the client's RST while data of the server were arriving",
    says: { 'client-abort': 4, 'closes-by-rst': -3 },
    when: (c) =>
      isAbort(c) &&
      c.by === 'client' &&
      c.rst?.lastData === 'peer' &&
      (c.rst.ackAhead < 0 || c.server.afterPeerReset > 0),
    evidence: (c) =>
      c.server.afterPeerReset > 0
        ? `the server was still sending: ${bytes(c.server.afterPeerReset)} came after the client's RST`
        : `the server was still sending: the RST leaves ${bytes(-(c.rst?.ackAhead ?? 0))} unacknowledged`,
  },
  {
    name: 'client-had-stopped-reading',
    family: 'abort',
    sign: "the client's RST after it had announced a window of next to nothing",
    says: { 'client-abort': 4, 'closes-by-rst': -3 },
    when: (c) => isAbort(c) && c.by === 'client' && c.rst?.lastData === 'peer' && c.client.tinyWindows > 0,
    evidence: (c) => `the client reset the connection when it had stopped reading: ${announced(c.client)}`,
  },
  {
    name: 'response-cut-off',
    family: 'abort',
    sign: "the server's RST with data of its own not acknowledged",
    says: { 'server-abort': 4, 'closes-by-rst': -3 },
    when: (c) => isAbort(c) && c.by === 'server' && c.rst?.lastData === 'own' && c.rst.unacked > 0,
    // A short rest may be the end of a response that the server had sent as a whole.
    strength: (c) => ((c.rst?.unacked ?? 0) > SHORT_REST ? 1 : 0.8),
    evidence: (c) =>
      `the server reset the connection with ${bytes(c.rst?.unacked ?? 0)} of its response not yet acknowledged`,
  },
  {
    // The stack that has given up answers what still comes by RSTs without ACK.
    name: 'acknowledgements-came-too-late',
    family: 'abort',
    sign: "more RSTs behind the server's, in answer to acknowledgements under way",
    says: { 'server-abort': 3.5, 'closes-by-rst': -3 },
    when: (c) => isAbort(c) && c.by === 'server' && c.rst?.lastData === 'own' && answersBehind(c),
    evidence: (c) =>
      `the client's acknowledgements of the response were under way when the server reset the connection: ${times(c.server.resets - 1, 'more RST')} answered them`,
  },
  {
    name: 'more-came-for-the-client',
    family: 'abort',
    sign: "more RSTs behind the client's, in answer to what was under way",
    says: { 'client-abort': 2.5, 'closes-by-rst': -2 },
    when: (c) => isAbort(c) && c.by === 'client' && c.rst?.lastData === 'peer' && answersBehind(c),
    evidence: (c) =>
      `more was under way to the client when it reset the connection: ${times(c.client.resets - 1, 'more RST')} answered it`,
  },
  {
    name: 'server-did-not-wait',
    family: 'abort',
    sign: "the server's RST left before its data could have been acknowledged",
    says: { 'server-abort': 3, 'closes-by-rst': -2 },
    when: (c) => isAbort(c) && c.by === 'server' && c.rst?.lastData === 'own' && c.rst.unacked <= 0 && c.unprompted,
    evidence: (c) =>
      `the server's RST followed ${time(c.rst?.gap ?? 0)} behind its data, before their acknowledgement could have reached it`,
  },
  {
    // Whoever resets on purpose after a response first makes sure that it has arrived; that takes a round trip.
    name: 'server-hardly-waited',
    family: 'abort',
    sign: "the server's RST directly behind its data",
    says: { 'server-abort': 2, 'closes-by-rst': -1.5 },
    when: (c) =>
      isAbort(c) &&
      c.by === 'server' &&
      c.rst?.lastData === 'own' &&
      c.rst.unacked <= 0 &&
      !c.unprompted &&
      c.rst.gap < Math.max(1500, (c.handshake ?? 0) / 2),
    evidence: (c) =>
      `the server reset the connection ${time(c.rst?.gap ?? 0)} after the last packet, while it was still sending or had just stopped`,
  },
  {
    name: 'request-cut-off',
    family: 'abort',
    sign: "the server's RST leaves data of the client unacknowledged",
    says: { 'server-abort': 2.5, 'closes-by-rst': -2 },
    when: (c) => isAbort(c) && c.by === 'server' && (c.rst?.ackAhead ?? 0) < 0,
    evidence: (c) =>
      `the client had ${bytes(-(c.rst?.ackAhead ?? 0))} on the way to the server when it reset the connection`,
  },
  {
    name: 'server-had-stopped-reading',
    family: 'abort',
    sign: "the server's RST after it had announced a window of next to nothing",
    says: { 'server-abort': 1.5, 'closes-by-rst': -1 },
    when: (c) => isAbort(c) && c.by === 'server' && c.server.tinyWindows > 0,
    evidence: (c) => `the server had stopped reading: ${announced(c.server)}`,
  },
  {
    name: 'server-resets-at-once',
    family: 'abort',
    sign: "a handshake, no data, the server's RST; less the longer it took",
    says: { 'server-abort': 4.5, 'closes-by-rst': -2 },
    when: (c) =>
      (c.close === 'rst' || c.close === 'finrst') &&
      c.by === 'server' &&
      c.rst?.lastData === null &&
      (c.handshake ?? Infinity) < c.rst.time,
    strength: (c) => atOnce(c.rst?.gap ?? 0),
    evidence: (c) => `the server accepted the connection and reset it ${time(c.rst?.gap ?? 0)} later, before any data`,
  },
];
