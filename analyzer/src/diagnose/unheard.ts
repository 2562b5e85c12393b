import type { ConnectionFacts, Side, SideFacts } from './facts.js';

/**
 * A side that tried again and again and was never heard; the client when both did. Each try waits twice as long as the one
 * before (RFC 6298 5.5; no stack begins below 0.2 s), so that four take more than a second: what repeats faster is a copy
 * or a tool's, not a host's that waits for an answer.
 */
export function unheard(c: ConnectionFacts): Side | null {
  const inVain = ({ retries, retrySeconds }: SideFacts) => retries === 3 || (retries > 3 && retrySeconds >= 1);
  return inVain(c.client) ? 'client' : inVain(c.server) ? 'server' : null;
}
