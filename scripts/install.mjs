// Installs the dependencies of the lock file when they are not there or the lock file is newer.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './run.mjs';

/** Whether what is installed is what the lock file names: npm writes its own copy of it at the end of an installation. */
function installed() {
  const written = join(root, 'node_modules/.package-lock.json');
  return existsSync(written) && statSync(written).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

/** Throws when npm fails, with what it said. */
export async function install(say) {
  if (installed()) {
    return;
  }
  say('installing dependencies (npm ci)');
  const { status, output } = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel', 'error']);
  if (status !== 0) {
    throw new Error(`npm ci failed:\n${output}`);
  }
}
