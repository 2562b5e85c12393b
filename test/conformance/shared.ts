import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Documents, captures and tools that lie beside the repository where it is developed; not part of it. */
export const shared = fileURLToPath(new URL('../../../shared/', import.meta.url));

/** Why a test that needs a part of them is left out, or false when it is there. */
export function missing(part: string): string | false {
  return existsSync(shared + part) ? false : `needs ${part} beside the repository`;
}
