import {
  attributes,
  counters,
  dimensions,
  feedCounters,
  feedDimensions,
  histograms,
  type Attribute,
  type Counter,
  type Dimension,
  type Histogram,
} from '@tcpscope/filter';

/** A column as the engine knows it. */
export interface Column {
  readonly name: string;
  readonly type: string;
  /** Arguments of CODEC(…). */
  readonly codec?: string;
  /** Computed when it is read, not stored. */
  readonly alias?: string;
}

/** Tables that hold rows and are kept for a time, named as in the configuration's `retention`. */
export type TableName = 'conv_10s' | 'conv_1m' | 'conv_1h' | 'conv_1d' | 'connections' | 'feed';

export interface Table {
  readonly name: TableName;
  readonly columns: readonly Column[];
  readonly engine: 'MergeTree' | 'AggregatingMergeTree';
  readonly partition: string;
  readonly primary: readonly string[];
  readonly order: readonly string[];
  readonly indexes: readonly string[];
}

/** A materialized view: each block inserted into `from` is also added up into `to`. */
export interface Rollup {
  readonly name: string;
  readonly from: TableName;
  readonly to: TableName;
  /** Start of the coarser window that holds the instant `%`. */
  readonly start: string;
}

export interface Schema {
  readonly tables: readonly Table[];
  readonly rollups: readonly Rollup[];
  readonly counters: readonly Counter[];
  readonly histograms: readonly Histogram[];
}

/** The tables of windows, finest first, with the length of their windows in seconds. */
export const windowTables = [
  { name: 'conv_10s', seconds: 10 },
  { name: 'conv_1m', seconds: 60 },
  { name: 'conv_1h', seconds: 3600 },
  { name: 'conv_1d', seconds: 86_400 },
] as const satisfies ReadonlyArray<{ name: TableName; seconds: number }>;

const rollups: readonly Rollup[] = [
  { name: 'conv_1m_view', from: 'conv_10s', to: 'conv_1m', start: 'toStartOfMinute(%)' },
  { name: 'conv_1h_view', from: 'conv_1m', to: 'conv_1h', start: 'toStartOfHour(%)' },
  { name: 'conv_1d_view', from: 'conv_1h', to: 'conv_1d', start: "toDateTime(toStartOfDay(%), 'UTC')" },
];

// T64 with ZSTD(1) was the smallest on counters, ZSTD(1) on the rest (27 bytes a row where LZ4 took 64).
const plain = 'ZSTD(1)';
const numbers = 'T64, ZSTD(1)';
const times = 'DoubleDelta, ZSTD(1)';

const dimensionTypes: Partial<Record<Dimension['type'], Pick<Column, 'type' | 'codec'>>> = {
  ip: { type: 'IPv6', codec: plain },
  port: { type: 'UInt16', codec: plain },
  integer: { type: 'UInt16', codec: numbers },
  string: { type: 'LowCardinality(String)', codec: plain },
};

function dimensionColumn(dimension: Dimension): Column {
  const type = dimensionTypes[dimension.type];
  if (type === undefined) {
    throw new TypeError(`no column type for dimension ${dimension.name} of type ${dimension.type}`);
  }
  return { name: dimension.column, ...type };
}

function counterColumn(counter: Counter, rolledUp: boolean): Column {
  const width = counter.storage === 'u64' || rolledUp ? 'UInt64' : 'UInt32';
  const value = counter.unknown ? `Nullable(${width})` : width;
  const type = rolledUp ? `SimpleAggregateFunction(${counter.aggregate}, ${value})` : value;
  return { name: counter.column, type, codec: counter.unknown ? plain : numbers };
}

/** How many times there are by time: the middle of their bucket, in microseconds. Rollups add the numbers up. */
function histogramColumn({ column }: Histogram, rolledUp: boolean): Column {
  const type = 'Map(UInt64, UInt64)';
  return { name: column, type: rolledUp ? `SimpleAggregateFunction(sumMap, ${type})` : type, codec: plain };
}

const nanoseconds = (column: string) => `toUnixTimestamp64Nano(${column})`;

/** What `id` is made of beside the start: the whole tuple, where it was seen and by whom. */
export const connectionHash =
  'toUInt64(cityHash64(probe, client_ip, client_port, server_ip, server_port, vlan, `end`))';

/** Numbers that are read from others. */
const workedOut: Readonly<Record<string, Column>> = {
  duration: { name: 'duration', type: 'Float64', alias: `(${nanoseconds('`end`')} - ${nanoseconds('start')}) / 1e9` },
  // A handshake is the round trip to the server and that to the client (flow/round-trip.ts).
  rtt_srv: {
    name: 'rtt_srv',
    type: 'Nullable(Float64)',
    alias: 'if(isNull(rtt_clt), NULL, round(greatest(ct - rtt_clt, 0), 9))',
  },
};

function attributeColumn(attribute: Attribute): Column {
  const name = attribute.column;
  switch (attribute.type) {
    case 'port':
      return { name, type: 'UInt16', codec: plain };
    case 'time':
      return { name, type: "DateTime64(9, 'UTC')", codec: 'Delta(8), ZSTD(1)' };
    case 'boolean':
      return { name, type: 'Bool', codec: plain };
    case 'string':
      return attribute.values === undefined
        ? { name, type: 'String', codec: plain }
        : { name, type: 'LowCardinality(String)', codec: plain };
    case 'number':
      return workedOut[name] ?? { name, type: 'Nullable(Float64)', codec: plain };
    default:
      throw new TypeError(`no column type for attribute ${attribute.name} of type ${attribute.type}`);
  }
}

const inserted = (rolledUp: boolean): Column => ({
  name: 'inserted',
  type: rolledUp ? "SimpleAggregateFunction(max, DateTime('UTC'))" : "DateTime('UTC')",
  codec: times,
});

type StoredNumbers = Pick<Schema, 'counters' | 'histograms'>;

function windowTable(name: TableName, { counters: known, histograms: kept }: StoredNumbers): Table {
  const rolledUp = name !== 'conv_10s';
  const coarse = name === 'conv_1h' || name === 'conv_1d';
  // The hour first: inside it rows of a server lie together, which makes filters on servers ten times faster than ts
  // first and rows smaller, and costs nothing on ranges of an hour or more.
  const primary = coarse
    ? ['ts', 'server_ip', 'server_port', 'client_ip']
    : ['toStartOfHour(ts)', 'server_ip', 'server_port', 'client_ip', 'ts'];
  const keys = new Set(['ts', 'server_ip', 'server_port', 'client_ip']);
  const rest = dimensions.map((dimension) => dimension.column).filter((column) => !keys.has(column));
  return {
    name,
    columns: [
      { name: 'ts', type: "DateTime('UTC')", codec: times },
      ...dimensions.map(dimensionColumn),
      ...known.map((counter) => counterColumn(counter, rolledUp)),
      ...kept.map((histogram) => histogramColumn(histogram, rolledUp)),
      inserted(rolledUp),
    ],
    engine: rolledUp ? 'AggregatingMergeTree' : 'MergeTree',
    partition: coarse ? 'toYYYYMM(ts)' : 'toYYYYMMDD(ts)',
    primary,
    order: rolledUp ? [...primary, ...rest] : primary,
    indexes: [],
  };
}

/** What the words of a verdict are made from again when somebody asks (docs/decisions/006). */
const evidenceColumns: readonly Column[] = [
  { name: 'facts', type: 'Array(Int32)', codec: plain },
  { name: 'poor_feed', type: 'LowCardinality(String)', codec: plain },
];

/** The last packets of connections that ended badly (docs/decisions/007), empty for all others. */
const packetsColumn: Column = { name: 'packets', type: 'Array(Int32)', codec: plain };

function connectionTable(known: readonly Counter[]): Table {
  const order = ['toStartOfFiveMinutes(start)', 'server_ip', 'server_port', 'client_ip', 'start'];
  return {
    name: 'connections',
    columns: [
      {
        name: 'id',
        type: 'String',
        alias: `lower(concat(leftPad(hex(${nanoseconds('start')}), 16, '0'), leftPad(hex(${connectionHash}), 16, '0')))`,
      },
      ...dimensions.map(dimensionColumn),
      { name: 'vlans', type: 'Array(UInt16)', codec: plain },
      ...attributes.map(attributeColumn),
      ...evidenceColumns,
      packetsColumn,
      ...known.filter((counter) => counter.rows === 'both').map((counter) => counterColumn(counter, false)),
      inserted(false),
    ],
    engine: 'MergeTree',
    // By insertion: a block is then one part, however long ago its connections began, and retention drops whole days.
    partition: 'toYYYYMMDD(inserted)',
    primary: order,
    order,
    indexes: ['INDEX start_range start TYPE minmax', 'INDEX end_range `end` TYPE minmax'],
  };
}

/** How good each capture was, window by window. Sums; null where nobody knows. */
function feedTable(): Table {
  const order = ['ts', 'probe', 'interface'];
  return {
    name: 'feed',
    columns: [
      { name: 'ts', type: "DateTime('UTC')", codec: times },
      ...dimensions.filter(({ name }) => name === 'probe').map(dimensionColumn),
      ...feedDimensions.map(dimensionColumn),
      ...feedCounters.map(({ column, unknown }): Column => ({
        name: column,
        type: unknown ? 'Nullable(UInt64)' : 'UInt64',
        codec: unknown ? plain : numbers,
      })),
      { name: 'reason', type: 'LowCardinality(String)', codec: plain },
      inserted(false),
    ],
    engine: 'MergeTree',
    partition: 'toYYYYMM(ts)',
    primary: order,
    order,
    indexes: [],
  };
}

/** The schema that counters and histograms ask for; the catalogue's unless a test says otherwise. */
export function schemaOf(known: readonly Counter[] = counters, times: readonly Histogram[] = histograms): Schema {
  const numbers = { counters: known, histograms: times };
  return {
    tables: [...windowTables.map(({ name }) => windowTable(name, numbers)), connectionTable(known), feedTable()],
    rollups,
    ...numbers,
  };
}

/** Columns that rows bring with them, in the order of the schema. */
export function storedColumns(table: Table): Column[] {
  return table.columns.filter((column) => column.alias === undefined);
}
