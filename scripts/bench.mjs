// Runs the benchmarks and prints ratios: npm run bench [-- PART… --packets N --rounds N --keep FOLDER]
// The programs that are measured are bundled as the analyzer is shipped (test/bench).
import { join } from 'node:path';
import { build } from './build.mjs';
import { install } from './install.mjs';
import { root, run } from './run.mjs';

try {
  await install((what) => console.log(what));
  await build(['filter'], (what) => console.log(what));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const { bundle } = await import('../analyzer/build.mjs');
const folder = join(root, 'test/bench');
await bundle(
  ['read-file', 'read-loop', 'capture-ring', 'hold-connections'].map((name) => ({
    in: join(folder, `programs/${name}.ts`),
    out: name,
  })),
  join(folder, 'dist/bench')
);
const args = ['--import', 'tsx', 'test/bench/bench.ts', ...process.argv.slice(2)];
process.exitCode = (await run(process.execPath, args, { show: true })).status;
