import { causes, type Cause } from '../../analyzer/src/diagnose/index.js';
import type { Judged } from './analysis.js';

export interface Score {
  readonly all: number;
  readonly right: number;
  /** Said with a confidence of at least 0.8, and of these wrong. */
  readonly sure: number;
  readonly sureWrong: number;
}

const SURE = 0.8;

/** Connections that the scenario closed: whether an open one is left alone is another question. */
function closed(all: readonly Judged[]): Judged[] {
  return all.filter(({ truth }) => truth.cause !== null);
}

export function scoreOf(all: readonly Judged[]): Score {
  const counted = closed(all);
  const sure = counted.filter(({ verdict }) => (verdict?.diagnosis?.confidence ?? 0) >= SURE);
  return {
    all: counted.length,
    right: counted.filter(({ right }) => right).length,
    sure: sure.length,
    sureWrong: sure.filter(({ right }) => !right).length,
  };
}

/** Of a connection each, so that a scenario of many connections does not outweigh all others. */
export function weighted(groups: ReadonlyArray<readonly Judged[]>): Score {
  const sum = { all: 0, right: 0, sure: 0, sureWrong: 0 };
  for (const group of groups) {
    const score = scoreOf(group);
    if (score.all > 0) {
      sum.all += 1;
      sum.right += score.right / score.all;
      sum.sure += score.sure / score.all;
      sum.sureWrong += score.sureWrong / score.all;
    }
  }
  return sum;
}

/** Truth by row, what was said by column, as a Markdown table. */
export function matrixOf(all: readonly Judged[]): string {
  const counted = closed(all);
  const rows = causes.filter((cause) => counted.some(({ truth }) => truth.cause === cause));
  const columns: Array<Cause | null> = [
    ...causes.filter((cause) => counted.some(({ said, truth }) => said === cause || truth.cause === cause)),
    ...(counted.some(({ said }) => said === null) ? [null] : []),
  ];
  const cell = (truth: Cause, said: Cause | null) =>
    counted.filter((one) => one.truth.cause === truth && one.said === said).length;
  return table(
    ['truth \\ said', ...columns.map((said) => said ?? '(nothing)'), 'right'],
    rows.map((truth) => {
      const total = counted.filter((one) => one.truth.cause === truth).length;
      return [
        truth,
        ...columns.map((said) => String(cell(truth, said) || '·')),
        `${((100 * cell(truth, truth)) / total).toFixed(1)} %`,
      ];
    })
  );
}

const bounds = [0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0001] as const;

/** Whether a confidence of 0.9 is right nine times in ten. */
export function calibrationOf(all: readonly Judged[]): string {
  const counted = closed(all).filter(({ verdict }) => verdict?.diagnosis != null);
  const rows = bounds.slice(0, -1).map((from, at) => {
    const to = bounds[at + 1] as number;
    const these = counted.filter(({ verdict }) => {
      const confidence = verdict?.diagnosis?.confidence ?? 0;
      return confidence >= from && confidence < to;
    });
    const mean = these.reduce((sum, { verdict }) => sum + (verdict?.diagnosis?.confidence ?? 0), 0) / these.length;
    const right = these.filter((one) => one.right).length / these.length;
    return [
      `${from} to ${Math.min(1, to)}`,
      String(these.length),
      these.length === 0 ? '–' : mean.toFixed(3),
      these.length === 0 ? '–' : right.toFixed(3),
    ];
  });
  return table(['confidence', 'connections', 'mean confidence', 'share right'], rows);
}

/** Matrix, calibration and scores for the docs, in Markdown. */
export function accuracyOf(
  instances: ReadonlyArray<{ readonly family: 4 | 6; readonly judged: readonly Judged[] }>
): string {
  const every = instances.flatMap(({ judged }) => judged);
  const scores = ([4, 6] as const).flatMap((family) => {
    const these = instances.filter((one) => one.family === family).map(({ judged }) => judged);
    const rows: ReadonlyArray<readonly [string, Score]> = [
      ['by connection', scoreOf(these.flat())],
      ['by instance', weighted(these)],
    ];
    return rows.map(([how, { all, right, sure, sureWrong }]) => {
      const share = (part: number) => (all === 0 ? '–' : `${((100 * part) / all).toFixed(1)} %`);
      return [`IPv${family}, ${how}`, String(all), share(right), share(sure), share(sureWrong)];
    });
  });
  return [
    table(['', 'all', 'right', `confidence ${SURE} or more`, 'of all: sure and wrong'], scores),
    matrixOf(every),
    calibrationOf(every),
  ].join('\n\n');
}

export function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const widths = head.map((text, at) => Math.max(text.length, ...rows.map((row) => (row[at] ?? '').length)));
  const line = (cells: readonly string[]) => `| ${cells.map((text, at) => text.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
