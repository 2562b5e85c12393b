import { address, ip, tcp, type TcpFields } from '../traffic/frame.js';
import { AF_INET, AF_INET6, check, int, libc, socketAddress } from './libc.js';
import type { Namespace } from './namespace.js';
import type { Peer } from './peer.js';

const SOCK_RAW = 3;
const IPPROTO_RAW = 255;
const IPPROTO_TCP = 6;
const TCP_REPAIR = 19;
const TCP_REPAIR_QUEUE = 20;
const TCP_QUEUE_SEQ = 21;
const TCP_REPAIR_OFF_NO_WP = -1;
const RECEIVE_QUEUE = 1;
const SEND_QUEUE = 2;

export interface Crafted extends TcpFields {
  readonly source: string;
  readonly destination: string;
  readonly ttl: number;
  readonly id: number;
}

/** Sends packets from a host as they are written, whoever they claim to come from. */
export async function sendRaw(host: Namespace, packets: readonly Crafted[]): Promise<void> {
  await host.within(() => {
    for (const packet of packets) {
      const destination = address(packet.destination);
      const source = address(packet.source);
      const segment = tcp(packet);
      setChecksum(segment, source, destination);
      const whole = Buffer.from(
        ip(
          { source: packet.source, destination: packet.destination, protocol: 6, ttl: packet.ttl, id: packet.id },
          segment
        )
      );
      const domain = destination.length === 16 ? AF_INET6 : AF_INET;
      const fd = check(libc.socket(domain, SOCK_RAW, IPPROTO_RAW), 'raw socket');
      const to = socketAddress(destination, 0);
      check(libc.sendto(fd, whole, whole.length, 0, to, to.length), 'send');
      libc.close(fd);
    }
  });
}

/** TCP's checksum over the pseudo header (RFC 9293 3.1), in place. */
function setChecksum(segment: Uint8Array, source: Uint8Array, destination: Uint8Array): void {
  const view = new DataView(segment.buffer, segment.byteOffset, segment.length);
  let sum = IPPROTO_TCP + segment.length;
  const add = (bytes: Uint8Array) => {
    for (let i = 0; i < bytes.length; i += 2) {
      sum += ((bytes[i] as number) << 8) | (bytes[i + 1] ?? 0);
    }
  };
  add(source);
  add(destination);
  add(segment);
  while (sum > 0xffff) {
    sum = (sum & 0xffff) + Math.floor(sum / 65536);
  }
  view.setUint16(16, ~sum & 0xffff);
}

/** Next sequence numbers that a socket will send and expects, read from the kernel. */
export function sequencesOf(peer: Peer): { send: number; receive: number } {
  const { fd } = peer;
  const set = (name: number, value: number) =>
    check(libc.setsockopt(fd, IPPROTO_TCP, name, int(value), 4), 'socket option');
  const sequence = (queue: number): number => {
    set(TCP_REPAIR_QUEUE, queue);
    const value = Buffer.alloc(4);
    check(libc.getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, value, int(4)), 'sequence number');
    return value.readUInt32LE(0);
  };
  set(TCP_REPAIR, 1);
  const found = { send: sequence(SEND_QUEUE), receive: sequence(RECEIVE_QUEUE) };
  set(TCP_REPAIR, TCP_REPAIR_OFF_NO_WP);
  return found;
}

/** The host forgets the connection without a word: as if it had crashed and come back. */
export function loseState(peer: Peer): void {
  check(libc.setsockopt(peer.fd, IPPROTO_TCP, TCP_REPAIR, int(1), 4), 'socket option');
  peer.close();
}

/** A listening socket that never accepts. */
export async function listenDeaf(host: Namespace, text: string, port: number, backlog: number): Promise<() => void> {
  const bytes = address(text);
  const fd = await host.within(() => {
    const made = check(libc.socket(bytes.length === 16 ? AF_INET6 : AF_INET, 1, 0), 'socket');
    const at = socketAddress(bytes, port);
    check(libc.bind(made, at, at.length), 'bind');
    check(libc.listen(made, backlog), 'listen');
    return made;
  });
  return () => libc.close(fd);
}
