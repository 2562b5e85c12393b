import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openTestStore, rowsOf, testConfig, until } from './store-fixture.js';
const rows = 300; const out = process.argv[2]!;
const config = testConfig();
const start = 1_700_000_000;
for (let life = 0; life < 60; life++) {
  const from = start + life * 100_000;
  const script = fileURLToPath(new URL('./store-process-fixture.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify({ mode: 'write', config, from, rows })], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: any[] = [];
  createInterface({ input: child.stdout! }).on('line', (l) => lines.push(JSON.parse(l)));
  const ended = new Promise((r) => child.once('close', r));
  await until('w', () => lines.length > 4 + (life % 9));
  await new Promise((r) => setTimeout(r, Math.random() * 60));
  child.kill('SIGKILL');
  await ended;
  const pid = lines[0].engine;
  await until('gone', () => { try { process.kill(pid, 0); return false; } catch { return true; } });
  rmSync(out + '/before', { recursive: true, force: true });
  cpSync(config.folder, out + '/before', { recursive: true, force: true });
  const store = await openTestStore(config);
  await store.flush();
  const a = (await rowsOf(store, 'SELECT toUnixTimestamp(ts) t, count() FROM conv_10s GROUP BY t ORDER BY t'));
  const conn = await rowsOf(store, 'SELECT count(), uniqExact(id) FROM connections');
  const sums: any = {};
  for (const t of ['conv_10s', 'conv_1m', 'conv_1h', 'conv_1d'])
    sums[t] = JSON.stringify(await rowsOf(store, `SELECT sum(packets_clt), sum(packets_srv) FROM ${t}`));
  console.log(life, a.length, a.filter(([, n]) => n !== rows).length, JSON.stringify(conn), JSON.stringify(sums));
  if (new Set(Object.values(sums)).size > 1 || conn[0]![0] !== conn[0]![1]) {
    console.log(JSON.stringify(await rowsOf(store, "SELECT name, data_paths[1] FROM system.tables WHERE database='tcpscope'")));
    await store.stop();
    cpSync(config.folder, out + '/after', { recursive: true });
    console.log('MISMATCH'); break;
  }
  await store.stop();
}
process.exit(0);
