// Bundles the analyzer: src/cli.ts and the files that are started on their own (src/entry-points.ts). The bundler writes the
// numbers of the flow table's layout into the code that uses them; dependencies stay outside.
import { build } from 'esbuild';
import { rmSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Files that the analyzer starts on their own, as worker threads or child processes. */
const started = [
  'pipeline/live-worker',
  'pipeline/file-worker',
  'pipeline/stream-worker',
  'query/findings/worker',
  'store/engine/child',
].map((name) => ({ in: `${here}src/${name}.ts`, out: name }));

/**
 * Bundles programs, together with what the analyzer starts on its own, the way the analyzer itself is bundled: for
 * benchmarks and tests that must run the code that is shipped.
 * @param programs source files and, without ".js", where each goes in `outdir`
 * @param outdir must lie within the repository, so that dependencies are found; it is emptied
 */
export async function bundle(programs, outdir) {
  rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: [...programs, ...started],
    outdir,
    absWorkingDir: here,
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    minifySyntax: true,
    sourcemap: true,
    logLevel: 'warning',
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await bundle([{ in: `${here}src/cli.ts`, out: 'cli' }], `${here}dist`);
}
