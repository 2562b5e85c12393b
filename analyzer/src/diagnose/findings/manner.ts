import type { ConnectionFacts, Side } from '../facts.js';
import { unheard } from '../unheard.js';
import type { Ended } from './finding.js';

/** What findings compare of how connections ended, beyond their cause. */
export function mannerOf(
  facts: ConnectionFacts
): Required<Pick<Ended, 'waited' | 'unclosed' | 'stalled' | 'zeroWindows' | 'unheard'>> {
  const end = facts.aborter === null ? endOfFin(facts) : facts[facts.aborter].reset;
  const side = stalled(facts);
  return {
    waited: end === null ? null : end.gap / 1e6,
    unclosed: unclosed(facts),
    stalled: side,
    zeroWindows: side === null ? 0 : facts[side].zeroWindows,
    unheard: unheard(facts),
  };
}

function unclosed({ close, duration, watched, ...facts }: ConnectionFacts): number | null {
  const fin = close === 'halfclosed' ? endOfFin(facts) : null;
  return fin === null ? null : (duration - fin.time + watched) / 1e6;
}

function endOfFin(facts: Pick<ConnectionFacts, 'closer' | Side>) {
  return facts.closer === null ? null : facts[facts.closer].fin;
}

/** The side that stopped reading; when both did, the one that said so more often. */
function stalled({ client, server }: ConnectionFacts): Side | null {
  if (server.tinyWindows + client.tinyWindows === 0) {
    return null;
  }
  return server.tinyWindows >= client.tinyWindows ? 'server' : 'client';
}

/** What of a connection the facts tell, whether they come from packets or from the store. */
export function endedFacts({ handshake, client, server, ...known }: ConnectionFacts) {
  const { closer, aborter, syns, midstream, oneway } = known;
  return {
    closer,
    aborter,
    syns,
    established: handshake !== null,
    handshake: handshake === null ? null : handshake / 1e6,
    clientBytes: client.bytes,
    serverBytes: server.bytes,
    midstream,
    oneway,
  };
}
