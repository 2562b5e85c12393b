import { isHalfOpen, type Case } from '../case.js';
import { atOnce } from '../quiet.js';
import type { Rule } from '../rule.js';
import { time, times } from '../words.js';

/** A SYN is sent again after one second at the earliest (RFC 6298 2.1), microseconds. */
const FIRST_RETRY = 0.85e6;

/** How long the capture shows that nothing came, after a SYN, SYN+ACK or FIN; null when nothing is waited for. */
function waiting(c: Case): number | null {
  if (c.close === 'halfclosed') {
    return c.duration - (c[c.firstFin ?? 'client'].fin?.time ?? 0) + c.watched;
  }
  return c.close === 'noanswer' || isHalfOpen(c) ? c.duration + c.watched : null;
}

/**
 * The client's RST has the number that a SYN+ACK acknowledged, and that is not the one behind its SYN: it answers, as it
 * must, an acknowledgement of something it never sent (RFC 9293 3.10.7.3), and goes on waiting for its own.
 */
function refusesForeignAnswer(c: Case): boolean {
  return (
    c.close === 'setupabort' &&
    c.by === 'client' &&
    c.shape === 'answer' &&
    c.synAcks > 0 &&
    c.syns > 0 &&
    // A SYN with data may be acknowledged without them.
    c.client.bytes === 0 &&
    c.rst?.unacked === 0 &&
    c.rst.ahead !== 0
  );
}

/** What came back of an attempt without an answer. */
function nothing(c: Case): string {
  return c.unreachable === null ? 'nothing' : 'no segment';
}

/** Attempts that nobody answered, that nobody completed, or that one side gave up. */
export const setupRules: readonly Rule[] = [
  {
    name: 'syn-again-and-again',
    family: 'setup',
    sign: 'more SYNs of the same attempt',
    says: { 'no-answer': 1 },
    when: (c) => c.close === 'noanswer',
    strength: (c) => Math.min(2, c.syns / 2),
    evidence: (c) =>
      c.syns === 1
        ? `1 SYN, ${nothing(c)} came back${c.watched > 0 ? ` in the ${time(c.watched)} after it` : ''}`
        : `${times(c.syns, 'SYN')} in ${time(c.duration)}, ${nothing(c)} came back`,
  },
  {
    name: 'capture-ends-too-early',
    family: 'setup',
    sign: 'the capture ends within a second of what was waiting for an answer',
    says: { 'cannot-tell': 1.5 },
    when: (c) => c.cutOff && waiting(c) !== null && (waiting(c) ?? 0) < FIRST_RETRY,
    evidence: (c) =>
      `the capture ends ${waiting(c) === 0 ? 'with' : `${time(waiting(c) ?? 0)} after`} the packet that waits for an answer`,
  },
  {
    name: 'answer-never-acknowledged',
    family: 'setup',
    sign: 'SYN+ACKs that nobody acknowledged',
    says: { 'half-open': 1 },
    when: isHalfOpen,
    evidence: (c) =>
      `the server answered with ${times(c.synAcks, 'SYN+ACK')} in ${time(c.duration)}, the client never completed the handshake`,
  },
  {
    name: 'probe-resets-at-once',
    family: 'setup',
    sign: 'the client reset the first SYN+ACK, within the first second',
    says: { 'port-probe': 3.5, 'setup-aborted': -1 },
    when: (c) =>
      c.close === 'setupabort' &&
      c.by === 'client' &&
      c.synAcks === 1 &&
      c.syns === 1 &&
      !refusesForeignAnswer(c) &&
      (c.rst?.time ?? 0) < FIRST_RETRY,
    evidence: (c) =>
      `the port answered, and the client reset it ${time(c.rst?.gap ?? 0)} later, without ever having been connected`,
  },
  {
    name: 'client-no-longer-waiting',
    family: 'setup',
    sign: 'the client reset a SYN+ACK that came late or again',
    says: { 'setup-aborted': 3, 'port-probe': -1 },
    when: (c) =>
      c.close === 'setupabort' &&
      c.by === 'client' &&
      c.synAcks > 0 &&
      !refusesForeignAnswer(c) &&
      (c.synAcks > 1 || c.syns > 1 || (c.rst?.time ?? 0) >= FIRST_RETRY),
    // A host that has given up answers the SYN+ACK at once (RFC 9293 3.10.7.1); a RST after a while has another reason.
    strength: (c) => ((c.rst?.gap ?? 0) < FIRST_RETRY / 3 ? 1 : 0.6),
    evidence: (c) =>
      `the server's answer came ${time(Math.max(0, (c.rst?.time ?? 0) - (c.rst?.gap ?? 0)))} after the SYN ` +
      `(${times(c.syns, 'SYN')}, ${times(c.synAcks, 'SYN+ACK')}); the client had given up by then`,
  },
  {
    name: 'answer-to-another-syn',
    family: 'setup',
    sign: 'the client reset a SYN+ACK that does not acknowledge its SYN',
    says: { 'setup-aborted': 3, 'port-probe': -1 },
    when: refusesForeignAnswer,
    evidence: (c) =>
      `the server's SYN+ACK does not acknowledge the client's SYN, so the client had to reset it ` +
      `(${times(c.syns, 'SYN')}, ${times(c.synAcks, 'SYN+ACK')}, ${times(c.client.resets, 'RST')})`,
  },
  {
    name: 'client-withdraws-its-syn',
    family: 'setup',
    sign: 'the client reset its own SYN before an answer',
    says: { 'setup-aborted': 2.5 },
    when: (c) => c.close === 'setupabort' && c.by === 'client' && c.synAcks === 0,
    evidence: (c) => `the client reset its attempt after ${time(c.rst?.time ?? 0)}, before any answer`,
  },
  {
    name: 'server-withdraws-its-answer',
    family: 'setup',
    sign: "the server's RST, after its SYN+ACK or not in answer to the SYN",
    says: { 'setup-aborted': 2.5, 'port-probe': -2 },
    when: (c) => c.close === 'setupabort' && c.by === 'server',
    evidence: (c) => `the server reset the attempt after ${time(c.rst?.time ?? 0)}, before the handshake was complete`,
  },
  {
    name: 'connected-and-left-by-reset',
    family: 'setup',
    sign: 'a handshake, no data, a RST of the client; less the longer it took',
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
    sign: "a handshake, no data, the client's FIN first; less the longer it took",
    says: { 'port-probe': 5, normal: -3.5 },
    when: (c) =>
      c.close === 'fin' && c.firstFin === 'client' && c.client.bytes === 0 && c.server.bytes === 0 && !c.midstream,
    // Who connects in advance, for a request that never comes, stays longer than who only looks whether the port is open.
    strength: (c) => atOnce(c.client.fin?.gap ?? 0),
    evidence: (c) => `connected, nothing was sent, and the client closed ${time(c.client.fin?.gap ?? 0)} later`,
  },
];
