import type { Case } from '../case.js';
import type { Rule } from '../rule.js';
import { unreachableText, type UnreachableFacts } from '../unreachable.js';

/** The message about an attempt that nothing else answered. */
function answer(c: Case): UnreachableFacts | null {
  return c.close === 'noanswer' && c.unreachable?.sender === 'client' && !c.unreachable.answered ? c.unreachable : null;
}

/** The port, or a rule: somebody was there and said no. The route or the host: nobody was. */
function isRefusal({ obstacle }: UnreachableFacts): boolean {
  return obstacle === 'port' || obstacle === 'rule';
}

const evidence = (c: Case) => (c.unreachable === null ? '' : unreachableText(c.unreachable));

/** ICMP messages that segments could not be delivered, from those who say no without a RST. */
export const unreachableRules: readonly Rule[] = [
  {
    // A closed port of TCP answers by RST: who says so by ICMP is a packet filter (RFC 1122 3.2.2.1).
    name: 'rejected-by-icmp-on-the-path',
    family: 'unreachable',
    sign: 'somebody else than the server says by ICMP that the port, or a rule, forbids the attempt',
    // The server's host may have more addresses than one, and answer from another.
    says: { 'rejected-on-path': 9, refused: 5.5, 'no-answer': -2 },
    when: (c) => {
      const said = answer(c);
      return said !== null && isRefusal(said) && !said.fromAddressee;
    },
    evidence,
  },
  {
    name: 'rejected-by-icmp-of-the-host',
    family: 'unreachable',
    sign: "the server's address says so itself: a packet filter on its host, or one that speaks in its name",
    says: { refused: 8.5, 'rejected-on-path': 6.5, 'no-answer': -2 },
    when: (c) => {
      const said = answer(c);
      return said !== null && isRefusal(said) && said.fromAddressee;
    },
    evidence,
  },
  {
    name: 'nobody-there-says-the-path',
    family: 'unreachable',
    sign: 'ICMP says that the host, or its network, cannot be reached',
    says: { 'no-answer': 2, 'cannot-tell': -1 },
    when: (c) => {
      const said = answer(c);
      return said !== null && !isRefusal(said);
    },
    evidence,
  },
  {
    name: 'no-longer-there-says-the-path',
    family: 'unreachable',
    sign: 'on a connection that stood, ICMP says that the peer cannot be reached any more',
    says: { 'dead-peer': 1.5 },
    when: (c) => c.unreachable?.answered === true && !isRefusal(c.unreachable) && c.close !== 'fin',
    evidence,
  },
];
