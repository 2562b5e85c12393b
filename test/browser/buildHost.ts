import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { inRepository } from '../plugin-host/paths.js';

/**
 * Node gives an .mjs file that imports CommonJS the whole `module.exports` as its default; Grafana's bundler does not, and
 * @grafana/* is written for Grafana's. esbuild goes by the file's name, so those files are loaded under another one.
 */
const disguise = '.for-grafana';

/** The page's own imports are taken from `libraries`; what those import lies beside them. */
const grafanaInterop = (sources: string, libraries: string): Plugin => ({
  name: 'grafana-interop',
  setup(context) {
    context.onResolve({ filter: /.*/ }, async ({ path, pluginData, kind, importer, resolveDir }) => {
      if (pluginData === 'resolving' || kind === 'entry-point') {
        return undefined;
      }
      const own = resolveDir === sources && !path.startsWith('.');
      const from = own ? libraries : resolveDir;
      const options = { importer, resolveDir: from, kind, namespace: 'file', pluginData: 'resolving' };
      const found = await context.resolve(path, options);
      if (found.errors.length > 0) {
        return undefined;
      }
      return found.external || found.namespace !== 'file' || !found.path.endsWith('.mjs')
        ? found
        : { path: `${found.path}${disguise}`, namespace: 'grafana', sideEffects: found.sideEffects };
    });
    context.onLoad({ filter: /.*/, namespace: 'grafana' }, ({ path }) => {
      const file = path.slice(0, -disguise.length);
      return { contents: readFileSync(file, 'utf8'), loader: 'js', resolveDir: dirname(file) };
    });
  },
});

/**
 * The repository, or with GRAFANA_LIBRARIES=older a folder with the libraries of the oldest Grafana that plugin.json allows.
 * It is not installed by default (630 MB): see test/browser/older.
 */
export const grafanaLibraries =
  process.env.GRAFANA_LIBRARIES === 'older'
    ? inRepository('node_modules/.cache/tcpscope-older-grafana')
    : inRepository('');

/** A reason to skip, for node:test's `skip`. */
export const librariesMissing =
  !existsSync(join(grafanaLibraries, 'node_modules/@grafana/ui')) &&
  'the libraries of the older Grafana are not installed: see test/browser/older/README.md';

/**
 * Builds the page that stands for Grafana's frontend and returns its folder. Bundling @grafana/ui takes 5 to 12 s, so the
 * result is kept under node_modules/.cache, by a hash of the sources and of the versions of what it bundles.
 */
export async function buildHost(): Promise<string> {
  const sources = inRepository('test/browser/host');
  const libraries = grafanaLibraries;
  const hash = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url)));
  for (const file of readdirSync(sources).sort()) {
    hash.update(file).update(readFileSync(join(sources, file)));
  }
  for (const name of ['@grafana/ui', '@grafana/data', '@grafana/runtime', 'react']) {
    hash.update(readFileSync(join(libraries, `node_modules/${name}/package.json`)));
  }
  hash.update(readFileSync(inRepository('node_modules/esbuild/package.json')));
  const cache = join(libraries, 'node_modules/.cache/tcpscope-browser-host');
  const folder = join(cache, hash.digest('hex').slice(0, 16));
  if (existsSync(folder)) {
    return folder;
  }
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(cache, { recursive: true });
  await build({
    entryPoints: { main: join(sources, 'main.tsx') },
    outdir: unfinished,
    bundle: true,
    splitting: true,
    format: 'esm',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"', global: 'window' },
    loader: { '.ttf': 'file', '.woff2': 'file', '.svg': 'dataurl', '.png': 'dataurl' },
    logLevel: 'error',
    plugins: [grafanaInterop(sources, libraries)],
    tsconfig: join(sources, 'tsconfig.json'),
  });
  copyFileSync(join(sources, 'index.html'), join(unfinished, 'index.html'));
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(folder)) {
      throw error; // otherwise another test file was faster
    }
  }
  for (const old of readdirSync(cache).filter((name) => !name.includes('.') && join(cache, name) !== folder)) {
    rmSync(join(cache, old), { recursive: true, force: true });
  }
  return folder;
}
