import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A path below the repository's root. */
export const inRepository = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Where the build puts the plugin. */
export const pluginFolder = inRepository('dist');

const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
const system = process.platform === 'win32' ? 'windows' : process.platform;

/** The backend for this machine, or why tests that need it cannot run. */
export const backendBinary = `${pluginFolder}/gpx_tcpevents_${system}_${architecture}${system === 'windows' ? '.exe' : ''}`;

/** A reason to skip, for node:test's `skip`; false when everything is there. */
export function missing(...needs: Array<'backend' | 'frontend'>): string | false {
  if (needs.includes('backend') && !existsSync(backendBinary)) {
    return 'the backend is not built: npm run build:backend';
  }
  if (needs.includes('frontend') && !existsSync(`${pluginFolder}/module.js`)) {
    return 'the frontend is not built: npm run build:frontend';
  }
  return false;
}
