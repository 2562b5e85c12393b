/** Bytes of frames from their parts: what tests, the demo and benchmarks are made of. */

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
export const URG = 0x20;

/** "10.0.0.1" or "2001:db8::1" as 4 or 16 bytes. Only what tests write: no zone, no embedded IPv4. */
export function address(text: string): Uint8Array {
  if (!text.includes(':')) {
    return Uint8Array.from(text.split('.'), Number);
  }
  const [head = '', tail] = text.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)));
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const words = [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 255]));
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Big-endian fields: `bytes([2, 0x0800], [1, 6], [4, sequence])`. */
export function bytes(...fields: ReadonlyArray<readonly [size: 1 | 2 | 4, value: number]>): Uint8Array {
  const length = fields.reduce((sum, [size]) => sum + size, 0);
  const view = new DataView(new ArrayBuffer(length));
  let at = 0;
  for (const [size, value] of fields) {
    if (size === 1) {
      view.setUint8(at, value);
    } else if (size === 2) {
      view.setUint16(at, value);
    } else {
      view.setUint32(at, value >>> 0);
    }
    at += size;
  }
  return new Uint8Array(view.buffer);
}

export interface TcpFields {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgement?: number;
  readonly flags: number;
  readonly window?: number;
  readonly options?: Uint8Array;
  readonly payload?: Uint8Array;
}

/** A TCP segment; its checksum is 0, which nothing here looks at. */
export function tcp(fields: TcpFields): Uint8Array {
  const { options = new Uint8Array(0), payload = new Uint8Array(0) } = fields;
  const header = bytes(
    [2, fields.sourcePort],
    [2, fields.destinationPort],
    [4, fields.sequence],
    [4, fields.acknowledgement ?? 0],
    [1, ((20 + options.length) / 4) << 4],
    [1, fields.flags],
    [2, fields.window ?? 64240],
    [4, 0]
  );
  return concat(header, options, payload);
}

/** The options of a Linux SYN: maximum segment size, SACK permitted, window scale 7. */
export const synOptions = Uint8Array.from([2, 4, 5, 0xb4, 4, 2, 1, 3, 3, 7, 1, 1]);

export interface IpFields {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly ttl?: number;
  readonly id?: number;
  /** Flags and fragment offset of IPv4, as the header has them. */
  readonly fragment?: number;
  /** Total or payload length to claim instead of the true one. */
  readonly length?: number;
}

/** IPv4 or IPv6, by the addresses. */
export function ip(fields: IpFields, payload: Uint8Array): Uint8Array {
  const source = address(fields.source);
  const destination = address(fields.destination);
  if (source.length === 16) {
    const header = bytes(
      [4, 0x60000000],
      [2, fields.length ?? payload.length],
      [1, fields.protocol],
      [1, fields.ttl ?? 64]
    );
    return concat(header, source, destination, payload);
  }
  const header = bytes(
    [2, 0x4500],
    [2, fields.length ?? 20 + payload.length],
    [2, fields.id ?? 0],
    [2, fields.fragment ?? 0x4000],
    [1, fields.ttl ?? 64],
    [1, fields.protocol],
    [2, 0]
  );
  return concat(header, source, destination, payload);
}

const MACS = Uint8Array.from([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]);

/** An Ethernet frame with VLAN tags, outermost first. `etherType` is that of the payload. */
export function ethernet(etherType: number, payload: Uint8Array, vlans: readonly number[] = []): Uint8Array {
  const tags = vlans.map((vlan, i) => bytes([2, i + 1 < vlans.length ? 0x88a8 : 0x8100], [2, vlan]));
  return concat(MACS, ...tags, bytes([2, etherType]), payload);
}

/** The EtherType of an IP packet. */
export function etherTypeOf(packet: Uint8Array): number {
  return (packet[0] ?? 0) >> 4 === 6 ? 0x86dd : 0x0800;
}
