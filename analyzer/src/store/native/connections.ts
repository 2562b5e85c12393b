import { causes, closeClasses, resetStages, zeekStates } from '@tcpscope/filter';
import {
  connectionCounters,
  connectionFlags,
  historyLength,
  vlanDepth,
  type ConnectionBatch,
} from '../../flow/batch.js';
import type { Enrichment } from '../../enrich/index.js';
import { packFacts } from './facts.js';
import { storedColumns, type Table } from '../schema/tables.js';
import { writeColumns, type ColumnWriter } from './columns.js';
import { constant } from './enriched.js';
import { rowsOf, type ConnectionSlice, type DiagnosableBatch, type RowContext } from './rows.js';
import { each, sharedWriters } from './shared.js';
import { encodeString, NativeWriter } from './writer.js';

const encoded = (values: readonly string[]) => values.map(encodeString);
const closes = encoded(closeClasses);
const states = encoded(zeekStates);
const stages = encoded(['', ...resetStages]);
const sides = encoded(['', 'client', 'server']);
const roles = encoded(['guess', 'certain']);
const causeNames = encoded(['', ...causes]);

/** Finished connections as a block for `connections`. */
export function encodeConnections(
  table: Table,
  slices: readonly ConnectionSlice[],
  context: RowContext,
  enrichment: Enrichment
): Uint8Array {
  const columns = storedColumns(table);
  const rows = rowsOf(slices);
  const vlanOf = (batch: ConnectionBatch, row: number) => batch.vlans[vlanDepth * row]!;
  const writers = sharedWriters(slices, connectionCounters, context, enrichment, vlanOf);

  const indexed =
    (column: 'close' | 'state' | 'stage' | 'closer' | 'aborter', table: readonly Uint8Array[]): ColumnWriter =>
    (w) =>
      each(slices, ({ batch, from, to }) => w.dictionary(batch[column].subarray(from, to), table));
  const flag =
    (bit: number): ColumnWriter =>
    (w) =>
      each(slices, ({ batch, from, to }) => w.raw(flagOf(batch.flags.subarray(from, to), bit)));

  writers.set('client_port', (w) => each(slices, ({ batch, from, to }) => w.raw(batch.clientPort.subarray(from, to))));
  writers.set('vlan', (w) =>
    each(slices, ({ batch, from, to }) => {
      w.raw(Uint16Array.from({ length: to - from }, (_, i) => vlanOf(batch, from + i)));
    })
  );
  writers.set('vlans', (w) => writeVlans(w, slices));
  writers.set('start', (w) => {
    each(slices, ({ batch, from, to }) => w.raw(instants(batch.startSeconds, batch.startNanos, from, to)));
  });
  writers.set('end', (w) => {
    each(slices, ({ batch, from, to }) => w.raw(instants(batch.endSeconds, batch.endNanos, from, to)));
  });
  writers.set('close', indexed('close', closes));
  writers.set('state', indexed('state', states));
  writers.set('stage', indexed('stage', stages));
  writers.set('closer', indexed('closer', sides));
  writers.set('aborter', indexed('aborter', sides));
  writers.set('history', (w) => {
    each(slices, ({ batch, from, to }) =>
      w.slots(batch.history.subarray(historyLength * from, historyLength * to), historyLength)
    );
  });
  writers.set('role', (w) => {
    each(slices, ({ batch, from, to }) =>
      w.dictionary(flagOf(batch.flags.subarray(from, to), connectionFlags.roleCertain), roles)
    );
  });
  writers.set('midstream', flag(connectionFlags.midstream));
  writers.set('oneway', flag(connectionFlags.oneway));
  writers.set('ct', (w) => writeNullable(w, slices, ({ ct }) => ct, 1e6));
  writers.set('rtt_clt', (w) => writeNullable(w, slices, ({ rttClient }) => rttClient, 1e6));
  writers.set('cause', (w) => writeCauses(w, slices, 'cause'));
  writers.set('confidence', (w) => writeNullable(w, slices, ({ verdicts }) => verdicts?.confidence));
  writers.set('rival_cause', (w) => writeCauses(w, slices, 'rival'));
  writers.set('rival_confidence', (w) => writeNullable(w, slices, ({ verdicts }) => verdicts?.rivalConfidence));
  writers.set('silence', (w) => writeNullable(w, slices, ({ verdicts }) => verdicts?.silence));
  writers.set('facts', (w) => writeWords(w, slices, packFacts));
  writers.set('packets', (w) =>
    writeWords(w, slices, ({ packets }, row, words) => packets?.get(row)?.forEach((word) => words.push(word)))
  );
  writers.set('poor_feed', (w) =>
    each(slices, ({ batch, from, to }) => {
      if (batch.verdicts === undefined) {
        constant(w, '', to - from);
      } else {
        const { poorFeed, poorFeeds } = batch.verdicts;
        w.dictionary(poorFeed.subarray(from, to), encoded(['', ...poorFeeds]));
      }
    })
  );

  const writer = new NativeWriter(columns.length, rows, 4096 + rows * 400);
  writeColumns(writer, columns, writers);
  return writer.finish();
}

/** 1 where the bit is set, else 0. */
function flagOf(flags: Uint8Array, bit: number): Uint8Array {
  return flags.map((value) => ((value & bit) === 0 ? 0 : 1));
}

/** Seconds and nanoseconds as 64-bit nanoseconds since 1970, the lower word first. */
function instants(seconds: Uint32Array, nanos: Uint32Array, from: number, to: number): Uint32Array {
  const words = new Uint32Array(2 * (to - from));
  for (let row = from; row < to; row++) {
    // seconds × 10^9 does not fit a double: multiply 16 bits at a time.
    const s = seconds[row]!;
    const low = (s & 0xffff) * 1e9 + nanos[row]!;
    const high = (s >>> 16) * 1e9 + Math.floor(low / 65_536);
    words[2 * (row - from)] = (high & 0xffff) * 65_536 + (low % 65_536);
    words[2 * (row - from) + 1] = Math.floor(high / 65_536);
  }
  return words;
}

/** Array(UInt16): for each row the end of its values, then all values. */
function writeVlans(writer: NativeWriter, slices: readonly ConnectionSlice[]): void {
  const ends = new Uint32Array(2 * rowsOf(slices));
  const values: number[] = [];
  let at = 0;
  each(slices, ({ batch, from, to }) => {
    for (let row = from; row < to; row++) {
      const tags = Math.min(batch.vlanCount[row]!, vlanDepth);
      for (let tag = 0; tag < tags; tag++) {
        values.push(batch.vlans[vlanDepth * row + tag]!);
      }
      ends[2 * at++] = values.length;
    }
  });
  writer.raw(ends);
  writer.raw(Uint16Array.from(values));
}

/** Nullable(Float64): for each row whether it is null (NaN, or no column), then all values, divided by `scale`. */
function writeNullable(
  writer: NativeWriter,
  slices: readonly ConnectionSlice[],
  column: (batch: DiagnosableBatch) => Float64Array | undefined,
  scale = 1
): void {
  const values = (slice: ConnectionSlice) =>
    column(slice.batch)?.subarray(slice.from, slice.to) ?? new Float64Array(slice.to - slice.from).fill(NaN);
  each(slices, (slice) => writer.raw(Uint8Array.from(values(slice), (value) => (Number.isNaN(value) ? 1 : 0))));
  each(slices, (slice) => writer.raw(values(slice).map((value) => (Number.isNaN(value) ? 0 : value / scale))));
}

function writeCauses(writer: NativeWriter, slices: readonly ConnectionSlice[], which: 'cause' | 'rival'): void {
  each(slices, ({ batch, from, to }) =>
    writer.dictionary(batch.verdicts?.[which].subarray(from, to) ?? new Uint8Array(to - from), causeNames)
  );
}

/**
 * Array(Int32): for each row the end of its words, then all words.
 * @param append adds the words of a row
 */
function writeWords(
  writer: NativeWriter,
  slices: readonly ConnectionSlice[],
  append: (batch: ConnectionSlice['batch'], row: number, words: number[]) => void
): void {
  const ends = new Uint32Array(2 * rowsOf(slices));
  const words: number[] = [];
  let at = 0;
  each(slices, ({ batch, from, to }) => {
    for (let row = from; row < to; row++) {
      append(batch, row, words);
      ends[2 * at++] = words.length;
    }
  });
  writer.raw(ends);
  writer.raw(Int32Array.from(words));
}
