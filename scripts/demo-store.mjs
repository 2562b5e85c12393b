// The store of the demo. Every demo plays its three hours anew: what the one before has stored would be counted twice.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Whether the process that the lock file names is alive. Empty after an orderly end, left behind after a kill. */
function isOwned(lock) {
  const text = readFileSync(lock, 'utf8').trim();
  if (text === '') {
    return false;
  }
  try {
    process.kill(JSON.parse(text).pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/**
 * Removes the store of an earlier demo. A folder that is no store stays as it is, and so does a store that is in use: the
 * analyzer will say so.
 */
export function forgetLastDemo(folder) {
  const lock = join(folder, 'lock');
  if (existsSync(lock) && !isOwned(lock)) {
    rmSync(folder, { recursive: true });
  }
}
