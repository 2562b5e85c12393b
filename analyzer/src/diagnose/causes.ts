/**
 * Why a connection ended, with a name of its own for everything that can be told from headers alone (contract: `cause`).
 * The order is that of the columns in the store: names are added at the end.
 */
export const causes = [
  'normal',
  'refused',
  'rejected-on-path',
  'no-answer',
  'half-open',
  'setup-aborted',
  'port-probe',
  'client-abort',
  'server-abort',
  'closes-by-rst',
  'keepalive-race',
  'late-data',
  'dead-peer',
  'idle-timeout',
  'injected',
  'cannot-tell',
  'half-closed',
] as const;

export type Cause = (typeof causes)[number];
