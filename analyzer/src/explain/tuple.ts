import { writeKey } from '../decode/connection-key.js';
import { Seg } from '../decode/segment.js';
import { vlanDepth } from '../flow/index.js';
import type { ConnectionRow } from '../report/index.js';

/**
 * The two ends of a connection: addresses in 16 bytes (IPv4 as ::ffff:a.b.c.d), and ports; its VLANs where they are part of
 * its name.
 */
export interface Tuple {
  readonly clientIp: Uint8Array;
  readonly clientPort: number;
  readonly serverIp: Uint8Array;
  readonly serverPort: number;
  /** Tags by which connections are kept apart (`vlanNameOf`); null where they are not. */
  readonly vlans: number | null;
}

/** VLAN tags that belong to the name of a connection where VLANs are kept apart, the outermost first. */
export const NAMING_TAGS = 2;

/** The two outermost tags in one number, as the flow room compares them; 0 without a tag. */
export function vlanNameOf(tags: ArrayLike<number>, count: number): number {
  const used = Math.min(count, NAMING_TAGS);
  return (used > 0 ? (tags[0] as number) : 0) | ((used > 1 ? (tags[1] as number) : 0) << 12);
}

/** VLANs of a connection: those of its first packet. */
export function vlansOf({ batch, row }: Pick<ConnectionRow, 'batch' | 'row'>): number {
  return vlanNameOf(batch.vlans.subarray(row * vlanDepth, (row + 1) * vlanDepth), batch.vlanCount[row] as number);
}

/** @param separateVlans whether connections are kept apart by their VLANs, too */
export function tupleOf(connection: Pick<ConnectionRow, 'batch' | 'row'>, separateVlans: boolean): Tuple {
  const { batch, row } = connection;
  return {
    clientIp: batch.clientIp.subarray(row * 16, row * 16 + 16),
    clientPort: batch.clientPort[row] as number,
    serverIp: batch.serverIp.subarray(row * 16, row * 16 + 16),
    serverPort: batch.serverPort[row] as number,
    vlans: separateVlans ? vlansOf(connection) : null,
  };
}

const WORDS = Seg.Destination + 4 - Seg.Source;

/** Tells whether a decoded segment is of the tuple, and of which side. */
export class TupleMatch {
  /** Segments from client to server: over IPv4 and, where IPv4 addresses may stand in IPv6 headers, over IPv6. */
  private readonly forms: readonly Int32Array[];
  private readonly vlans: number | null;

  constructor(tuple: Tuple) {
    this.vlans = tuple.vlans;
    const four = isMapped(tuple.clientIp) && isMapped(tuple.serverIp);
    this.forms = four ? [segmentOf(tuple, 4), segmentOf(tuple, 6)] : [segmentOf(tuple, 6)];
  }

  /** @returns 1 from the client, 2 from the server, 0 of another tuple */
  side(segments: Int32Array, at: number): 0 | 1 | 2 {
    for (const form of this.forms) {
      if (
        segments[at + Seg.KeyPorts] === form[Seg.KeyPorts] &&
        segments[at + Seg.Key0] === form[Seg.Key0] &&
        segments[at + Seg.Key1] === form[Seg.Key1] &&
        segments[at + Seg.Family] === form[Seg.Family]
      ) {
        return this.sideOf(form, segments, at);
      }
    }
    return 0;
  }

  private sideOf(form: Int32Array, segments: Int32Array, at: number): 0 | 1 | 2 {
    if (this.vlans !== null && this.vlans !== vlansOfSegment(segments, at)) {
      return 0;
    }
    const forward = segments[at + Seg.Ports] === form[Seg.Ports] && same(form, segments, at, 0);
    return forward ? 1 : same(form, segments, at, 4) ? 2 : 0;
  }
}

/** Whether source and destination are the same (shift 0) or each other's (shift 4). */
function same(form: Int32Array, segments: Int32Array, at: number, shift: 0 | 4): boolean {
  const words = segments[at + Seg.Family] === 4 ? 1 : 4;
  for (let word = 0; word < words; word++) {
    if (
      segments[at + Seg.Source + word] !== form[Seg.Source + ((word + shift) % WORDS)] ||
      segments[at + Seg.Destination + word] !== form[Seg.Source + ((word + 4 + shift) % WORDS)]
    ) {
      return false;
    }
  }
  return true;
}

/** A segment from client to server, as far as it names the connection. */
function segmentOf(tuple: Tuple, family: 4 | 6): Int32Array {
  const segment = new Int32Array(Seg.Words);
  segment[Seg.Family] = family;
  writeWords(segment, Seg.Source, tuple.clientIp, family === 4);
  writeWords(segment, Seg.Destination, tuple.serverIp, family === 4);
  segment[Seg.Ports] = (tuple.clientPort << 16) | tuple.serverPort;
  writeKey(segment, 0, 0);
  return segment;
}

/** VLANs of a segment, to compare with `Tuple.vlans`. */
export function vlansOfSegment(segments: Int32Array, at: number): number {
  return vlanNameOf(
    segments.subarray(at + Seg.Vlan, at + Seg.Vlan + NAMING_TAGS),
    segments[at + Seg.VlanCount] as number
  );
}

export function isMapped(address: Uint8Array): boolean {
  return address.subarray(0, 10).every((byte) => byte === 0) && address[10] === 0xff && address[11] === 0xff;
}

function writeWords(segment: Int32Array, at: number, address: Uint8Array, four: boolean): void {
  const view = new DataView(address.buffer, address.byteOffset, 16);
  if (four) {
    segment[at] = view.getInt32(12);
    return;
  }
  for (let word = 0; word < 4; word++) {
    segment[at + word] = view.getInt32(word * 4);
  }
}
