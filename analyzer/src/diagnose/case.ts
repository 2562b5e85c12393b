import type { ConnectionFacts, ResetFacts, Side, SideFacts } from './facts.js';

/** What other connections tell of the hosts and the service; all null or 0 where nothing is known. */
export interface Surroundings {
  /** Times to live that the server host's packets usually have here, from connections that stood. */
  readonly serverTtls: readonly number[];
  /** Other connections of the same service that ended after a complete exchange, and how many of them by RST of a side. */
  readonly completed: number;
  readonly resetByClient: number;
  readonly resetByServer: number;
  /** Why the capture cannot be trusted here, null when it can. */
  readonly poorFeed: string | null;
}

export const unknownSurroundings: Surroundings = {
  serverTtls: [],
  completed: 0,
  resetByClient: 0,
  resetByServer: 0,
  poorFeed: null,
};

/**
 * What a RST's header tells of the stack that sent it (`docs/diagnosis.md`, shapes):
 * - `answer`: no ACK; a host without the connection answers a segment (RFC 9293 3.10.7.1)
 * - `abort`: ACK, in sequence; a host that has the connection gives it up
 * - `odd`: neither
 */
export type ResetShape = 'answer' | 'abort' | 'odd';

/** A connection's facts with what follows from them at once, as rules read them. */
export interface Case extends ConnectionFacts {
  readonly around: Surroundings;
  /** Side of the first RST, its facts, and the sides as seen from it; the server's view when there was no RST. */
  readonly by: Side | null;
  readonly rst: ResetFacts | null;
  readonly shape: ResetShape | null;
  readonly own: SideFacts;
  readonly peer: SideFacts;
  /** Difference of the RST's time to live from that of the side's other packets; null when unknown. */
  readonly ttlDelta: number | null;
  /** Whether the RST's IP id goes on from the side's other packets; null when that cannot be told. */
  readonly idContinues: boolean | null;
  /** The RST was on its way before its sender could have seen the packet before it. */
  readonly unprompted: boolean;
  /** Side of the first FIN. */
  readonly firstFin: Side | null;
  /** Both sides sent data and the server's came last: nothing was left to answer when the first FIN or RST came. */
  readonly answered: boolean;
}

/** IP ids a side may have used between two packets: segments that were captured as one, and some that were not. */
const ID_SLACK = 64;
/** A large captured segment stands for several packets of at least this many bytes. */
const SMALLEST_SEGMENT = 500;
/** Clocks and the estimate of the legs are not exact: below this many microseconds nothing is said about order. */
const SHORTEST_LEG = 300;

export function caseOf(facts: ConnectionFacts, around: Surroundings): Case {
  const by = facts.aborter;
  const own = by === 'client' ? facts.client : facts.server;
  const peer = by === 'client' ? facts.server : facts.client;
  const rst = by === null ? null : own.reset;
  const firstFin = firstFinOf(facts);
  // Written out: spreading the facts took ten times as long as all rules together.
  return {
    close: facts.close,
    closer: facts.closer,
    aborter: facts.aborter,
    stage: facts.stage,
    certain: facts.certain,
    midstream: facts.midstream,
    oneway: facts.oneway,
    handshake: facts.handshake,
    clientLeg: facts.clientLeg,
    duration: facts.duration,
    watched: facts.watched,
    syns: facts.syns,
    synAcks: facts.synAcks,
    lastData: facts.lastData,
    pause: facts.pause,
    resetVoid: facts.resetVoid,
    finsFirst: facts.finsFirst,
    unreachable: facts.unreachable,
    cutOff: facts.cutOff,
    client: facts.client,
    server: facts.server,
    around,
    by,
    rst,
    shape: rst === null ? null : !rst.acknowledges ? 'answer' : rst.ahead === 0 ? 'abort' : 'odd',
    own,
    peer,
    ttlDelta: rst === null || own.ttl === null || isEarly(facts, by, rst) ? null : rst.ttl - own.ttl,
    idContinues: idContinues(rst, own),
    unprompted: rst !== null && isUnprompted(facts, by as Side, rst),
    firstFin,
    answered: answered(facts, by, rst, firstFin),
  };
}

/** The server's RST came before the handshake that was completed all the same: its TTL is the first that was noted. */
export function isEarly({ handshake }: ConnectionFacts, by: Side | null, rst: ResetFacts): boolean {
  return by === 'server' && handshake !== null && rst.time < handshake;
}

function firstFinOf({ client, server }: ConnectionFacts): Side | null {
  if (client.fin === null || server.fin === null) {
    return client.fin !== null ? 'client' : server.fin !== null ? 'server' : null;
  }
  return client.fin.afterPeerFin ? 'server' : 'client';
}

/** Linux counts IP ids up by one for each packet of a connection; 0 says nothing (RFC 6864 allows it with DF). */
function idContinues(rst: ResetFacts | null, own: SideFacts): boolean | null {
  if (rst === null || rst.ipId === null || rst.ipId === 0 || rst.firstIpId === null) {
    return null;
  }
  const distance = (rst.ipId - rst.firstIpId) & 0xffff;
  return distance <= own.packets + own.bytes / SMALLEST_SEGMENT + ID_SLACK;
}

/** Time from the capture point to a side and back, microseconds. */
export function legOf({ handshake, clientLeg }: ConnectionFacts, side: Side): number | null {
  return handshake === null || clientLeg === null ? null : side === 'client' ? clientLeg : handshake - clientLeg;
}

function isUnprompted(facts: ConnectionFacts, by: Side, rst: ResetFacts): boolean {
  const leg = legOf(facts, by);
  return leg !== null && leg > SHORTEST_LEG && rst.gap < leg * 0.7;
}

function answered(facts: ConnectionFacts, by: Side | null, rst: ResetFacts | null, firstFin: Side | null): boolean {
  if (facts.server.bytes === 0) {
    return false;
  }
  if (firstFin !== null) {
    const last = facts[firstFin].fin?.lastData ?? null;
    return last !== null && (firstFin === 'server') === (last === 'own');
  }
  if (rst !== null) {
    return rst.lastData !== null && (by === 'server') === (rst.lastData === 'own');
  }
  return facts.lastData === 'server';
}

/** The SYN+ACK was not answered. The class is also that of a connection that stands and whose SYN was missed. */
export function isHalfOpen({ close, midstream }: Pick<ConnectionFacts, 'close' | 'midstream'>): boolean {
  return close === 'halfopen' && !midstream;
}
