import { unknownSurroundings, type Surroundings } from './case.js';
import type { ConnectionFacts, FinFacts, ResetFacts, SideFacts } from './facts.js';

/** Facts for tests: a connection that stood, one request of 200 bytes answered by 5,000, on a path of 20 ms. */
export const side: SideFacts = {
  packets: 6,
  bytes: 200,
  retransmissions: 0,
  fins: 0,
  resets: 0,
  ttl: 64,
  unacked: 0,
  tinyWindows: 0,
  zeroWindows: 0,
  retries: 0,
  retrySeconds: 0,
  finAcked: false,
  lateBytes: 0,
  lateDelay: 0,
  lateKnew: false,
  afterReset: 0,
  afterPeerReset: 0,
  resetRises: 0,
  reset: null,
  fin: null,
};

export const answeredConnection: ConnectionFacts = {
  close: 'open',
  closer: null,
  aborter: null,
  stage: null,
  certain: true,
  midstream: false,
  oneway: false,
  cutOff: false,
  handshake: 20_000,
  clientLeg: 10_000,
  duration: 500_000,
  watched: 0,
  syns: 1,
  synAcks: 1,
  lastData: 'server',
  pause: null,
  resetVoid: false,
  finsFirst: false,
  unreachable: null,
  client: side,
  server: { ...side, bytes: 5000 },
};

/** The RST of an application that gives up a connection: in sequence, with ACK and a window. */
export const abortReset: ResetFacts = {
  acknowledges: true,
  zeroSequence: false,
  window: 500,
  ttl: 64,
  ipId: null,
  firstIpId: null,
  ahead: 0,
  unacked: 0,
  ackAhead: 0,
  peerUnacked: 0,
  gap: 50_000,
  time: 500_000,
  afterOwnFin: false,
  afterPeerFin: false,
  lastData: 'peer',
};

/** The RST of a host that has no such connection. */
export const strangerReset: ResetFacts = { ...abortReset, acknowledges: false, window: 0, gap: 9_000 };

export const plainFin: FinFacts = {
  gap: 30_000,
  time: 400_000,
  unacked: 0,
  peerUnacked: 0,
  afterPeerFin: false,
  withData: false,
  lastData: 'peer',
};

/** That connection, reset by a side. */
export function resetBy(
  by: 'client' | 'server',
  reset: ResetFacts,
  more: Partial<ConnectionFacts> = {},
  own: Partial<SideFacts> = {}
): ConnectionFacts {
  return {
    ...answeredConnection,
    close: 'rst',
    closer: by,
    aborter: by,
    stage: 'later',
    ...more,
    [by]: { ...answeredConnection[by], resets: 1, reset, ...own },
  };
}

export function surroundings(some: Partial<Surroundings> = {}): Surroundings {
  return { ...unknownSurroundings, ...some };
}
