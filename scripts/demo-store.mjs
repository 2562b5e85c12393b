// The store of the demo. Every demo plays its three hours anew: what the one before has stored would be counted twice.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Whether nobody uses the store any more: its lock file is empty after an orderly end, and names a dead process after a kill. */
function isLeft(lock) {
  const text = readFileSync(lock, 'utf8').trim();
  if (text === '') {
    return true;
  }
  try {
    process.kill(JSON.parse(text).pid, 0);
    return false;
  } catch (error) {
    // No such process. Anything else is somebody's process, or somebody's file.
    return error.code === 'ESRCH';
  }
}

/**
 * Removes the store of an earlier demo. A folder that is no store stays as it is, and so does a store that is in use: the
 * analyzer will say so.
 */
export function forgetLastDemo(folder) {
  const lock = join(folder, 'lock');
  if (existsSync(lock) && isLeft(lock)) {
    rmSync(folder, { recursive: true });
  }
}
