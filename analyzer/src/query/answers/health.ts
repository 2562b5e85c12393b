import type { StoreStats } from '../../store/stats.js';
import type { Column, TableAnswer } from '../answer.js';
import type { CaptureStatus } from '../capture-status.js';
import { captureNumbers, storeNumbers, undecodedNumber, type HealthNumber } from '../health-numbers.js';
import type { HealthQuestion } from '../question.js';

type Described = Pick<HealthNumber<never>, 'name' | 'unit' | 'summary'>;

function column({ name, unit, summary }: Described, value: number | null, labels?: Column['labels']): Column {
  const base: Column = { name, field: null, type: 'number', values: [value], summary, unit };
  return labels === undefined ? base : { ...base, labels };
}

function ofCapture(capture: CaptureStatus, now: number): Column[] {
  const labels = { interface: capture.interface };
  return [
    ...captureNumbers.map((each) => column(each, each.of(capture, now), labels)),
    ...Object.entries(capture.packets.undecoded).map(([reason, packets]) =>
      column(undecodedNumber, packets, { ...labels, reason })
    ),
  ];
}

/**
 * One row that says what limits all other numbers; what is not known is null. An alert rule can use it when it chooses one
 * number, because numbers of one interface have the same labels. `now` in milliseconds since 1970.
 */
export function answerHealth(
  { kind, numbers, notices }: HealthQuestion,
  captures: readonly CaptureStatus[],
  store: StoreStats,
  now: number
): TableAnswer {
  const all = [
    ...captures.flatMap((capture) => ofCapture(capture, now)),
    ...storeNumbers.map((each) => column(each, each.of(store, now))),
  ];
  const columns = numbers.length === 0 ? all : all.filter(({ name }) => numbers.includes(name));
  return { shape: 'table', kind, columns, rows: 1, more: false, notices, statements: [] };
}
