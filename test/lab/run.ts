import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Family } from './address.js';
import { work, type Specimen } from './laboratory.js';
import { removeNamespaces } from './namespace.js';
import { scenarios } from './scenarios/index.js';

const { values } = parseArgs({
  options: {
    repeats: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    family: { type: 'string', default: 'both' },
    only: { type: 'string', multiple: true },
    together: { type: 'string', default: '40' },
    output: { type: 'string', short: 'o' },
  },
});

const chosen = scenarios.filter(({ name }) => values.only === undefined || values.only.includes(name));
if (chosen.length === 0) {
  console.error(`no such scenario; there are: ${scenarios.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const families: Family[] = values.family === 'both' ? [4, 6] : [values.family === '6' ? 6 : 4];
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    removeNamespaces(`${process.pid}`);
    process.exit(1);
  });
}

const { specimens, failures } = await work({
  scenarios: chosen,
  families,
  repeats: Number(values.repeats),
  seed: Number(values.seed),
  together: Number(values.together),
  onProgress: (done, of) => {
    if (process.stderr.isTTY) {
      process.stderr.write(`\r${done} of ${of}`);
    }
  },
});
for (const failure of failures) {
  console.error(`failed: ${failure}`);
}
if (values.output !== undefined) {
  keep(specimens, values.output);
}
console.log(`${specimens.length} instances, ${failures.length} failed`);
process.exit(0);

function keep(all: readonly Specimen[], folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const { file, ...truth } of all) {
    const name = `${truth.scenario}-${truth.family}-${truth.repeat}`;
    writeFileSync(join(folder, `${name}.pcap`), file);
    writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(truth, null, 2)}\n`);
  }
}
