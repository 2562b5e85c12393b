import fc from 'fast-check';
import { enumeration, fieldsOf, isOfTimes, type FilterValue, type RowKind, type StoredField } from '../index.js';
import { addressKey } from '../values/address.js';
import { addresses, kindOfField, texts, times } from './expressions.js';

/** A row as it is stored: counters in stored units, '' for an enumeration without a value. */
export type Row = ReadonlyMap<StoredField, FilterValue>;

/** The fields that rows of one kind carry themselves. */
export function storedFields(rows: RowKind): readonly StoredField[] {
  return fieldsOf(rows).filter((field) => field.kind !== 'sum' && field.kind !== 'ratio');
}

function storedValue(field: StoredField): fc.Arbitrary<FilterValue> {
  const values = enumeration(field);
  switch (kindOfField(field)) {
    case 'ip':
      return fc.constantFrom(...addresses);
    case 'boolean':
      return fc.boolean();
    case 'time':
      return fc.constantFrom(...times);
    case 'string':
      return fc.constantFrom(...(values === undefined ? texts : ['', ...values]));
    case 'number':
      return numberOfField(field);
  }
}

function numberOfField(field: StoredField): fc.Arbitrary<FilterValue> {
  if (isOfTimes(field)) {
    return fc.constantFrom(null, 0, 1, 33, 200_704, 1_507_328);
  }
  if (field.kind === 'attribute' && field.type === 'number') {
    return fc.constantFrom(null, 0, 0.001, 0.2, 0.5, 1, 1.5, 3, 80);
  }
  const most = field.type === 'port' || field.name === 'vlan' ? 65_535 : Number.MAX_SAFE_INTEGER;
  return fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(0, 0, 1, 2, 3, 5, 80, 443) },
    { weight: 1, arbitrary: fc.constantFrom(...[1000, 200_000, 1_500_000].filter((value) => value <= most)) },
    { weight: 1, arbitrary: fc.nat({ max: Math.min(most, 100_000) }) }
  );
}

export function rowsOf(rows: RowKind): fc.Arbitrary<Row> {
  const fields = storedFields(rows);
  return fc
    .tuple(...fields.map(storedValue))
    .map((values) => new Map(fields.map((field, i) => [field, values[i] ?? null])));
}

/** The column of a field: no two fields of one kind of rows share one. */
export function columnOf(field: StoredField): string {
  return field.kind === 'distinct' || isOfTimes(field) ? field.name.replaceAll('.', '_') : field.column;
}

/** The type of its column in ClickHouse, as `SqlBinder` promises it. */
export function columnType(field: StoredField): string {
  switch (kindOfField(field)) {
    case 'ip':
      return 'IPv6';
    case 'boolean':
      return 'UInt8';
    case 'time':
      return "DateTime64(9, 'UTC')";
    case 'string':
      return field.kind === 'dimension' ? 'LowCardinality(String)' : 'String';
    case 'number':
      if (isOfTimes(field)) {
        return field.kind === 'mean' ? 'Nullable(Float64)' : 'Nullable(UInt64)';
      }
      if (field.kind === 'attribute' && field.type === 'number') {
        return 'Float64';
      }
      return field.type === 'port' || field.name === 'vlan' ? 'UInt16' : 'UInt64';
  }
}

/** A value as JSONEachRow takes it into its column; no value of a number is NaN there. */
export function columnValue(field: StoredField, value: FilterValue): unknown {
  switch (kindOfField(field)) {
    case 'ip': {
      const text = String(value);
      return addressKey(text)?.startsWith('00000000000000000000ffff') === true ? `::ffff:${text}` : text;
    }
    case 'boolean':
      return Number(value);
    case 'time':
      return String(value).replace('T', ' ').replace('Z', '');
    case 'number':
      return value ?? (isOfTimes(field) ? null : 'nan');
    default:
      return value;
  }
}
