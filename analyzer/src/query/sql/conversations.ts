import {
  referencedFields,
  type Counter,
  type Dimension,
  type Distinct,
  type Expression,
  type Field,
  type Histogram,
} from '@tcpscope/filter';
import { conversationKey, countedBy, foundIn, ingredientsOf } from '../names.js';
import { distinctColumn, grouping, tableRows } from './levels.js';

/** What tells conversations apart: client, server and port, and whatever else the query names. */
export function conversationOf(having: Expression, groupBy: readonly Dimension[]): Dimension[] {
  return [...new Set([...conversationKey, ...groupBy, ...namedBy(having)])];
}

function namedBy(having: Expression): Dimension[] {
  return referencedFields(having).filter((field) => field.kind === 'dimension');
}

/** Stored fields. */
export interface Needs {
  readonly dimensions: readonly Dimension[];
  readonly counters: readonly Counter[];
  readonly distincts: readonly Distinct[];
  readonly histograms: readonly Histogram[];
}

/** What must be added up for some fields. */
export function neededFor(fields: readonly Field[], dimensions: readonly Dimension[]): Needs {
  const { counters, distincts, times } = ingredientsOf(fields);
  return { dimensions, counters, distincts, histograms: [...new Set(times.map(foundIn))] };
}

/** What a condition on sums needs. */
export function askedBy(having: Expression): Needs {
  return neededFor(referencedFields(having), namedBy(having));
}

export function together(...all: readonly Needs[]): Needs {
  const unique = <T>(items: readonly T[]) => [...new Set(items)];
  return {
    dimensions: unique(all.flatMap(({ dimensions }) => dimensions)),
    counters: unique(all.flatMap(({ counters }) => counters)),
    distincts: unique(all.flatMap(({ distincts }) => distincts)),
    histograms: unique(all.flatMap(({ histograms }) => histograms)),
  };
}

/** Columns of the tables that are read for it. */
export function columnsOf({ dimensions, counters, distincts, histograms }: Needs): string[] {
  return [
    ...new Set([...dimensions, ...distincts.map(countedBy), ...counters, ...histograms].map(({ column }) => column)),
  ];
}

/** Adds the rows of a source up by a key; every need becomes a column with the prefix `c_`, and `c_rows` counts rows. */
export function addUp(source: string, key: readonly Dimension[], needs: Needs): string {
  const { by, read } = grouping(tableRows, key);
  const columns = [
    'count() AS c_rows',
    ...needs.dimensions.map(
      (each) => `${key.includes(each) ? read(each) : tableRows.dimension(each)} AS c_${each.column}`
    ),
    ...needs.counters.map((each) => `${tableRows.counter(each)} AS c_${each.column}`),
    ...needs.distincts.map((each) => `${tableRows.distinct(each)} AS ${distinctColumn(each)}`),
    ...needs.histograms.map((each) => `${tableRows.histogram(each)} AS c_${each.column}`),
  ];
  const lines = [`SELECT ${columns.join(', ')}`, `FROM ${source}`, ...(key.length === 0 ? [] : [`GROUP BY ${by}`])];
  return `(\n${lines.join('\n')}\n)`;
}
