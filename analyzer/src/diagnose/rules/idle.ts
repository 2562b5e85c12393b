import type { Case } from '../case.js';
import { quiet } from '../quiet.js';
import type { Rule } from '../rule.js';
import { unheard } from '../unheard.js';
import { time } from '../words.js';
import { isComplete } from './closes-by-rst.js';
import { isStranger } from './dead-peer.js';

/** The RST answers the first data after a pause. */
function answersFirstData(c: Case): boolean {
  return c.pause !== null && c.pause.fresh && c.pause.speaker !== c.by;
}

/** How long the server had waited when it closed or reset the connection. */
function patience({ server }: Case): number {
  return server.fin?.gap ?? server.reset?.gap ?? 0;
}

/** Timers that run out on quiet connections: at an end, or in a firewall, load balancer or NAT on the path. */
export const idleRules: readonly Rule[] = [
  {
    name: 'reset-out-of-silence',
    family: 'idle',
    sign: 'a RST after a silence, the last exchange being complete; the more the longer',
    says: { 'idle-timeout': 6, 'closes-by-rst': -3.5, 'client-abort': -1 },
    when: (c) => isComplete(c) && quiet(c.rst?.gap ?? 0) > 0,
    strength: (c) => quiet(c.rst?.gap ?? 0),
    evidence: (c) => `nothing had been sent for ${time(c.rst?.gap ?? 0)} when the ${c.by} reset the connection`,
  },
  {
    name: 'waited-in-vain-for-a-request',
    family: 'idle',
    sign: 'no data at all, and the server closed after more than 4 s',
    says: { 'idle-timeout': 5, 'server-abort': -1.5 },
    when: (c) =>
      c.handshake !== null &&
      c.client.bytes + c.server.bytes === 0 &&
      (c.firstFin ?? c.by) === 'server' &&
      patience(c) > 4e6,
    strength: (c) => quiet(patience(c)) - 0.4,
    evidence: (c) => `the client had sent nothing for ${time(patience(c))} when the server closed the connection`,
  },
  {
    name: 'forgotten-on-the-path',
    family: 'idle',
    sign: 'the first data after a silence answered by a RST without ACK and with another TTL',
    says: { 'idle-timeout': 6, 'dead-peer': -2, injected: -3.5 },
    when: (c) => isStranger(c) && answersFirstData(c) && c.ttlDelta !== null && c.ttlDelta !== 0,
    evidence: (c) =>
      `the first data after ${time(c.pause?.micros ?? 0)} of silence were answered by a RST with TTL ${c.rst?.ttl}, where the ` +
      `${c.by}'s own packets have ${c.own.ttl}: something in between had forgotten the connection`,
  },
  {
    name: 'unknown-after-a-pause',
    family: 'idle',
    sign: 'the first data after a silence answered by a RST without ACK and with the usual TTL',
    says: { 'idle-timeout': 1.5 },
    when: (c) => isStranger(c) && answersFirstData(c) && c.ttlDelta === 0,
    strength: (c) => quiet(c.pause?.micros ?? 0),
    evidence: (c) => `these were the first data after ${time(c.pause?.micros ?? 0)} of silence`,
  },
  {
    name: 'unheard-after-a-pause',
    family: 'idle',
    sign: 'the first data after a silence, repeated and never answered',
    says: { 'idle-timeout': 5, 'dead-peer': -2 },
    when: (c) => unheard(c) !== null && c.pause !== null && c.pause.fresh && c.pause.speaker === unheard(c),
    evidence: (c) =>
      `these were the first data after ${time(c.pause?.micros ?? 0)} of silence; before it everything was answered`,
  },
];
