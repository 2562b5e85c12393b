import koffi from 'koffi';
import { errorKinds, TcpscopeError } from '../../errors.js';

/** The calls of the C library that the ring needs. Buffers are passed as they are; pointers are BigInt. */
export interface LibC {
  socket(domain: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, name: number, value: Buffer, length: number): number;
  getsockopt(fd: number, level: number, name: number, value: Buffer, length: Buffer): number;
  mmap(address: null, length: number, protection: number, flags: number, fd: number, offset: number): bigint;
  munmap(address: bigint, length: number): number;
  bind(fd: number, address: Buffer, length: number): number;
  poll(fds: Buffer, count: number, timeoutMs: number): number;
  close(fd: number): number;
  if_nametoindex(name: string): number;
  strerror(errno: number): string;
}

let loaded: LibC | undefined;

/** Loads the C library at first use. Throws TCPS_E_CAPTURE_UNSUPPORTED where there are no packet sockets. */
export function libc(): LibC {
  if (loaded !== undefined) {
    return loaded;
  }
  if (process.platform !== 'linux') {
    throw new TcpscopeError(errorKinds.captureUnsupported);
  }
  const library = koffi.load(null);
  loaded = {
    socket: library.func('int socket(int, int, int)'),
    setsockopt: library.func('int setsockopt(int, int, int, const void *, uint32_t)'),
    getsockopt: library.func('int getsockopt(int, int, int, void *, void *)'),
    mmap: library.func('void *mmap(void *, size_t, int, int, int, int64_t)'),
    munmap: library.func('int munmap(void *, size_t)'),
    bind: library.func('int bind(int, const void *, uint32_t)'),
    poll: library.func('int poll(void *, unsigned long, int)'),
    close: library.func('int close(int)'),
    if_nametoindex: library.func('unsigned int if_nametoindex(const char *)'),
    strerror: library.func('const char *strerror(int)'),
  } as LibC;
  return loaded;
}

export const errno = {
  EPERM: 1,
  EINTR: 4,
  ENODEV: 19,
  EACCES: 13,
  ENETDOWN: 100,
} as const;

/** The number and text of the last failed call. */
export function lastError(): { number: number; text: string } {
  const number = koffi.errno();
  return { number, text: libc().strerror(number) };
}

/** A view of memory that C code has mapped. It must not be used after the memory is unmapped. */
export function viewOf(address: bigint, length: number): ArrayBuffer {
  return koffi.view(address, length);
}

/** Address of a buffer, for structures that point to another one. The buffer must outlive the call. */
export function addressOf(buffer: Buffer): bigint {
  return koffi.address(buffer);
}
