/**
 * `Row.LastSyn` of a handshake that is timed, in one word: microseconds between the first SYN and the last; or below 0,
 * when SYN, SYN+ACK and ACK came once each and in this order, -1 - microseconds between SYN+ACK and ACK. A handshake with
 * a repeated segment has no round trips: which copy was answered nobody can tell (Karn and Partridge 1987).
 */
export function roundTripWord(client: number): number {
  return -1 - client;
}

/** Microseconds between the first SYN and the last. */
export function synDelay(word: number): number {
  return word < 0 ? 0 : word;
}

/** Microseconds between SYN+ACK and ACK: to the client and back; -1 when it was not measured. */
export function clientRoundTrip(word: number): number {
  return word < 0 ? -1 - word : -1;
}
