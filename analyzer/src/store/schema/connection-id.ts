import type { Parameters } from '../engine/engine.js';
import { connectionHash } from './tables.js';

/**
 * Where to look for the connection of an `id` (the alias column of `connections`): 32 hexadecimal digits, the start in
 * nanoseconds since 1970 and a hash of probe, tuple, VLAN and end. Found through the start, so no table is scanned for
 * it. Returns null for what cannot be an id.
 */
export function connectionById(id: string): { where: string; parameters: Parameters } | null {
  if (!/^[0-9a-f]{32}$/.test(id)) {
    return null;
  }
  return {
    where: `start = fromUnixTimestamp64Nano({id_start:Int64}, 'UTC') AND ${connectionHash} = {id_hash:UInt64}`,
    parameters: {
      id_start: { type: 'Int64', value: BigInt.asIntN(64, BigInt(`0x${id.slice(0, 16)}`)) },
      id_hash: { type: 'UInt64', value: BigInt(`0x${id.slice(16)}`) },
    },
  };
}
