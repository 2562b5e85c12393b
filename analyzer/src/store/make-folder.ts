import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it. Node's own recursive `mkdir` never returns where the system says of every try that there
 * is no such folder, as below /proc; here the second answer of that kind is an error.
 * @param above whether the folders above exist
 */
export async function makeFolder(path: string, mode: number, above = false): Promise<void> {
  try {
    await mkdir(path, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) {
      return;
    }
    if (code !== 'ENOENT' || above || dirname(path) === path) {
      throw error;
    }
    await makeFolder(dirname(path), mode);
    await makeFolder(path, mode, true);
  }
}
