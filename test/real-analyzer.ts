import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Analyzer, cli } from './live/analyzer.js';
import { inRepository } from './plugin-host/paths.js';

/**
 * Runs a command while a real analyzer answers at TCPSCOPE_URL, over the last 40 minutes of a made-up company:
 * `node --import tsx test/real-analyzer.ts COMMAND ARGUMENTS…`
 */
const folder = mkdtempSync(join(tmpdir(), 'tcpscope-real-'));
const run = (args: readonly string[]) => {
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: inRepository(''), encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`${args.join(' ')} ended with ${status}:\n${stderr}`);
  }
};
let status = 1;
try {
  const file = join(folder, 'company.pcap');
  const config = inRepository('test/traffic/company.yaml');
  const store = ['--store', join(folder, 'store'), '--config', config];
  run(['--import', 'tsx', 'test/traffic/generate.ts', '--from', 'now-40m', '--rate', '120', '-o', file]);
  run([cli, 'import', ...store, file]);
  const analyzer = await Analyzer.start(['serve', ...store, '--port', '0'], 'listens');
  const [command, ...args] = process.argv.slice(2) as [string, ...string[]];
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, TCPSCOPE_URL: analyzer.url } });
  status = await new Promise<number>((resolve) => {
    child.on('error', () => resolve(127));
    child.on('close', (code) => resolve(code ?? 1));
  });
  const { exitCode, signalCode } = analyzer.process;
  if (exitCode !== null || signalCode !== null) {
    // Every test that asked it later has failed for this reason.
    console.error(`The analyzer ended too early (${exitCode ?? signalCode}):\n${analyzer.output}`);
    status = 1;
  }
  await analyzer.stop();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = status;
