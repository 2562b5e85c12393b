import { timeText, type ConnectionRow } from '../report/index.js';
import type { ConnectionName, EndName } from './connection-name.js';
import { tupleOf, vlansOf, type Tuple } from './tuple.js';

/** Where the clock stands in `timeText`, behind the date. */
const CLOCK = 11;

/** The connections that a name fits. Names of streams are resolved by the packets (`StreamNumbers`), not here. */
export function findConnections(
  all: readonly ConnectionRow[],
  name: Exclude<ConnectionName, { kind: 'stream' }>
): ConnectionRow[] {
  if (name.kind === 'id') {
    return all.filter((row) => startOf(row) === name.start);
  }
  const { from, to, vlans, at } = name;
  if (at !== null) {
    const place = at.includes('T') ? 0 : CLOCK;
    const begun = all.filter(({ batch, row }) =>
      timeText(batch.startSeconds[row] as number, batch.startNanos[row] as number).startsWith(at, place)
    );
    return findConnections(begun, { ...name, at: null });
  }
  if (vlans !== null) {
    const tagged = all.filter((row) => vlansOf(row) === vlans);
    return findConnections(tagged, { ...name, vlans: null });
  }
  const between = (one: EndName | null, two: EndName | null) =>
    all.filter((row) => {
      const tuple = tupleOf(row, false);
      return fits(one, tuple.clientIp, tuple.clientPort) && fits(two, tuple.serverIp, tuple.serverPort);
    });
  if (to === null) {
    const either = new Set([...between(from, null), ...between(null, from)]);
    return all.filter((row) => either.has(row));
  }
  // As said; else the other way round, because who is the client is often what one wants to know.
  const asSaid = between(from, to);
  return asSaid.length > 0 ? asSaid : between(to, from);
}

/** Connections of a tuple, whichever end is the client; of its VLANs where it has them. */
export function connectionsOf(all: readonly ConnectionRow[], tuple: Tuple): ConnectionRow[] {
  const client = { address: numberOf(tuple.clientIp), port: tuple.clientPort };
  const server = { address: numberOf(tuple.serverIp), port: tuple.serverPort };
  return findConnections(all, { kind: 'ends', from: client, to: server, vlans: tuple.vlans, at: null });
}

/** Nanoseconds since 1970. */
export function startOf({ batch, row }: Pick<ConnectionRow, 'batch' | 'row'>): bigint {
  return BigInt(batch.startSeconds[row] as number) * 1_000_000_000n + BigInt(batch.startNanos[row] as number);
}

function fits(name: EndName | null, ip: Uint8Array, port: number): boolean {
  return (
    name === null ||
    ((name.port === null || name.port === port) && (name.address === null || name.address === numberOf(ip)))
  );
}

function numberOf(ip: Uint8Array): bigint {
  const view = new DataView(ip.buffer, ip.byteOffset, 16);
  return (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
}
