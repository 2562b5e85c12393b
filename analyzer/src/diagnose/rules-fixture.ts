import type { Surroundings } from './case.js';
import type { ConnectionFacts, ResetFacts } from './facts.js';
import { abortReset, answeredConnection, plainFin, resetBy, side, strangerReset } from './facts-fixture.js';
import type { UnreachableFacts } from './unreachable.js';

export interface RuleOnFacts {
  readonly rule: string;
  readonly match: ConnectionFacts;
  readonly nearMiss: ConnectionFacts;
  readonly around?: Partial<Surroundings>;
  /** Surroundings of the near miss, when they make the difference. */
  readonly elsewhere?: Partial<Surroundings>;
}

const serverReset: ResetFacts = { ...abortReset, lastData: 'own' };
const complete = resetBy('client', abortReset);
const refusal: ConnectionFacts = {
  ...resetBy('server', { ...strangerReset, acknowledges: true, zeroSequence: true, lastData: null, ttl: 250 }),
  close: 'refused',
  stage: 'post_syn',
  handshake: null,
  clientLeg: null,
  synAcks: 0,
};
const closedThenData: ConnectionFacts = {
  ...resetBy('server', { ...strangerReset, afterOwnFin: true }, {}, { fin: { ...plainFin, lastData: 'own' } }),
  close: 'finrst',
  client: { ...side, lateBytes: 300, lateDelay: 2_000, lateKnew: false },
};
const crossing: ConnectionFacts = {
  ...closedThenData,
  server: { ...closedThenData.server, fin: { ...plainFin, lastData: 'peer', peerUnacked: 300, gap: 4_000 } },
  client: { ...side, lateBytes: 0 },
};
const clientClosed: ConnectionFacts = {
  ...resetBy('client', { ...strangerReset, afterOwnFin: true }, {}, { fin: plainFin }),
  close: 'finrst',
  server: { ...side, bytes: 90_000, lateBytes: 40_000, lateDelay: 5_000 },
};
const finThenServerReset: ConnectionFacts = {
  ...resetBy('server', { ...abortReset, afterPeerFin: true }, {}, { bytes: 0 }),
  close: 'finrst',
  client: { ...side, fin: { ...plainFin, lastData: 'own' } },
};

const attempt: Partial<ConnectionFacts> = {
  close: 'setupabort',
  stage: 'post_syn',
  handshake: null,
  clientLeg: null,
  lastData: null,
};
/** The client resets a SYN+ACK that acknowledges something it never sent. */
export const foreignAnswer = resetBy('client', { ...strangerReset, ahead: 70_000, lastData: null }, attempt, {
  bytes: 0,
});
const silentAttempt: ConnectionFacts = {
  ...answeredConnection,
  close: 'noanswer',
  handshake: null,
  clientLeg: null,
  duration: 0,
  synAcks: 0,
  lastData: null,
  client: { ...side, bytes: 0 },
  server: { ...side, packets: 0, bytes: 0, ttl: null },
};
/** The client has closed, the server has not. */
const halfClosed = (server: Partial<ConnectionFacts['server']>): ConnectionFacts => ({
  ...answeredConnection,
  close: 'halfclosed',
  closer: 'client',
  client: { ...answeredConnection.client, fin: plainFin },
  server: { ...answeredConnection.server, ...server },
});
const closedWithoutAWord = (after: number): ConnectionFacts => ({
  ...answeredConnection,
  close: 'fin',
  lastData: null,
  client: { ...side, bytes: 0, fin: { ...plainFin, afterPeerFin: true, lastData: null } },
  server: { ...side, bytes: 0, fin: { ...plainFin, gap: after, lastData: null } },
});

const unreachable: UnreachableFacts = {
  obstacle: 'host',
  reporter: '10.0.0.254',
  fromAddressee: false,
  sender: 'client',
  answered: true,
  messages: 3,
};

/** Rules that the kept captures do not show: a connection for which each holds, and one for which it just does not. */
export const testedOnFacts: readonly RuleOnFacts[] = [
  {
    rule: 'no-longer-there-says-the-path',
    match: { ...answeredConnection, close: 'rst', unreachable },
    nearMiss: { ...answeredConnection, close: 'rst', unreachable: { ...unreachable, obstacle: 'rule' } },
  },
  {
    rule: 'lone-rst',
    match: { ...complete, close: 'orphan' },
    nearMiss: complete,
  },
  { rule: 'one-direction-only', match: { ...complete, oneway: true }, nearMiss: complete },
  {
    rule: 'poor-capture',
    match: complete,
    nearMiss: complete,
    around: { poorFeed: '12 % of it is missing' },
    elsewhere: {},
  },
  {
    rule: 'refusal-of-another-form',
    match: { ...refusal, server: { ...refusal.server, reset: { ...strangerReset, acknowledges: true } } },
    nearMiss: refusal,
  },
  {
    rule: 'client-leaves-without-a-word',
    match: { ...closedWithoutAWord(1e6), client: { ...side, bytes: 0, fin: plainFin } },
    nearMiss: closedWithoutAWord(1e6),
  },
  {
    rule: 'only-the-goodbye-was-captured',
    match: { ...closedWithoutAWord(1e6), midstream: true, handshake: null },
    nearMiss: closedWithoutAWord(1e6),
  },
  { rule: 'start-not-seen', match: { ...complete, midstream: true }, nearMiss: complete },
  { rule: 'roles-guessed', match: { ...complete, certain: false }, nearMiss: complete },
  { rule: 'from-network-equipment', match: refusal, nearMiss: refusal, elsewhere: { serverTtls: [250] } },
  {
    rule: 'client-withdraws-its-syn',
    match: { ...complete, close: 'setupabort', synAcks: 0 },
    nearMiss: { ...complete, close: 'setupabort' },
  },
  {
    rule: 'answer-to-another-syn',
    match: foreignAnswer,
    // The RST has the number behind the SYN: its SYN+ACK was for it.
    nearMiss: resetBy('client', { ...strangerReset, lastData: null }, attempt, { bytes: 0 }),
  },
  {
    rule: 'server-withdraws-its-answer',
    match: { ...resetBy('server', abortReset), close: 'setupabort' },
    nearMiss: { ...complete, close: 'setupabort' },
  },
  {
    rule: 'capture-ends-too-early',
    match: { ...silentAttempt, cutOff: true },
    // The file ends while the attempt waits, but long after it: others were captured in between.
    nearMiss: { ...silentAttempt, cutOff: true, watched: 12e6 },
  },
  {
    rule: 'nothing-answers-late-data',
    match: halfClosed({ lateBytes: 100, unacked: 100 }),
    // It still reads: it has only said that it will not write any more.
    nearMiss: halfClosed({ lateBytes: 100, unacked: 0 }),
  },
  {
    rule: 'waited-in-vain-for-a-request',
    match: closedWithoutAWord(30e6),
    nearMiss: closedWithoutAWord(300_000),
  },
  {
    rule: 'accepted-after-its-reset',
    match: resetBy('server', { ...serverReset, time: 9_000, lastData: null }),
    nearMiss: resetBy('server', { ...serverReset, time: 29_000, lastData: null }),
  },
  {
    rule: 'server-leaves-without-an-answer',
    match: {
      ...answeredConnection,
      close: 'fin',
      client: { ...side, fin: { ...plainFin, afterPeerFin: true } },
      server: { ...side, bytes: 0, fin: plainFin },
    },
    nearMiss: {
      ...answeredConnection,
      close: 'fin',
      client: { ...side, fin: { ...plainFin, afterPeerFin: true } },
      server: { ...side, bytes: 100, fin: plainFin },
    },
  },
  {
    rule: 'reset-after-the-end',
    match: { ...complete, close: 'fin', finsFirst: true },
    nearMiss: complete,
  },
  {
    rule: 'reset-behind-own-fin',
    match: { ...clientClosed, server: { ...side, bytes: 90_000 } },
    nearMiss: clientClosed,
  },
  {
    rule: 'server-did-not-wait',
    match: resetBy('server', { ...serverReset, gap: 2_000 }),
    nearMiss: resetBy('server', serverReset),
  },
  {
    rule: 'server-hardly-waited',
    match: resetBy('server', { ...serverReset, gap: 8_000 }),
    nearMiss: resetBy('server', serverReset),
  },
  {
    rule: 'request-cut-off',
    match: resetBy('server', { ...abortReset, ackAhead: -1400 }),
    nearMiss: resetBy('server', abortReset),
  },
  {
    rule: 'server-had-stopped-reading',
    match: resetBy('server', abortReset, {}, { tinyWindows: 3 }),
    nearMiss: resetBy('server', abortReset),
  },
  { rule: 'request-already-under-way', match: crossing, nearMiss: closedThenData },
  {
    rule: 'request-crosses-the-close',
    match: closedThenData,
    nearMiss: { ...closedThenData, client: { ...closedThenData.client, lateKnew: true } },
  },
  {
    rule: 'response-was-under-way',
    match: {
      ...clientClosed,
      client: { ...clientClosed.client, fin: { ...plainFin, peerUnacked: 2900 } },
      server: { ...side, bytes: 90_000 },
    },
    nearMiss: { ...clientClosed, server: { ...side, bytes: 90_000 } },
  },
  {
    rule: 'much-was-still-to-come',
    match: clientClosed,
    nearMiss: { ...clientClosed, server: { ...clientClosed.server, lateBytes: 900 } },
  },
  {
    rule: 'server-answers-fin-by-reset',
    match: finThenServerReset,
    nearMiss: {
      ...finThenServerReset,
      client: { ...side, fin: plainFin },
      server: { ...finThenServerReset.server, bytes: 5000 },
    },
  },
  {
    rule: 'fin-answered-by-a-stranger',
    match: { ...finThenServerReset, server: { ...side, resets: 1, reset: { ...strangerReset, afterPeerFin: true } } },
    nearMiss: finThenServerReset,
  },
  {
    rule: 'its-close-may-be-lost',
    match: resetBy('client', strangerReset, {}, { retransmissions: 2 }),
    nearMiss: resetBy('client', { ...strangerReset, lastData: 'own' }, {}, { retransmissions: 2 }),
  },
  {
    rule: 'server-close-may-be-lost',
    match: resetBy('server', strangerReset, { client: { ...side, bytes: 20_000 } }),
    nearMiss: resetBy('server', strangerReset, { client: { ...side, bytes: 200 } }),
  },
  {
    rule: 'gave-up-unheard',
    match: resetBy('client', { ...abortReset, lastData: 'own', unacked: 200 }, {}, { retries: 2, retrySeconds: 1 }),
    nearMiss: resetBy('client', { ...abortReset, lastData: 'own', unacked: 200 }, {}, { retries: 1, retrySeconds: 0 }),
  },
  {
    rule: 'unknown-after-a-pause',
    match: resetBy('server', strangerReset, { pause: { micros: 400e6, speaker: 'client', fresh: true } }),
    nearMiss: resetBy('server', strangerReset, { pause: { micros: 400e6, speaker: 'client', fresh: false } }),
  },
  {
    rule: 'service-always-ends-so',
    match: complete,
    nearMiss: complete,
    around: { completed: 10, resetByClient: 9 },
    elsewhere: { completed: 10, resetByClient: 5 },
  },
  {
    rule: 'service-rarely-ends-so',
    match: complete,
    nearMiss: complete,
    around: { completed: 10, resetByClient: 1 },
    elsewhere: { completed: 10, resetByClient: 5 },
  },
  {
    rule: 'the-sender-goes-on',
    match: resetBy('server', serverReset, {}, { afterReset: 2 }),
    nearMiss: resetBy('server', serverReset),
  },
  {
    rule: 'ip-id-jumps',
    match: resetBy('server', { ...serverReset, firstIpId: 1000, ipId: 40_000 }),
    nearMiss: resetBy('server', { ...serverReset, firstIpId: 1000, ipId: 1010 }),
  },
  {
    rule: 'ip-id-of-an-answer-without-socket',
    match: resetBy('server', { ...strangerReset, firstIpId: 1000, ipId: 40_000 }),
    nearMiss: resetBy('server', { ...strangerReset, firstIpId: 1000, ipId: 0 }),
  },
  {
    rule: 'rising-sequence-numbers',
    match: resetBy('server', serverReset, {}, { resets: 3, resetRises: 2 }),
    nearMiss: resetBy('server', serverReset, {}, { resets: 3 }),
  },
  {
    rule: 'beyond-what-was-sent',
    match: resetBy('server', { ...serverReset, ahead: 1460 }),
    nearMiss: resetBy('server', serverReset),
  },
  {
    rule: 'answers-nothing',
    match: resetBy('server', { ...strangerReset, gap: 700_000 }),
    nearMiss: resetBy('server', strangerReset),
  },
];
