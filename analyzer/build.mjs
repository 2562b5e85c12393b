// Bundles the analyzer: src/cli.ts and the files that are started on their own (src/entry-points.ts). The bundler writes the
// numbers of the flow table's layout into the code that uses them; dependencies stay outside.
import { build } from 'esbuild';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('.', import.meta.url)));
rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: [
    'cli',
    'pipeline/live-worker',
    'pipeline/file-worker',
    'pipeline/stream-worker',
    'store/engine/child',
  ].map((name) => ({
    in: `src/${name}.ts`,
    out: name,
  })),
  outdir: 'dist',
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
