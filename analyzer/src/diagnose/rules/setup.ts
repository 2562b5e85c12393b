import { atOnce } from '../quiet.js';
import type { Rule } from '../rule.js';
import { time, times } from '../words.js';

/** A SYN is sent again after one second at the earliest (RFC 6298 2.1), microseconds. */
const FIRST_RETRY = 0.85e6;

/** Attempts that nobody answered, that nobody completed, or that one side gave up. */
export const setupRules: readonly Rule[] = [
  {
    name: 'syn-again-and-again',
    family: 'setup',
    says: { 'no-answer': 1 },
    when: (c) => c.close === 'noanswer',
    strength: (c) => Math.min(2, c.syns / 2),
    evidence: (c) =>
      c.syns === 1 ? '1 SYN, nothing came back' : `${times(c.syns, 'SYN')} in ${time(c.duration)}, nothing came back`,
  },
  {
    name: 'capture-ends-too-early',
    family: 'setup',
    says: { 'cannot-tell': 1 },
    when: (c) =>
      c.cutOff &&
      c.duration < FIRST_RETRY &&
      (c.close === 'noanswer' || c.close === 'halfopen' || c.close === 'halfclosed'),
    evidence: (c) =>
      `the capture ends ${c.duration === 0 ? 'behind its first packet' : `while it is ${time(c.duration)} old`}`,
  },
  {
    name: 'answer-never-acknowledged',
    family: 'setup',
    says: { 'half-open': 1 },
    when: (c) => c.close === 'halfopen',
    evidence: (c) =>
      `the server answered with ${times(c.synAcks, 'SYN+ACK')} in ${time(c.duration)}, the client never completed the handshake`,
  },
  {
    name: 'probe-resets-at-once',
    family: 'setup',
    says: { 'port-probe': 3.5, 'setup-aborted': -1 },
    when: (c) =>
      c.close === 'setupabort' &&
      c.by === 'client' &&
      c.synAcks === 1 &&
      c.syns === 1 &&
      (c.rst?.time ?? 0) < FIRST_RETRY,
    evidence: (c) =>
      `the port answered, and the client reset it ${time(c.rst?.gap ?? 0)} later, without ever having been connected`,
  },
  {
    name: 'client-no-longer-waiting',
    family: 'setup',
    says: { 'setup-aborted': 3, 'port-probe': -1 },
    when: (c) =>
      c.close === 'setupabort' &&
      c.by === 'client' &&
      c.synAcks > 0 &&
      (c.synAcks > 1 || c.syns > 1 || (c.rst?.time ?? 0) >= FIRST_RETRY),
    evidence: (c) =>
      `the server's answer came ${time(Math.max(0, (c.rst?.time ?? 0) - (c.rst?.gap ?? 0)))} after the SYN ` +
      `(${times(c.syns, 'SYN')}, ${times(c.synAcks, 'SYN+ACK')}); the client had given up by then`,
  },
  {
    name: 'client-withdraws-its-syn',
    family: 'setup',
    says: { 'setup-aborted': 2.5 },
    when: (c) => c.close === 'setupabort' && c.by === 'client' && c.synAcks === 0,
    evidence: (c) => `the client reset its attempt after ${time(c.rst?.time ?? 0)}, before any answer`,
  },
  {
    name: 'server-withdraws-its-answer',
    family: 'setup',
    says: { 'setup-aborted': 2.5, 'port-probe': -2 },
    when: (c) => c.close === 'setupabort' && c.by === 'server',
    evidence: (c) => `the server reset the attempt after ${time(c.rst?.time ?? 0)}, before the handshake was complete`,
  },
  {
    name: 'connected-and-left-by-reset',
    family: 'setup',
    says: { 'port-probe': 4.5, 'client-abort': -2, 'closes-by-rst': -2, 'dead-peer': -1 },
    when: (c) =>
      c.close === 'rst' &&
      c.by === 'client' &&
      (c.shape !== 'answer' || c.server.packets <= c.synAcks) &&
      c.rst?.lastData === null &&
      !c.midstream,
    strength: (c) => atOnce(c.rst?.gap ?? 0),
    evidence: (c) =>
      `connected, sent nothing, and was reset by the client ${time(c.rst?.gap ?? 0)} after the handshake`,
  },
  {
    name: 'connected-and-left',
    family: 'setup',
    says: { 'port-probe': 5, normal: -3.5 },
    when: (c) =>
      c.close === 'fin' && c.firstFin === 'client' && c.client.bytes === 0 && c.server.bytes === 0 && !c.midstream,
    // Who connects in advance, for a request that never comes, stays longer than who only looks whether the port is open.
    strength: (c) => atOnce(c.client.fin?.gap ?? 0),
    evidence: (c) => `connected, nothing was sent, and the client closed ${time(c.client.fin?.gap ?? 0)} later`,
  },
];
