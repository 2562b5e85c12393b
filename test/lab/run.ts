import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Family } from './address.js';
import { judge } from './analysis.js';
import { accuracyOf, calibrationOf, matrixOf, scoreOf, weighted, type Score } from './matrix.js';
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
    doubts: { type: 'boolean', default: false },
    smallest: { type: 'boolean', default: false },
    // Writes the tables of docs/diagnosis.md: `--accuracy test/lab/accuracy.md`, then `npm run docs`.
    accuracy: { type: 'string' },
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
  keep(values.smallest ? smallestOf(specimens) : specimens, values.output);
}
report(specimens);
console.log(`${specimens.length} instances, ${failures.length} failed`);
process.exit(0);

function report(all: readonly Specimen[]): void {
  const judged = all.map((specimen) => ({ specimen, judged: judge(specimen.file, specimen.truths) }));
  const every = judged.flatMap((one) => one.judged);
  if (values.accuracy !== undefined) {
    const instances = judged.map((one) => ({ family: one.specimen.family, judged: one.judged }));
    writeFileSync(values.accuracy, `${accuracyOf(instances)}\n`);
  }
  console.log(`${matrixOf(every)}\n\n${calibrationOf(every)}\n`);
  for (const family of [4, 6]) {
    const these = judged.filter(({ specimen }) => specimen.family === family);
    if (these.length > 0) {
      print(`IPv${family}, connections`, scoreOf(these.flatMap((one) => one.judged)));
      print(`IPv${family}, instances`, weighted(these.map((one) => one.judged)));
    }
  }
  for (const { specimen, judged: list } of judged) {
    const wrong = list.filter(
      ({ right, verdict }) => !right || (values.doubts && (verdict?.diagnosis?.confidence ?? 1) < 0.8)
    );
    for (const { truth, said, verdict } of wrong.slice(0, 3)) {
      const { scenario, family, repeat, vantage } = specimen;
      const confidence = verdict?.diagnosis?.confidence.toFixed(2) ?? '';
      console.log(
        `${scenario}-${family}-${repeat} (${vantage}) ${truth.clientPort}: ${truth.cause}, said ${said} ${confidence}` +
          `${verdict === null ? ', not seen' : ` [${verdict.facts.close}] ${verdict.rules().join(' ')}`}`
      );
    }
  }
}

function print(what: string, { all, right, sure, sureWrong }: Score): void {
  const share = (part: number) => `${((100 * part) / all).toFixed(1)} %`;
  console.log(
    `${what}: ${share(right)} right, ${share(sure)} with confidence of 0.8 or more, ${share(sureWrong)} sure and wrong`
  );
}

/** Of each scenario and family the instance with the shortest capture that shows all its connections. */
function smallestOf(all: readonly Specimen[]): Specimen[] {
  const best = new Map<string, Specimen>();
  for (const specimen of all) {
    const key = `${specimen.scenario}-${specimen.family}`;
    const shown = judge(specimen.file, specimen.truths).every(({ verdict }) => verdict !== null);
    if (shown && specimen.file.length < (best.get(key)?.file.length ?? Infinity)) {
      best.set(key, specimen);
    }
  }
  return [...best.values()].map((specimen) => ({ ...specimen, repeat: 0 }));
}

function keep(all: readonly Specimen[], folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const { file, ...truth } of all) {
    const name = `${truth.scenario}-${truth.family}${truth.repeat === 0 ? '' : `-${truth.repeat}`}`;
    writeFileSync(join(folder, `${name}.pcap`), file);
    writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(truth, null, 2)}\n`);
  }
}
