import { Unreachable } from '../flow/facts.js';

/**
 * What an ICMP message says was in the way: no route to the network, the host itself (down, or no answer to ARP), the port,
 * or a rule that forbids it.
 */
export type Obstacle = 'route' | 'host' | 'port' | 'rule';

/** The first ICMP message that a segment of the connection could not be delivered. */
export interface UnreachableFacts {
  readonly obstacle: Obstacle;
  /** Who said so, where the message was IPv4. */
  readonly reporter: string | null;
  /** The addressee of the segment said so itself. */
  readonly fromAddressee: boolean;
  /** Whose segment it was. */
  readonly sender: 'client' | 'server';
  /** Its addressee had sent something before. */
  readonly answered: boolean;
  /** How many such messages came. */
  readonly messages: number;
}

/** Codes of RFC 792 and RFC 1812 5.2.7.1, and of RFC 4443 3.1; those not named here are about routes. */
const obstacles: Readonly<Record<4 | 6, Readonly<Record<number, Obstacle>>>> = {
  4: {
    1: 'host',
    2: 'port',
    3: 'port',
    7: 'host',
    8: 'host',
    9: 'rule',
    10: 'rule',
    12: 'host',
    13: 'rule',
    14: 'rule',
    15: 'rule',
  },
  6: { 1: 'rule', 3: 'host', 4: 'port', 5: 'rule', 6: 'rule' },
};

/** In words, as in "… says that THE HOST CANNOT BE REACHED". */
const words: Readonly<Record<Obstacle, string>> = {
  route: 'there is no route to the network',
  host: 'the host cannot be reached',
  port: 'the port cannot be reached',
  rule: 'a rule forbids it',
};

/** What the code of a message stands for. */
export function obstacleOf(code: number, family: 4 | 6): Obstacle {
  return obstacles[family][code] ?? 'route';
}

/** The address of who says so, from its 32 bits; null of IPv6, of which none is kept. */
export function reporterText(address: number, family: 4 | 6): string | null {
  return family === 4 ? [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.') : null;
}

/**
 * @param word `Fact.Unreachable`
 * @param reporter `Fact.Reporter`
 */
export function readUnreachable(word: number, reporter: number, family: 4 | 6): UnreachableFacts | null {
  if ((word & Unreachable.Present) === 0) {
    return null;
  }
  return {
    obstacle: obstacleOf((word >>> Unreachable.Code) & 0xff, family),
    reporter: reporterText(reporter, family),
    fromAddressee: (word & Unreachable.FromAddressee) !== 0,
    sender: (word & Unreachable.Server) !== 0 ? 'server' : 'client',
    answered: (word & Unreachable.Answered) !== 0,
    messages: word >>> Unreachable.Count,
  };
}

/** The message in words: "10.0.0.1, which is not the server, says by ICMP that a rule forbids it (3 messages)". */
export function unreachableText(said: Omit<UnreachableFacts, 'answered'>): string {
  const { obstacle, reporter, fromAddressee, sender, messages } = said;
  const addressee = sender === 'client' ? 'server' : 'client';
  const who = fromAddressee
    ? `the ${addressee}'s host itself`
    : reporter === null
      ? `a host that is not the ${addressee}`
      : `${reporter}, which is not the ${addressee},`;
  return `${who} says by ICMP that ${words[obstacle]}${messages > 1 ? ` (${messages} messages)` : ''}`;
}
