/** Endpoints in a set; a set is one cache line and a half. */
const WAYS = 8;
/** Words of an endpoint: address fingerprint, port and family, last second, SYNs aimed at it << 1 | has accepted. */
const WORDS = 4;

/**
 * What is remembered of endpoints (address and port) longer than of connections: which ones have answered as servers
 * and which ones SYNs were aimed at. Used to tell client from server when a connection's start was not seen.
 *
 * Trade-off: a fixed, set-associative table. A set that is full forgets the endpoint it has not heard of for longest, so
 * the memory is bounded and busy servers stay; IPv6 addresses are kept as a 32-bit fingerprint, and a collision (one in
 * four billion for a pair) can only turn a guess, which is marked as a guess.
 *
 * @param sets a power of two; 8 endpoints of 16 bytes each
 */
export function createEndpointMemory(sets = 1 << 13) {
  const table = new Int32Array(sets * WAYS * WORDS);
  const mask = sets - 1;

  /** The endpoint answered a SYN. */
  function accepted(address: number, port: number, second: number): void {
    const at = place(address, port, second);
    table[at + 3] = (table[at + 3] as number) | 1;
  }

  /** A SYN was aimed at the endpoint. */
  function aimedAt(address: number, port: number, second: number): void {
    const at = place(address, port, second);
    const score = table[at + 3] as number;
    if (score >>> 1 < 0x3fffffff) {
      table[at + 3] = score + 2;
    }
  }

  function hasAccepted(address: number, port: number): boolean {
    const at = find(address, port);
    return at >= 0 && ((table[at + 3] as number) & 1) !== 0;
  }

  /** SYNs aimed at the endpoint. */
  function popularity(address: number, port: number): number {
    const at = find(address, port);
    return at < 0 ? 0 : (table[at + 3] as number) >>> 1;
  }

  function setOf(address: number, port: number): number {
    let hash = Math.imul(address, 0x85ebca6b) ^ Math.imul(port, 0x27d4eb2f);
    hash ^= hash >>> 15;
    hash = Math.imul(hash, 0x2c1b3c6d);
    return ((hash ^ (hash >>> 13)) & mask) * WAYS * WORDS;
  }

  function find(address: number, port: number): number {
    const first = setOf(address, port);
    for (let at = first; at < first + WAYS * WORDS; at += WORDS) {
      if (table[at] === address && table[at + 1] === port && table[at + 2] !== 0) {
        return at;
      }
    }
    return -1;
  }

  /** The endpoint's entry, or a free or the oldest one made its own. */
  function place(address: number, port: number, second: number): number {
    const first = setOf(address, port);
    let chosen = first;
    for (let at = first; at < first + WAYS * WORDS; at += WORDS) {
      if (table[at] === address && table[at + 1] === port && table[at + 2] !== 0) {
        table[at + 2] = second;
        return at;
      }
      if ((table[at + 2] as number) >>> 0 < (table[chosen + 2] as number) >>> 0) {
        chosen = at;
      }
    }
    table[chosen] = address;
    table[chosen + 1] = port;
    table[chosen + 2] = second;
    table[chosen + 3] = 0;
    return chosen;
  }

  return { accepted, aimedAt, hasAccepted, popularity };
}

export type EndpointMemory = ReturnType<typeof createEndpointMemory>;

/** What stands for an address in the memory above: an IPv4 address itself, a fingerprint of an IPv6 address. */
export function addressOf(words: Int32Array, at: number, ipv6: boolean): number {
  if (!ipv6) {
    return words[at] as number;
  }
  let hash = 0x9e3779b9;
  for (let word = at; word < at + 4; word++) {
    hash = Math.imul(hash ^ (words[word] as number), 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  return hash;
}

/** Port and family as one word of an endpoint's key. */
export function portKey(port: number, ipv6: boolean): number {
  return ipv6 ? port | 0x60000 : port;
}
