import type { Rule } from '../rule.js';

/** Where to begin: what connections that ended in this class usually are, before anything else is looked at. */
export const stageRules: readonly Rule[] = [
  {
    name: 'syn-answered-by-rst',
    family: 'stage',
    says: { refused: 4.5, 'rejected-on-path': 2 },
    when: (c) => c.close === 'refused',
    evidence: null,
  },
  {
    name: 'syn-without-answer',
    family: 'stage',
    says: { 'no-answer': 4.5 },
    when: (c) => c.close === 'noanswer',
    evidence: null,
  },
  {
    name: 'handshake-never-completed',
    family: 'stage',
    says: { 'half-open': 4.5 },
    when: (c) => c.close === 'halfopen',
    evidence: null,
  },
  {
    name: 'reset-before-the-handshake',
    family: 'stage',
    says: { 'setup-aborted': 1.5, 'port-probe': 1, injected: -1 },
    when: (c) => c.close === 'setupabort',
    evidence: null,
  },
  { name: 'lone-rst', family: 'stage', says: { 'cannot-tell': 3 }, when: (c) => c.close === 'orphan', evidence: null },
  { name: 'two-fins', family: 'stage', says: { normal: 5 }, when: (c) => c.close === 'fin', evidence: null },
  {
    name: 'one-fin',
    family: 'stage',
    says: { 'half-closed': 4 },
    when: (c) => c.close === 'halfclosed',
    evidence: null,
  },
  {
    name: 'reset-by-a-host-that-knew-it',
    family: 'stage',
    says: { 'client-abort': 0.5, 'closes-by-rst': 0.5, 'idle-timeout': -0.5, injected: -1.5 },
    when: (c) => (c.close === 'rst' || c.close === 'finrst') && c.shape !== 'answer' && c.by === 'client',
    evidence: null,
  },
  {
    name: 'reset-by-a-server-that-knew-it',
    family: 'stage',
    says: { 'server-abort': 0.5, 'closes-by-rst': 0.5, 'idle-timeout': -0.5, injected: -1.5 },
    when: (c) => (c.close === 'rst' || c.close === 'finrst') && c.shape !== 'answer' && c.by === 'server',
    evidence: null,
  },
  {
    name: 'reset-by-a-host-that-did-not-know-it',
    family: 'stage',
    says: { 'dead-peer': 0.5, 'idle-timeout': -0.5, injected: -1 },
    when: (c) => c.close === 'rst' && c.shape === 'answer',
    evidence: null,
  },
];
