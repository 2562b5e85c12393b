// Runs every test of the repository, on a fresh checkout too: installs, builds, checks style and types, runs the suites.
// The last line is "N passed, N failed". What cannot run here (no Grafana, no permission to capture, no documents beside
// the repository) is named with the reason.
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { build, partNames } from './build.mjs';
import { install } from './install.mjs';
import { root, run } from './run.mjs';

const total = { passed: 0, failed: 0, skipped: [] };

/** Runs one suite; `counts` reads what its output says. */
async function suite(name, command, args, counts, env) {
  const started = Date.now();
  const { status, output } = await run(command, args, { env });
  const found = counts(output, status);
  if (status !== 0 && found.failed === 0) {
    // The runner itself failed: no test could say so.
    found.failed = 1;
  }
  total.passed += found.passed;
  total.failed += found.failed;
  total.skipped.push(...found.skipped.map((text) => `${name}: ${text}`));
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const skipped = found.skipped.length === 0 ? '' : `, ${found.skipped.length} skipped`;
  console.log(`${name}: ${found.passed} passed, ${found.failed} failed${skipped} (${seconds} s)`);
  if (found.failed > 0) {
    console.log(output.replace(/^#counts .*\n/gm, ''));
  }
}

/** A command that is right or wrong as a whole. */
const whole = (_, status) => ({ passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: [] });

function ofNode(output) {
  const counts = /^#counts (.*)$/m.exec(output);
  return counts === null ? { passed: 0, failed: 1, skipped: [] } : JSON.parse(counts[1]);
}

function ofJest(output) {
  const line = /^Tests: +(.*)$/m.exec(output)?.[1] ?? '';
  const number = (what) => Number(new RegExp(`(\\d+) ${what}`).exec(line)?.[1] ?? 0);
  return { passed: number('passed'), failed: number('failed'), skipped: Array(number('skipped')).fill('a test') };
}

/** Events of `go test -json`, one a line. */
function ofGo(output) {
  const counts = { passed: 0, failed: 0, skipped: [] };
  for (const line of output.split('\n')) {
    const event = line.startsWith('{') ? JSON.parse(line) : {};
    if (event.Test === undefined) {
      continue;
    }
    if (event.Action === 'pass') {
      counts.passed++;
    } else if (event.Action === 'fail') {
      counts.failed++;
    } else if (event.Action === 'skip') {
      counts.skipped.push(event.Test);
    }
  }
  return counts;
}

/** Files below a folder that end in .test.ts; Node 20 takes no patterns. */
function testFiles(...folders) {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts') && !name.includes('node_modules'))
      .map((name) => join(folder, name))
      .sort()
  );
}

const nodeTest = (files) => [
  '--import',
  'tsx',
  '--test',
  `--test-concurrency=${Math.min(4, availableParallelism())}`,
  '--test-reporter=./scripts/test-reporter.mjs',
  ...files,
];

try {
  await install((what) => console.log(what));
  await build(partNames, (what) => console.log(what));
} catch (error) {
  console.log(`${error.message}\n0 passed, 1 failed`);
  process.exit(1);
}
await suite('types', 'npm', ['run', '--silent', 'typecheck'], whole);
await suite('lint', 'npm', ['run', '--silent', 'lint'], whole);
await suite('format', 'npm', ['run', '--silent', 'format:check'], whole);
await suite('filter', process.execPath, nodeTest(testFiles('filter/src')), ofNode);
await suite('analyzer', process.execPath, nodeTest(testFiles('analyzer/src')), ofNode);
await suite('plugin frontend', 'npm', ['run', '--silent', 'test:ci'], ofJest, { CI: 'true' });
await suite('plugin backend', 'go', ['test', '-json', './pkg/...'], ofGo);
await suite('across rooms', process.execPath, nodeTest(testFiles('test')), ofNode);
const withAnalyzer = ['--import', 'tsx', 'test/real-analyzer.ts', process.execPath];
const plugin = ['test/plugin-host/backend.test.ts', 'test/browser/editors.test.ts', 'test/browser/dashboards.test.ts'];
await suite('plugin with the analyzer', process.execPath, [...withAnalyzer, ...nodeTest(plugin)], ofNode);
if (process.env.GRAFANA_URL) {
  await suite('Grafana', 'npm', ['run', '--silent', 'e2e'], whole);
} else {
  total.skipped.push('Grafana: tests against a running Grafana (set GRAFANA_URL to run them)');
}

if (total.skipped.length > 0) {
  console.log(`\nskipped:\n${[...new Set(total.skipped)].map((text) => `  ${text}`).join('\n')}`);
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;
