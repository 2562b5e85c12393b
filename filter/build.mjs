/**
 * Makes src/grammar/parser.js and its types from filter.peggy, and puts a copy into dist/, where tsc does not take it.
 * Files are replaced by rename, and only when they changed: several builds may run at once, and watchers stay quiet.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const grammar = join(here, 'src', 'grammar');
const peggy = join(dirname(createRequire(import.meta.url).resolve('peggy/package.json')), 'bin', 'peggy.js');

const returnTypes = {
  Filter: "import('./syntax.js').Syntax | null",
  Tokens: "readonly import('./syntax.js').Token[]",
};

/** Temporary files lie beside their target, because a rename does not cross file systems. */
function replace(path, text) {
  if (read(path) === text) {
    return;
  }
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

const scratch = mkdtempSync(join(grammar, '.build-'));
try {
  execFileSync(
    process.execPath,
    [
      peggy,
      ...['--format', 'es', '--dts', '--return-types', JSON.stringify(returnTypes)],
      ...['--allowed-start-rules', Object.keys(returnTypes).join(',')],
      ...['-o', join(scratch, 'parser.js'), join(grammar, 'filter.peggy')],
    ],
    { stdio: 'inherit' }
  );
  const dist = join(here, 'dist', 'grammar');
  mkdirSync(dist, { recursive: true });
  for (const file of ['parser.js', 'parser.d.ts']) {
    const text = readFileSync(join(scratch, file), 'utf8');
    replace(join(grammar, file), text);
    replace(join(dist, file), text);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
