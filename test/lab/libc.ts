import koffi from 'koffi';

/** Calls of the C library that Node has no other way to. Pointers are buffers. */
interface LibC {
  setns(fd: number, kind: number): number;
  open(path: string, flags: number): number;
  close(fd: number): number;
  ioctl(fd: number, request: number, argument: Buffer): number;
  read(fd: number, into: Buffer, length: number): number;
  write(fd: number, from: Buffer, length: number): number;
  poll(fds: Buffer, count: number, timeoutMs: number): number;
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Buffer, length: number): number;
  listen(fd: number, backlog: number): number;
  sendto(fd: number, from: Buffer, length: number, flags: number, to: Buffer, toLength: number): number;
  setsockopt(fd: number, level: number, name: number, value: Buffer, length: number): number;
  getsockopt(fd: number, level: number, name: number, value: Buffer, length: Buffer): number;
}

const library = koffi.load(null);

export const libc = {
  setns: library.func('int setns(int, int)'),
  open: library.func('int open(const char *, int)'),
  close: library.func('int close(int)'),
  ioctl: library.func('int ioctl(int, unsigned long, void *)'),
  read: library.func('long read(int, void *, size_t)'),
  write: library.func('long write(int, const void *, size_t)'),
  poll: library.func('int poll(void *, unsigned long, int)'),
  socket: library.func('int socket(int, int, int)'),
  bind: library.func('int bind(int, const void *, uint32_t)'),
  listen: library.func('int listen(int, int)'),
  sendto: library.func('long sendto(int, const void *, size_t, int, const void *, uint32_t)'),
  setsockopt: library.func('int setsockopt(int, int, int, const void *, uint32_t)'),
  getsockopt: library.func('int getsockopt(int, int, int, void *, void *)'),
} as LibC;

/** The result of a call, or an error with the kernel's reason when it is negative. */
export function check(result: number, what: string): number {
  if (result < 0) {
    throw new Error(`${what}: error ${koffi.errno()}`);
  }
  return result;
}

export const AF_INET = 2;
export const AF_INET6 = 10;

/** struct sockaddr_in or sockaddr_in6. */
export function socketAddress(address: Uint8Array, port: number): Buffer {
  const wide = address.length === 16;
  const made = Buffer.alloc(wide ? 28 : 16);
  made.writeUInt16LE(wide ? AF_INET6 : AF_INET, 0);
  made.writeUInt16BE(port, 2);
  made.set(address, wide ? 8 : 4);
  return made;
}

export function int(value: number): Buffer {
  const made = Buffer.alloc(4);
  made.writeInt32LE(value, 0);
  return made;
}
