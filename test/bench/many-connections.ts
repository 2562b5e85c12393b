import { execFileSync } from 'node:child_process';
import type { Held } from './programs/hold-connections.js';
import { program } from './run.js';

const CONNECTIONS = 2_000_000;
const TARGET_MB = 600;

/** Memory of so many connections at once, on top of that of the process before the first packet. */
export function manyConnections(): void {
  console.log(`Memory: ${CONNECTIONS.toLocaleString('en')} connections open at once, a fifth of them over IPv6`);
  const output = execFileSync(process.execPath, [program('hold-connections'), String(CONNECTIONS)], {
    encoding: 'utf8',
  });
  const { idle, most, live, evicted, windowRows } = JSON.parse(output) as Held;
  const megabytes = (most - idle) / 1e6;
  console.log(
    `  held ${live.toLocaleString('en')}, evicted ${evicted}, window rows ${windowRows.toLocaleString('en')}`
  );
  console.log(
    `  at most ${megabytes.toFixed(0)} MB above idle (target <= ${TARGET_MB}), ratio ${(megabytes / TARGET_MB).toFixed(2)}`
  );
}
