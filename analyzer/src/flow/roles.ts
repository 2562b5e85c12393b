import { Flag, Seg } from '../decode/segment.js';
import { addressOf, createEndpointMemory, portKey } from './endpoints.js';
import { Pair, Row, State } from './layout.js';
import type { FlowTable } from './table.js';

/** Ports up to here are assigned to services of the system (RFC 6335); a client's port is above. */
const SYSTEM_PORTS = 1024;

/** Who is the client when no SYN told it. */
export function createRoles(table: FlowTable, serverPorts: readonly number[] = []) {
  const { rows } = table;
  const wide = table.wide.words;
  const memory = createEndpointMemory();
  /** 1 for ports that the configuration declares to be servers' ports. */
  const configured = new Uint8Array(65536);
  for (const port of serverPorts) {
    configured[port] = 1;
  }

  /**
   * Learns from a segment with SYN: which endpoint it was aimed at, or which one has accepted. Looks at nothing else, so
   * that it can be told of segments whose connections are followed elsewhere.
   */
  function learn(segments: Int32Array, segment: number, second: number): void {
    const ports = segments[segment + Seg.Ports] as number;
    const ipv6 = segments[segment + Seg.Family] === 6;
    if (((segments[segment + Seg.Flags] as number) & Flag.Ack) !== 0) {
      const address = addressOf(segments, segment + Seg.Source, ipv6);
      memory.accepted(address, portKey(ports >>> 16, ipv6), second);
    } else {
      const address = addressOf(segments, segment + Seg.Destination, ipv6);
      memory.aimedAt(address, portKey(ports & 0xffff, ipv6), second);
    }
  }

  /**
   * Guesses which end is the client. In this order: an end that has answered SYNs before is the server; a port that the
   * configuration calls a server's; a port below 1024 against one above; the end more SYNs were aimed at; the lower port.
   * @param sender direction of the first packet: the client when nothing else tells
   * @returns 1 when the higher end is the client
   */
  function guessClient(at: number, sender: number): number {
    const ports = rows[at + Row.Ports] as number;
    const low = ports >>> 16;
    const high = ports & 0xffff;
    const address0 = address(at, 0);
    const address1 = address(at, 1);
    const key0 = port(at, 0);
    const key1 = port(at, 1);
    // Each is above 0 when it speaks for the lower end as the server, so for the higher one as the client.
    const decisive =
      Number(memory.hasAccepted(address0, key0)) - Number(memory.hasAccepted(address1, key1)) ||
      (configured[low] as number) - (configured[high] as number) ||
      Number(low < SYSTEM_PORTS) - Number(high < SYSTEM_PORTS) ||
      memory.popularity(address0, key0) - memory.popularity(address1, key1) ||
      high - low;
    return decisive === 0 ? sender : decisive > 0 ? 1 : 0;
  }

  function address(at: number, end: number): number {
    if (((rows[at + Row.State] as number) & State.Ipv6) === 0) {
      return rows[at + Row.Key0 + end] as number;
    }
    return addressOf(wide, (rows[at + Row.Wide] as number) * Pair.Words + end * 4, true);
  }

  function port(at: number, end: number): number {
    const ports = rows[at + Row.Ports] as number;
    return portKey(end === 0 ? ports >>> 16 : ports & 0xffff, ((rows[at + Row.State] as number) & State.Ipv6) !== 0);
  }

  return { learn, guessClient };
}

export type Roles = ReturnType<typeof createRoles>;
