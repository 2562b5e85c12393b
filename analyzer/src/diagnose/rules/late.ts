import { legOf, type Case } from '../case.js';
import type { Rule } from '../rule.js';
import { bytes, time, times } from '../words.js';

/** One side closed, the other sent data all the same, and was answered by RST. */
function isLate(c: Case, closed: 'client' | 'server'): boolean {
  return c.close === 'finrst' && c.firstFin === closed && c[closed].resets > 0 && other(c, closed).lateBytes > 0;
}

function other(c: Case, side: 'client' | 'server') {
  return side === 'client' ? c.server : c.client;
}

/** Decimal orders of magnitude between a delay and a boundary in microseconds, at most 2 either way. */
function orders(delay: number, boundary: number): number {
  return Math.max(-2, Math.min(2, Math.log10(Math.max(1, delay) / boundary)));
}

/**
 * Between what crosses on the way or meets a program that has not looked yet, and what ignores a close known for long. A
 * program that waits for events sees a FIN within a millisecond, a busy one within some tens.
 */
const RACE = 70_000;
/** Between a sender that had no time to notice and one that speaks up later. */
const STILL_SENDING = 300_000;

/** The delay of the client's late data beyond what its distance explains. */
function raceDelay(c: Case): number {
  return Math.max(1, c.client.lateDelay - (legOf(c, 'client') ?? 0));
}

/** Largest request that is taken for one that crossed the server's FIN, not for an upload that it interrupted. */
const ONE_REQUEST = 16_000;

/**
 * The server's FIN left before the client's last data had reached it, and all before these had been answered: a stack
 * acknowledges in its FIN whatever it has, so what the FIN leaves out had not arrived (or would have made it a RST).
 */
function crosses(c: Case): boolean {
  const fin = c.server.fin;
  return (
    fin !== null &&
    fin.lastData === 'peer' &&
    c.server.bytes > 0 &&
    fin.peerUnacked > 0 &&
    fin.peerUnacked + c.client.lateBytes < ONE_REQUEST
  );
}

/** Data after the peer's FIN. */
export const lateRules: readonly Rule[] = [
  {
    name: 'server-closes-during-the-request',
    family: 'late',
    sign: "the server's FIN, then its RSTs, while the client was sending and nothing was answered",
    says: { 'server-abort': 5 },
    when: (c) => c.close === 'finrst' && c.firstFin === 'server' && !c.answered && c.client.bytes > 0 && !crosses(c),
    evidence: (c) =>
      `the server closed while the client was sending, ${time(c.server.fin?.gap ?? 0)} after its last data, without having answered`,
  },
  {
    name: 'request-already-under-way',
    family: 'late',
    sign: "the server's FIN does not acknowledge a small request that came just before it",
    says: { 'keepalive-race': 5, 'server-abort': 0.5 },
    when: (c) => c.close === 'finrst' && c.firstFin === 'server' && !c.answered && crosses(c),
    evidence: (c) =>
      `the client's next request (${bytes(c.server.fin?.peerUnacked ?? 0)}) was under way when the server closed: ` +
      `its FIN came ${time(c.server.fin?.gap ?? 0)} later and does not acknowledge it`,
  },
  {
    name: 'request-crosses-the-close',
    family: 'late',
    sign: "data of the client that left before it knew of the server's FIN",
    says: { 'keepalive-race': 5, 'late-data': 1 },
    when: (c) => isLate(c, 'server') && c.answered && !c.client.lateKnew,
    evidence: (c) =>
      `the client's next request (${bytes(c.client.lateBytes)}) left before it knew that the server had closed`,
  },
  {
    name: 'request-just-after-the-close',
    family: 'late',
    sign: "data of the client within tens of milliseconds of the server's FIN",
    says: { 'keepalive-race': 4, 'late-data': -1 },
    when: (c) => isLate(c, 'server') && c.answered && c.client.lateKnew && raceDelay(c) < RACE,
    strength: (c) => Math.min(1.3, 0.7 - orders(raceDelay(c), RACE)),
    evidence: (c) =>
      `the client sent its next request (${bytes(c.client.lateBytes)}) ${time(c.client.lateDelay)} after the server's FIN, ` +
      'on a connection that it took for alive',
  },
  {
    name: 'client-ignores-the-close',
    family: 'late',
    sign: "data of the client long after it had acknowledged the server's FIN",
    says: { 'late-data': 4, 'keepalive-race': -1 },
    when: (c) => isLate(c, 'server') && c.answered && c.client.lateKnew && raceDelay(c) >= RACE,
    strength: (c) => Math.min(1.3, 0.8 + orders(raceDelay(c), RACE)),
    evidence: (c) =>
      `the client sent ${bytes(c.client.lateBytes)} ${time(c.client.lateDelay)} after the server's FIN, which it had acknowledged`,
  },
  {
    // Who has only half closed acknowledges what still comes, and who has closed resets it: here something is missing.
    name: 'nothing-answers-late-data',
    family: 'late',
    sign: "data after the other side's FIN, and neither an acknowledgement nor a RST",
    says: { 'late-data': 2, 'half-closed': -1.5 },
    when: (c) => {
      const writer = c.firstFin === null ? null : other(c, c.firstFin);
      return c.close === 'halfclosed' && writer !== null && writer.lateBytes > 0 && writer.unacked >= writer.lateBytes;
    },
    evidence: (c) =>
      `${bytes(other(c, c.firstFin ?? 'client').lateBytes)} came after the ${c.firstFin}'s FIN, and what answered them was not captured`,
  },
  {
    name: 'client-leaves-before-the-response',
    family: 'late',
    sign: "the client's FIN behind its own request; the response was answered by RSTs",
    says: { 'client-abort': 5 },
    when: (c) => isLate(c, 'client') && c.client.fin?.lastData === 'own',
    evidence: (c) =>
      `the client closed without waiting for the answer to its request; the response (${bytes(c.server.lateBytes)}) came ` +
      `${time(c.server.lateDelay)} later and was reset`,
  },
  {
    // The seed case of this product: a user stops a large download. FIN, then one RST for each segment that still comes.
    name: 'client-leaves-during-the-response',
    family: 'late',
    sign: "the client's FIN while the server was sending; what still came was answered by RSTs",
    says: { 'client-abort': 4, 'late-data': -1 },
    when: (c) =>
      isLate(c, 'client') &&
      c.client.fin?.lastData === 'peer' &&
      c.server.lateDelay < STILL_SENDING + (c.handshake ?? 0),
    strength: (c) => Math.min(1.4, 0.8 - orders(c.server.lateDelay, STILL_SENDING + (c.handshake ?? 0))),
    evidence: (c) =>
      `the client closed while the server was sending: ${bytes(c.server.lateBytes)} more came, the first ${time(c.server.lateDelay)} ` +
      `after its FIN, and were answered by ${times(c.client.resets, 'RST')}`,
  },
  {
    name: 'response-was-under-way',
    family: 'late',
    sign: "the client's FIN leaves data of the server unacknowledged",
    says: { 'client-abort': 5 },
    when: (c) =>
      c.close === 'finrst' &&
      c.by === 'client' &&
      c.firstFin === 'client' &&
      c.server.lateBytes === 0 &&
      c.client.fin?.lastData === 'peer' &&
      c.client.fin.peerUnacked > 0,
    evidence: (c) =>
      `the client closed while ${bytes(c.client.fin?.peerUnacked ?? 0)} of the response were under way, and answered them by ${times(c.client.resets, 'RST')}`,
  },
  {
    name: 'much-was-still-to-come',
    family: 'late',
    sign: "more than 15,000 bytes of the server after the client's FIN",
    says: { 'client-abort': 1, 'late-data': -0.5 },
    when: (c) => isLate(c, 'client') && c.server.lateBytes > 15_000,
    evidence: null,
  },
  {
    name: 'server-ignores-the-close',
    family: 'late',
    sign: "data of the server long after the client's FIN",
    says: { 'late-data': 4, 'client-abort': -1 },
    when: (c) =>
      isLate(c, 'client') &&
      c.client.fin?.lastData === 'peer' &&
      c.server.lateDelay >= STILL_SENDING + (c.handshake ?? 0),
    // Where packets are lost, an old response may arrive after the request that it seems to answer.
    strength: (c) =>
      Math.min(1.3, 0.8 + orders(c.server.lateDelay, STILL_SENDING + (c.handshake ?? 0))) *
      (c.server.retransmissions > 0 ? 0.8 : 1),
    evidence: (c) => `the server sent ${bytes(c.server.lateBytes)} ${time(c.server.lateDelay)} after the client's FIN`,
  },
  {
    name: 'server-answers-fin-by-reset',
    family: 'late',
    sign: "the client's request and FIN, answered by a RST",
    says: { 'server-abort': 3.5 },
    when: (c) =>
      c.close === 'finrst' &&
      c.firstFin === 'client' &&
      c.by === 'server' &&
      !c.answered &&
      c.client.bytes > 0 &&
      c.shape !== 'answer',
    evidence: (c) =>
      `the client had sent its request and FIN; the server reset it ${time(c.rst?.gap ?? 0)} later without an answer`,
  },
  {
    name: 'fin-answered-by-a-stranger',
    family: 'late',
    sign: 'a FIN answered by a RST without ACK',
    says: { 'dead-peer': 3.5 },
    when: (c) => c.close === 'finrst' && c.rst?.afterOwnFin === false && c.rst.afterPeerFin && c.shape === 'answer',
    evidence: (c) => `the ${c.by} answered a FIN with a RST of a host that does not know the connection`,
  },
];
