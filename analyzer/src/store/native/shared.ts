import type { Counter } from '@tcpscope/filter';
import type { Batch, CounterColumn } from '../../flow/batch.js';
import type { Enrichment } from '../../enrich/index.js';
import type { ColumnWriter } from './columns.js';
import { constant, enrichRows, NameTables } from './enriched.js';
import { rowsOf, type RowContext, type Slice } from './rows.js';
import { toUint64, type NativeWriter } from './writer.js';

/** Column writers for what rows of both kinds have: addresses, port, names, probe, counters, time of insertion. */
export function sharedWriters<B extends Batch>(
  slices: ReadonlyArray<Slice<B>>,
  counters: readonly Counter[],
  context: RowContext,
  enrichment: Enrichment,
  vlanOf: (batch: B, row: number) => number
): Map<string, ColumnWriter> {
  const rows = rowsOf(slices);
  const names = enrichRows(slices, enrichment, vlanOf);
  const tables = tablesOf(enrichment);
  const writers = new Map<string, ColumnWriter>([
    ['client_ip', (w) => each(slices, ({ batch, from, to }) => w.raw(batch.clientIp.subarray(16 * from, 16 * to)))],
    ['server_ip', (w) => each(slices, ({ batch, from, to }) => w.raw(batch.serverIp.subarray(16 * from, 16 * to)))],
    ['server_port', (w) => each(slices, ({ batch, from, to }) => w.raw(batch.serverPort.subarray(from, to)))],
    ['application', (w) => w.dictionary(names.application, tables.application)],
    ['client_zone', (w) => w.dictionary(names.clientZone, tables.zone)],
    ['server_zone', (w) => w.dictionary(names.serverZone, tables.zone)],
    ['probe', (w) => constant(w, context.probe, rows)],
    ['inserted', (w) => w.raw(new Uint32Array(rows).fill(context.inserted))],
  ]);
  counters.forEach((counter, at) => {
    if (counter.unknown) {
      writers.set(counter.column, (w) => writeUnknown(w, slices, at));
      return;
    }
    writers.set(counter.column, (w) =>
      each(slices, ({ batch, from, to }) => {
        const values: CounterColumn = batch.counters[at]!.subarray(from, to);
        w.raw(counter.storage === 'u64' ? toUint64(values) : asUint32(values));
      })
    );
  });
  return writers;
}

/** A counter that may be unknown: which values are missing, for all rows, then the values. */
function writeUnknown<B extends Batch>(writer: NativeWriter, slices: ReadonlyArray<Slice<B>>, at: number): void {
  const values = slices.map(({ batch, from, to }) => batch.counters[at]!.subarray(from, to));
  values.forEach((some) => writer.raw(Uint8Array.from(some, (value) => (Number.isNaN(value) ? 1 : 0))));
  values.forEach((some) => writer.raw(toUint64(some.map((value) => (Number.isNaN(value) ? 0 : value)))));
}

export function each<B extends Batch>(slices: ReadonlyArray<Slice<B>>, visit: (slice: Slice<B>) => void): void {
  slices.forEach(visit);
}

function asUint32(values: CounterColumn): Uint32Array {
  return values instanceof Uint32Array ? values : Uint32Array.from(values);
}

const tables = new WeakMap<Enrichment, NameTables>();

function tablesOf(enrichment: Enrichment): NameTables {
  const known = tables.get(enrichment) ?? new NameTables(enrichment);
  tables.set(enrichment, known);
  return known;
}
