import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileSpeed } from './file-speed.js';
import { liveRing } from './live-ring.js';
import { manyConnections } from './many-connections.js';

const parts = ['file', 'live', 'connections'];
const usage = `npm run bench -- [PART…] [options]

Parts: ${parts.join(', ')} (all by default).

  --packets N    packets of the file that is read (default 6000000)
  --rounds N     rounds of reading it (default 5)
  --keep FOLDER  keep generated captures there and use them again
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    packets: { type: 'string', default: '6000000' },
    rounds: { type: 'string', default: '5' },
    keep: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});
const packets = Number(values.packets);
const rounds = Number(values.rounds);
const valid =
  [packets, rounds].every((n) => Number.isInteger(n) && n > 0) && positionals.every((p) => parts.includes(p));
if (values.help === true || !valid) {
  console.log(usage);
  process.exit(values.help === true ? 0 : 2);
}
const wanted = positionals.length === 0 ? parts : positionals;
const folder = values.keep ?? mkdtempSync(join(tmpdir(), 'tcpscope-bench-'));
try {
  if (wanted.includes('file') && !(await fileSpeed(packets, rounds, folder))) {
    process.exitCode = 1;
  }
  if (wanted.includes('live')) {
    await liveRing(folder);
  }
  if (wanted.includes('connections')) {
    manyConnections();
  }
} finally {
  if (values.keep === undefined) {
    rmSync(folder, { recursive: true, force: true });
  }
}
