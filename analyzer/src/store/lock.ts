import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import koffi from 'koffi';
import { errorKinds, TcpscopeError } from '../errors.js';

/** Who holds a lock, as it says in the lock file. */
export interface Holder {
  readonly pid: number;
  /** What it runs as, for the error message of others: `tcpscope serve`. */
  readonly command: string;
  /** RFC 3339. */
  readonly since: string;
}

export interface Lock {
  release(): void;
}

// <sys/file.h>, the same on Linux and macOS.
const exclusive = 2;
const shared = 1;
const nonBlocking = 4;
const unlock = 8;

let flockOfLibc: ((fd: number, operation: number) => number) | undefined;

/**
 * flock(2) of the C library that Node itself is linked with. Node has no file locks, and a file that merely exists
 * outlives its owner: this lock ends with the process, however it ends, and holds across containers that share a volume.
 */
function flock(fd: number, operation: number): boolean {
  flockOfLibc ??= koffi.load(null).func('int flock(int, int)') as (fd: number, operation: number) => number;
  return flockOfLibc(fd, operation) === 0;
}

/** Returns the lock, or who holds it (null when the file does not say). */
export function tryLock(path: string, holder: Holder): Lock | { holder: Holder | null } {
  const fd = openSync(path, 'a+');
  if (!flock(fd, exclusive | nonBlocking)) {
    const held = readHolder(path);
    closeSync(fd);
    return { holder: held };
  }
  ftruncateSync(fd, 0);
  writeSync(fd, `${JSON.stringify(holder)}\n`);
  return {
    release() {
      ftruncateSync(fd, 0);
      flock(fd, unlock);
      closeSync(fd);
    },
  };
}

/** Whether any process holds the lock. Asking holds it shared for an instant, so `acquireLock` tries more than once. */
export function isLocked(path: string): boolean {
  const fd = openSync(path, 'a+');
  try {
    return !flock(fd, shared | nonBlocking);
  } finally {
    closeSync(fd);
  }
}

/** Tries for `patienceMs`. Throws `storeLocked`, which names the holder. */
export async function acquireLock(path: string, folder: string, holder: Holder, patienceMs = 1000): Promise<Lock> {
  const attempts = Math.max(1, Math.ceil(patienceMs / 100));
  for (let attempt = 1; ; attempt++) {
    const lock = tryLock(path, holder);
    if ('release' in lock) {
      return lock;
    }
    if (attempt === attempts) {
      const { holder: held } = lock;
      const who = held ? `process ${held.pid} (${held.command}), since ${held.since}` : 'another process';
      throw new TcpscopeError(errorKinds.storeLocked, [folder, who]);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/**
 * Does something while nobody else can hold the lock; waits for it as long as `patienceMs`.
 * @returns false when somebody else held it all that time: nothing was done
 */
export async function whileLocked(path: string, patienceMs: number, work: () => Promise<void>): Promise<boolean> {
  const fd = openSync(path, 'a+');
  try {
    for (let waited = 0; !flock(fd, exclusive | nonBlocking); waited += 100) {
      if (waited >= patienceMs) {
        return false;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await work();
    return true;
  } finally {
    closeSync(fd);
  }
}

function readHolder(path: string): Holder | null {
  try {
    const { pid, command, since } = JSON.parse(readFileSync(path, 'utf8')) as Holder;
    return { pid, command, since };
  } catch {
    return null;
  }
}
