import { isHalfOpen } from '../case.js';
import type { Rule } from '../rule.js';
import { times } from '../words.js';

/** Where to begin: what connections that ended in this class usually are, before anything else is looked at. */
export const stageRules: readonly Rule[] = [
  {
    name: 'syn-answered-by-rst',
    family: 'stage',
    sign: 'a SYN was answered by a RST that acknowledges it',
    says: { refused: 4.5, 'rejected-on-path': 2 },
    when: (c) => c.close === 'refused',
    evidence: null,
  },
  {
    name: 'syn-without-answer',
    family: 'stage',
    sign: 'SYNs, and nothing came back',
    says: { 'no-answer': 4.5 },
    when: (c) => c.close === 'noanswer',
    evidence: null,
  },
  {
    name: 'handshake-never-completed',
    family: 'stage',
    sign: 'a SYN+ACK, and no completed handshake',
    says: { 'half-open': 4.5 },
    when: isHalfOpen,
    evidence: null,
  },
  {
    name: 'reset-before-the-handshake',
    family: 'stage',
    sign: 'a RST before the handshake was complete',
    says: { 'setup-aborted': 1.5, 'port-probe': 1, injected: -1 },
    when: (c) => c.close === 'setupabort',
    evidence: null,
  },
  {
    name: 'lone-rst',
    family: 'stage',
    sign: 'a RST without any connection',
    says: { 'cannot-tell': 3 },
    when: (c) => c.close === 'orphan',
    evidence: (c) => {
      const resets = c.client.resets + c.server.resets;
      return c.client.packets + c.server.packets === resets
        ? `nothing but ${times(resets, 'RST')} was captured`
        : `${times(resets, 'RST')}, and no packet of a connection to be ended was captured`;
    },
  },
  {
    name: 'two-fins',
    family: 'stage',
    sign: 'FINs of both sides',
    says: { normal: 5 },
    when: (c) => c.close === 'fin',
    evidence: null,
  },
  {
    name: 'one-fin',
    family: 'stage',
    sign: 'the FIN of one side only',
    says: { 'half-closed': 4 },
    when: (c) => c.close === 'halfclosed',
    evidence: null,
  },
  {
    name: 'reset-by-a-host-that-knew-it',
    family: 'stage',
    sign: "the client's first RST carries ACK",
    says: { 'client-abort': 0.5, 'closes-by-rst': 0.5, 'idle-timeout': -0.5, injected: -1.5 },
    when: (c) => (c.close === 'rst' || c.close === 'finrst') && c.shape !== 'answer' && c.by === 'client',
    evidence: null,
  },
  {
    name: 'reset-by-a-server-that-knew-it',
    family: 'stage',
    sign: "the server's first RST carries ACK",
    says: { 'server-abort': 0.5, 'closes-by-rst': 0.5, 'idle-timeout': -0.5, injected: -1.5 },
    when: (c) => (c.close === 'rst' || c.close === 'finrst') && c.shape !== 'answer' && c.by === 'server',
    evidence: null,
  },
  {
    name: 'reset-by-a-host-that-did-not-know-it',
    family: 'stage',
    sign: 'the first RST carries no ACK: the answer of a stack without the connection (RFC 9293 3.10.7.1)',
    says: { 'dead-peer': 0.5, 'idle-timeout': -0.5, injected: -1 },
    when: (c) => c.close === 'rst' && c.shape === 'answer',
    evidence: null,
  },
];
