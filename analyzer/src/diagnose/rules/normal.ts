import type { Case } from '../case.js';
import { atOnce } from '../quiet.js';
import type { Rule } from '../rule.js';
import { bytes, time } from '../words.js';

/** Time for which the other side's FIN was waited for, in words; nothing when that is not known. */
function watched(c: Case): string {
  const since = c.duration - (c[c.firstFin ?? 'client'].fin?.time ?? 0) + c.watched;
  return since < 1000 ? (c.cutOff ? ' before the capture ended' : '') : ` in the ${time(since)} after that`;
}

/** Closings by FIN. */
export const normalRules: readonly Rule[] = [
  {
    name: 'both-sides-said-goodbye',
    family: 'normal',
    sign: 'data, and FINs of both sides',
    says: { normal: 1.5 },
    when: (c) => c.close === 'fin' && c.client.bytes + c.server.bytes > 0,
    evidence: (c) =>
      `both sides closed with FIN, the ${c.firstFin} first, after ${bytes(c.client.bytes)} from the client and ` +
      `${bytes(c.server.bytes)} from the server`,
  },
  {
    name: 'only-the-goodbye-was-captured',
    family: 'normal',
    sign: 'FINs of both sides, and nothing of what came before them',
    says: { normal: 0.5 },
    when: (c) => c.close === 'fin' && c.midstream && c.client.bytes + c.server.bytes === 0,
    evidence: (c) =>
      `both sides closed with FIN, the ${c.firstFin} first; what they had exchanged before was not captured`,
  },
  {
    name: 'client-leaves-without-a-word',
    family: 'normal',
    sign: "a handshake, no data, the client's FIN first",
    says: { normal: 0.1, 'port-probe': 0.1 },
    when: (c) =>
      c.close === 'fin' && c.firstFin === 'client' && c.handshake !== null && c.client.bytes + c.server.bytes === 0,
    evidence: (c) =>
      `both sides closed with FIN, the client first, after ${time(c.client.fin?.time ?? 0)} without any data`,
  },
  {
    name: 'server-leaves-at-once',
    family: 'normal',
    sign: "a handshake, no data, the server's FIN first; less the longer it took",
    says: { 'server-abort': 5, normal: -3.5 },
    when: (c) =>
      (c.close === 'fin' || c.close === 'finrst') &&
      c.firstFin === 'server' &&
      c.server.bytes === 0 &&
      c.client.bytes === 0 &&
      c.handshake !== null,
    strength: (c) => atOnce(c.server.fin?.gap ?? 0),
    evidence: (c) =>
      `the server accepted the connection and closed it ${time(c.server.fin?.gap ?? 0)} later, before any data`,
  },
  {
    name: 'server-leaves-without-an-answer',
    family: 'normal',
    sign: 'the client sent data, and the server closed without any',
    says: { 'server-abort': 2.5, normal: -2 },
    when: (c) =>
      c.close === 'fin' && c.firstFin === 'server' && c.server.bytes === 0 && c.client.bytes > 0 && !c.midstream,
    evidence: (c) => `the server closed without having answered ${bytes(c.client.bytes)} of the client`,
  },
  {
    name: 'other-side-never-closes',
    family: 'normal',
    sign: 'nothing of the other side after the FIN',
    says: { 'half-closed': 1 },
    when: (c) => c.close === 'halfclosed' && c.own.retries + c.peer.retries < 3,
    evidence: (c) => `the ${c.firstFin} closed; the other side did not${watched(c)}`,
  },
  {
    // RFC 9293 3.6: what comes after both FINs were acknowledged concerns nobody.
    name: 'reset-after-the-end',
    family: 'normal',
    sign: 'the RST came after both FINs were acknowledged',
    says: { normal: 1 },
    when: (c) => c.finsFirst && c.by !== null,
    evidence: () => 'the RST came when both sides had closed and acknowledged that',
  },
  {
    name: 'reset-behind-own-fin',
    family: 'normal',
    sign: 'FIN, then RST of the same side, and nothing more of the other',
    says: { normal: 1, 'closes-by-rst': 3.5 },
    when: (c) =>
      c.close === 'finrst' &&
      c.rst?.afterOwnFin === true &&
      c.peer.lateBytes === 0 &&
      c.peer.afterPeerReset === 0 &&
      (c.own.fin?.peerUnacked ?? 0) === 0,
    evidence: (c) => `the ${c.by} sent FIN, then RST, and the other side had nothing more to say`,
  },
];
