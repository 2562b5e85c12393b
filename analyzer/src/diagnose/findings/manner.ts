import type { ConnectionFacts, Side } from '../facts.js';
import { unheard } from '../unheard.js';
import type { Ended } from './finding.js';

/** Which connection it was and what is concluded of it: what its facts do not tell. */
export type Concluded = Pick<
  Ended,
  | 'client'
  | 'clientPort'
  | 'server'
  | 'port'
  | 'start'
  | 'end'
  | 'cause'
  | 'confidence'
  | 'quiet'
  | 'poorFeed'
  | 'serverZone'
>;

/**
 * A connection as findings see it, whether its facts come from packets or from the store. Written out field by field:
 * there may be a hundred thousand, and spreading took ten times as long.
 * @param known false when of the facts only what the row says is known, and not how the connection ended
 */
export function endedOf(facts: ConnectionFacts, concluded: Concluded, known: boolean): Ended {
  const { handshake } = facts;
  const stalledSide = known ? stalled(facts) : undefined;
  return {
    client: concluded.client,
    clientPort: concluded.clientPort,
    server: concluded.server,
    port: concluded.port,
    start: concluded.start,
    end: concluded.end,
    close: facts.close,
    cause: concluded.cause,
    confidence: concluded.confidence,
    closer: facts.closer,
    aborter: facts.aborter,
    syns: facts.syns,
    established: handshake !== null,
    handshake: handshake === null ? null : handshake / 1e6,
    clientBytes: facts.client.bytes,
    serverBytes: facts.server.bytes,
    quiet: concluded.quiet,
    midstream: facts.midstream,
    oneway: facts.oneway,
    waited: known ? waited(facts) : undefined,
    unclosed: known ? unclosed(facts) : undefined,
    stalled: stalledSide,
    zeroWindows: known ? zeroWindows(facts, stalledSide ?? null) : undefined,
    unheard: known ? unheard(facts) : undefined,
    poorFeed: concluded.poorFeed,
    serverZone: concluded.serverZone,
  };
}

function waited(facts: ConnectionFacts): number | null {
  const end = facts.aborter === null ? endOfFin(facts) : facts[facts.aborter].reset;
  return end === null ? null : end.gap / 1e6;
}

function unclosed(facts: ConnectionFacts): number | null {
  const fin = facts.close === 'halfclosed' ? endOfFin(facts) : null;
  return fin === null ? null : (facts.duration - fin.time + facts.watched) / 1e6;
}

function endOfFin(facts: ConnectionFacts) {
  return facts.closer === null ? null : facts[facts.closer].fin;
}

/** The side that stopped reading; when both did, the one that said so more often. */
function stalled({ client, server }: ConnectionFacts): Side | null {
  if (server.tinyWindows + client.tinyWindows === 0) {
    return null;
  }
  return server.tinyWindows >= client.tinyWindows ? 'server' : 'client';
}

function zeroWindows(facts: ConnectionFacts, side: Side | null): number {
  return side === null ? 0 : facts[side].zeroWindows;
}
