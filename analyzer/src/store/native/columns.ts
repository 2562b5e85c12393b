import type { Column } from '../schema/tables.js';
import type { NativeWriter } from './writer.js';

/** The type under which a column is sent: the engine builds dictionaries and aggregate states itself. */
export function wireType({ type }: Column): string {
  const inner = /^(?:LowCardinality\((.*)\)|SimpleAggregateFunction\(\w+, (.*)\))$/.exec(type);
  return inner ? (inner[1] ?? inner[2])! : type;
}

/** Writes the values of one column for all rows of a block. */
export type ColumnWriter = (writer: NativeWriter) => void;

/** Writes the columns in the order of the schema. Throws when the schema has a column nobody writes. */
export function writeColumns(
  writer: NativeWriter,
  columns: readonly Column[],
  writers: Map<string, ColumnWriter>
): void {
  for (const column of columns) {
    const write = writers.get(column.name);
    if (write === undefined) {
      throw new TypeError(`rows have no column ${column.name}`);
    }
    writer.column(column.name, wireType(column));
    write(writer);
  }
}
