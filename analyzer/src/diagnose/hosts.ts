import type { Case } from './case.js';

/** Whether the RST's TTL is one that the host is known to use here; null when the host is not known. */
export function distanceOfHost({ server, around }: Case): 'same' | 'other' | null {
  if (server.reset === null || around.serverTtls.length === 0) {
    return null;
  }
  return around.serverTtls.includes(server.reset.ttl) ? 'same' : 'other';
}

export function ttlText({ around }: Case): string {
  return around.serverTtls.join(' or ');
}
