import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { inRepository } from '../plugin-host/paths.js';

/** The package is used as an archive: its own code unpacks for functions in a cloud, and one process at a time. */
const packed = fileURLToPath(new URL('../../', import.meta.resolve('@sparticuz/chromium')));

/** A browser with all that it needs. */
export interface Unpacked {
  readonly executable: string;
  /** For a machine without the libraries and fonts of a desktop. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Unpacks the Chromium of @sparticuz/chromium, once for all tests and their processes: into a folder that gets its name when
 * it is complete, beside the package and not where others may write. Takes some seconds the first time.
 */
export function unpackChromium(): Unpacked {
  const { version } = JSON.parse(readFileSync(join(packed, 'package.json'), 'utf8')) as { version: string };
  const cache = inRepository('node_modules/.cache');
  const place = join(cache, `chromium-${version}`);
  if (!existsSync(place)) {
    mkdirSync(cache, { recursive: true });
    const own = mkdtempSync(`${place}-`);
    writeFileSync(join(own, 'chromium'), inflate('chromium.br'), { mode: 0o700 });
    extract('swiftshader.tar.br', own);
    extract('fonts.tar.br', join(own, 'fonts'));
    extract('al2023.tar.br', join(own, 'libraries'));
    writeFileSync(join(own, 'fonts.conf'), `<fontconfig><dir>${join(place, 'fonts')}</dir></fontconfig>`);
    try {
      renameSync(own, place);
    } catch (error) {
      rmSync(own, { recursive: true });
      // Another process may have been faster.
      if (!existsSync(place)) {
        throw error;
      }
    }
  }
  return {
    executable: join(place, 'chromium'),
    env: { LD_LIBRARY_PATH: join(place, 'libraries/lib'), FONTCONFIG_FILE: join(place, 'fonts.conf') },
  };
}

const inflate = (name: string) => brotliDecompressSync(readFileSync(join(packed, 'bin', name)));

function extract(name: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const { status, stderr } = spawnSync('tar', ['-x', '-C', folder], { input: inflate(name), encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`${name} of @sparticuz/chromium cannot be unpacked: ${stderr}`);
  }
}
