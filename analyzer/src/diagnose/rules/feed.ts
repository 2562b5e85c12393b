import type { Rule } from '../rule.js';

/** What the capture does not show, nothing can be said about. */
export const feedRules: readonly Rule[] = [
  {
    name: 'one-direction-only',
    family: 'feed',
    sign: 'only one direction was captured',
    says: { 'cannot-tell': 9 },
    when: (c) => c.oneway,
    evidence: () => 'only one direction of this connection was captured',
  },
  {
    name: 'poor-capture',
    family: 'feed',
    sign: 'the capture lost packets at that time',
    says: { 'cannot-tell': 7 },
    when: (c) => c.around.poorFeed !== null,
    evidence: (c) => `the capture is incomplete: ${c.around.poorFeed}`,
  },
  {
    name: 'start-not-seen',
    family: 'feed',
    sign: 'the start of the connection was not captured',
    says: { 'cannot-tell': 1.5 },
    when: (c) => c.midstream,
    evidence: () => 'its start was not captured',
  },
  {
    name: 'roles-guessed',
    family: 'feed',
    sign: 'client and server are a guess',
    says: { 'cannot-tell': 1 },
    when: (c) => !c.certain,
    evidence: () => 'which side is the client is a guess',
  },
];
