import { workerData } from 'node:worker_threads';
import { check, libc } from './libc.js';
import type { LinkOptions } from './link.js';

const O_RDWR = 2;
const O_NONBLOCK = 0x800;
const TUNSETIFF = 0x400454ca;
const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;
const CLONE_NEWNET = 0x40000000;
const POLLIN = 1;
const LONGEST_POLL = 20;

/** A packet on its way. Times in milliseconds of `performance`. */
interface Underway {
  readonly due: number;
  readonly to: number;
  readonly packet: Buffer;
}

const options = workerData as LinkOptions;
const control = new Int32Array(options.control);
const delays = new Int32Array(options.delays);
const losses = new Int32Array(options.losses);

function openTun(namespace: string): number {
  const home = check(libc.open('/proc/thread-self/ns/net', 0), 'open own namespace');
  const away = check(libc.open(`/run/netns/${namespace}`, 0), `open ${namespace}`);
  check(libc.setns(away, CLONE_NEWNET), `enter ${namespace}`);
  const fd = check(libc.open('/dev/net/tun', O_RDWR | O_NONBLOCK), 'open /dev/net/tun');
  const request = Buffer.alloc(40);
  request.write(options.device, 'latin1');
  request.writeUInt16LE(IFF_TUN | IFF_NO_PI, 16);
  check(libc.ioctl(fd, TUNSETIFF, request), 'make the tunnel device');
  check(libc.setns(home, CLONE_NEWNET), 'leave namespace');
  libc.close(home);
  libc.close(away);
  return fd;
}

/** Number of the instance: the last two bytes of the client's address, which is the near end's. */
function instanceOf(packet: Buffer, fromNear: boolean): number {
  const wide = packet.readUInt8(0) >> 4 === 6;
  const address = wide ? (fromNear ? 8 : 24) : fromNear ? 12 : 16;
  return packet.readUInt16BE(address + (wide ? 14 : 2));
}

const near = openTun(options.near);
const far = openTun(options.far);
const ends = [near, far] as const;
const polled = Buffer.alloc(16);
polled.writeInt32LE(near, 0);
polled.writeInt16LE(POLLIN, 4);
polled.writeInt32LE(far, 8);
polled.writeInt16LE(POLLIN, 12);
const buffer = Buffer.alloc(65536);
const queue: Underway[] = [];

function add(item: Underway): void {
  let at = queue.length;
  while (at > 0 && (queue[at - 1] as Underway).due > item.due) {
    at--;
  }
  queue.splice(at, 0, item);
}

function take(from: 0 | 1): void {
  for (let i = 0; i < 64; i++) {
    const length = libc.read(ends[from], buffer, buffer.length);
    if (length <= 0) {
      return;
    }
    const packet = Buffer.from(buffer.subarray(0, length));
    const instance = instanceOf(packet, from === 0);
    if (Math.random() * 1000 >= (losses[instance] as number)) {
      add({ due: performance.now() + (delays[instance] as number) / 1000, to: ends[1 - from] as number, packet });
    }
  }
}

Atomics.store(control, 0, 1);
Atomics.notify(control, 0);
while (Atomics.load(control, 1) === 0) {
  const wait = queue.length === 0 ? LONGEST_POLL : Math.max(0, (queue[0] as Underway).due - performance.now());
  polled.writeInt16LE(0, 6);
  polled.writeInt16LE(0, 14);
  libc.poll(polled, 2, Math.min(LONGEST_POLL, Math.round(wait)));
  take(0);
  take(1);
  const now = performance.now();
  let sent = 0;
  while (sent < queue.length && (queue[sent] as Underway).due <= now) {
    const { to, packet } = queue[sent++] as Underway;
    libc.write(to, packet, packet.length);
  }
  queue.splice(0, sent);
}
libc.close(near);
libc.close(far);
