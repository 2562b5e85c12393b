// Builds everything, or the parts that are named: node scripts/build.mjs [filter] [analyzer] [frontend] [backend]
// Everything is built where something it is made of is newer than what was built; dependencies are installed first.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { install } from './install.mjs';
import { root, run } from './run.mjs';

/** Folders and files that a part is made of, one file that its build writes last, and the command that builds it. */
const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
const system = process.platform === 'darwin' ? 'darwin' : 'linux';
const magefile = system === 'linux' && architecture === 'arm64' ? 'build:linuxARM64' : `build:${system}`;
const parts = {
  filter: {
    from: ['filter/src', 'filter/package.json'],
    to: 'filter/dist/index.js',
    command: ['npm', ['run', 'build', '--workspace', 'filter']],
  },
  analyzer: {
    from: ['analyzer/src', 'analyzer/build.mjs', 'analyzer/package.json', 'filter/dist'],
    to: 'analyzer/dist/cli.js',
    command: ['npm', ['run', 'build', '--workspace', 'analyzer']],
  },
  frontend: {
    from: ['src', 'filter/dist', '.config', 'CHANGELOG.md', 'package.json'],
    to: 'dist/module.js',
    command: ['npm', ['run', 'build:frontend']],
  },
  // Grafana's image has no glibc: the backend is linked statically (CGO_ENABLED=0, set by the SDK's build).
  backend: {
    from: ['pkg', 'go.mod', 'go.sum', 'Magefile.go', 'src/plugin.json'],
    to: `dist/gpx_tcpevents_${system}_${architecture}`,
    command: ['go', ['run', 'github.com/magefile/mage', magefile]],
  },
};
export const partNames = Object.keys(parts);

function newest(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) {
    return stats.mtimeMs;
  }
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function isCurrent({ from, to }) {
  const built = join(root, to);
  return existsSync(built) && from.every((path) => newest(join(root, path)) <= statSync(built).mtimeMs);
}

/** Builds parts in their order. Throws with the output of the command that fails. */
export async function build(names, say) {
  for (const name of partNames.filter((part) => names.includes(part))) {
    const part = parts[name];
    if (isCurrent(part)) {
      continue;
    }
    say(`building the ${name}`);
    const { status, output } = await run(...part.command);
    if (status !== 0) {
      throw new Error(`the ${name} was not built:\n${output}`);
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => !partNames.includes(name));
  if (unknown.length > 0) {
    console.error(`There is no part ${unknown.join(', ')}. Parts: ${partNames.join(', ')}.`);
    process.exit(2);
  }
  try {
    await install((what) => console.log(what));
    await build(names.length === 0 ? partNames : names, (what) => console.log(what));
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
