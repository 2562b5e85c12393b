import { distanceOfHost, ttlText } from '../hosts.js';
import type { Rule } from '../rule.js';
import { time, times } from '../words.js';

/** Attempts that were answered by a RST: by the host's closed port, or by a firewall in its name. */
export const refusalRules: readonly Rule[] = [
  {
    // RFC 9293 3.10.7.1: a closed port answers a SYN with <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>.
    name: 'closed-port-answer',
    family: 'refusal',
    sign: 'the RST has sequence number 0, as a closed port sends it',
    says: { refused: 0.5, 'rejected-on-path': 0.2 },
    when: (c) => c.close === 'refused' && c.server.reset?.zeroSequence === true,
    evidence: (c) =>
      `${times(c.syns, 'SYN')}, answered by ${times(c.server.resets, 'RST')} of the form a closed port sends, the first ` +
      `${time(c.server.reset?.gap ?? 0)} after the SYN`,
  },
  {
    name: 'refusal-of-another-form',
    family: 'refusal',
    sign: 'the RST acknowledges the SYN, but has a sequence number of its own',
    says: { refused: 0.1, 'rejected-on-path': 0.1 },
    when: (c) => c.close === 'refused' && c.server.reset?.zeroSequence === false,
    evidence: (c) =>
      `${times(c.syns, 'SYN')}, answered by ${times(c.server.resets, 'RST')} that ${c.server.resets === 1 ? 'acknowledges' : 'acknowledge'} ` +
      `it, the first ${time(c.server.reset?.gap ?? 0)} after the SYN`,
  },
  {
    name: 'from-the-hosts-distance',
    family: 'refusal',
    sign: 'its TTL is one that other packets of the host have',
    says: { refused: 1.5, 'rejected-on-path': -2.5 },
    when: (c) => c.close === 'refused' && distanceOfHost(c) === 'same',
    evidence: (c) => `the RST's TTL ${c.server.reset?.ttl} is that of the host's other packets`,
  },
  {
    name: 'rejected-from-another-distance',
    family: 'refusal',
    sign: 'its TTL is one that no other packet of the host has',
    says: { refused: -3, 'rejected-on-path': 4 },
    when: (c) => c.close === 'refused' && distanceOfHost(c) === 'other',
    evidence: (c) => `the RST's TTL is ${c.server.reset?.ttl}, where the host's other packets have ${ttlText(c)}`,
  },
  {
    // Network equipment starts at 255, hosts at 64 or 128: without other packets of the host a hint, no more.
    name: 'from-network-equipment',
    family: 'refusal',
    sign: 'nothing else of the host was seen, and its TTL is above 128',
    says: { 'rejected-on-path': 1.5 },
    when: (c) => c.close === 'refused' && distanceOfHost(c) === null && (c.server.reset?.ttl ?? 0) > 128,
    evidence: (c) => `the RST's TTL ${c.server.reset?.ttl} is one that network equipment uses`,
  },
];
