/**
 * A share of the connections, by a hash of their tuples: every worker sees all packets, so that all have the same clock,
 * windows and knowledge of endpoints, and follows only its own connections.
 */
export interface Part {
  readonly index: number;
  readonly of: number;
}

export const wholeInput: Part = { index: 0, of: 1 };
