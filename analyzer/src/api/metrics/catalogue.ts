import type { CaptureStatus, QueryStats } from '../../query/index.js';
import type { StoreStats } from '../../store/index.js';

/** What is known when somebody asks for metrics. */
export interface Snapshot {
  readonly captures: readonly CaptureStatus[];
  readonly store: StoreStats;
  readonly queries: QueryStats;
  /** Clients that follow the live totals. */
  readonly streams: number;
  /** Bytes. */
  readonly memory: number;
  /** Seconds of processor time since the start. */
  readonly processor: number;
  readonly version: string;
}

export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  /** Null when it is not known: then there is no sample. */
  readonly value: number | null;
}

/** A metric that is read from the state of others. docs/metrics.md is made from these. */
export interface MetricInfo {
  readonly name: `tcpscope_${string}`;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

export interface ReadMetric extends MetricInfo {
  readonly type: 'counter' | 'gauge';
  read(snapshot: Snapshot): readonly Sample[];
}

const single = (value: number | null): Sample[] => [{ value }];

function capture(
  name: MetricInfo['name'],
  type: ReadMetric['type'],
  help: string,
  read: (status: CaptureStatus) => number | null
): ReadMetric {
  const samples = ({ captures }: Snapshot) =>
    captures.map((status) => ({ labels: { interface: status.interface }, value: read(status) }));
  return { name, type, help, labels: ['interface'], read: samples };
}

const byKey = (label: string, values: Readonly<Record<string, number>>): Sample[] =>
  Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value }));

const captureMetrics: readonly ReadMetric[] = [
  capture('tcpscope_capture_running', 'gauge', '1 while packets are captured', ({ state }) =>
    Number(state === 'running')
  ),
  capture('tcpscope_capture_packets_total', 'counter', 'Packets read', ({ packets }) => packets.read),
  capture(
    'tcpscope_capture_kernel_drops_total',
    'counter',
    'Packets the kernel could not hand over',
    ({ kernelDrops }) => kernelDrops
  ),
  capture(
    'tcpscope_capture_interface_drops_total',
    'counter',
    'Packets lost by the network card or its driver',
    ({ interfaceDrops }) => interfaceDrops
  ),
  capture(
    'tcpscope_capture_softnet_drops_total',
    'counter',
    'Packets the kernel dropped before any capture saw them, on all interfaces together',
    ({ softnetDrops }) => softnetDrops
  ),
  capture(
    'tcpscope_capture_ring_fill_ratio',
    'gauge',
    'Highest share of the ring that was waiting to be read since the start, 0 to 1',
    ({ ringFill }) => ringFill
  ),
  capture(
    'tcpscope_capture_last_packet_timestamp_seconds',
    'gauge',
    'Time of the last packet, seconds since 1970',
    ({ lastPacketAt }) => (lastPacketAt === null ? null : lastPacketAt / 1000)
  ),
  capture('tcpscope_decode_segments_total', 'counter', 'Packets that were TCP segments', ({ packets }) => packets.tcp),
  capture(
    'tcpscope_decode_duplicates_total',
    'counter',
    'Segments seen before at another place',
    ({ packets }) => packets.duplicate
  ),
  {
    name: 'tcpscope_decode_undecoded_total',
    type: 'counter',
    help: 'Packets that gave no TCP segment, by reason',
    labels: ['interface', 'reason'],
    read: ({ captures }) =>
      captures.flatMap(({ interface: name, packets }) =>
        Object.entries(packets.undecoded).map(([reason, value]) => ({ labels: { interface: name, reason }, value }))
      ),
  },
  capture('tcpscope_flow_connections', 'gauge', 'Connections that are followed now', ({ connections }) => connections),
  capture(
    'tcpscope_flow_evicted_total',
    'counter',
    'Connections given up because the flow table was full',
    ({ evicted }) => evicted
  ),
  capture(
    'tcpscope_flow_late_packets_total',
    'counter',
    'Packets that came after their window was closed',
    ({ late }) => late
  ),
  capture(
    'tcpscope_flow_windows_closed_total',
    'counter',
    'Windows whose rows went to the store',
    ({ windowsClosed }) => windowsClosed
  ),
];

const storeMetrics: readonly ReadMetric[] = [
  {
    name: 'tcpscope_store_ready',
    type: 'gauge',
    help: '1 while the database answers',
    labels: [],
    read: ({ store }) => single(Number(store.engine.state === 'ready')),
  },
  {
    name: 'tcpscope_store_rows_written_total',
    type: 'counter',
    help: 'Rows stored, by table',
    labels: ['table'],
    read: ({ store }) => byKey('table', store.written),
  },
  {
    name: 'tcpscope_store_rows_lost_total',
    type: 'counter',
    help: 'Rows that could not be stored, by reason',
    labels: ['reason'],
    read: ({ store }) =>
      Object.entries(store.unwritten).map(([reason, { rows }]) => ({ labels: { reason }, value: rows })),
  },
  {
    name: 'tcpscope_store_inserts_total',
    type: 'counter',
    help: 'Blocks of rows stored',
    labels: [],
    read: ({ store }) => single(store.inserts.count),
  },
  {
    name: 'tcpscope_store_insert_seconds_total',
    type: 'counter',
    help: 'Time spent on storing blocks',
    labels: [],
    read: ({ store }) => single(store.inserts.sumMs / 1000),
  },
  {
    name: 'tcpscope_store_selects_total',
    type: 'counter',
    help: 'Statements answered by the database',
    labels: [],
    read: ({ store }) => single(store.queries.count),
  },
  {
    name: 'tcpscope_store_select_seconds_total',
    type: 'counter',
    help: 'Time the database spent on statements',
    labels: [],
    read: ({ store }) => single(store.queries.sumMs / 1000),
  },
  {
    name: 'tcpscope_store_select_errors_total',
    type: 'counter',
    help: 'Statements that failed, by code',
    labels: ['code'],
    read: ({ store }) => byKey('code', store.queries.failed),
  },
  {
    name: 'tcpscope_store_spool_bytes',
    type: 'gauge',
    help: 'Rows that wait for the database, on disk and in memory',
    labels: [],
    read: ({ store }) => single(store.spool.bytes + store.spool.pendingBytes),
  },
  {
    name: 'tcpscope_store_spool_limit_bytes',
    type: 'gauge',
    help: 'Most bytes that may wait on disk; rows beyond are lost',
    labels: [],
    read: ({ store }) => single(store.spool.limit),
  },
  {
    name: 'tcpscope_store_engine_restarts_total',
    type: 'counter',
    help: 'Times the database ended unasked',
    labels: [],
    read: ({ store }) => single(store.engine.restarts),
  },
];

const ownMetrics: readonly ReadMetric[] = [
  {
    name: 'tcpscope_query_running',
    type: 'gauge',
    help: 'Queries that are being answered',
    labels: [],
    read: ({ queries }) => single(queries.running),
  },
  {
    name: 'tcpscope_query_shared_total',
    type: 'counter',
    help: 'Queries answered by the execution of an equal one',
    labels: [],
    read: ({ queries }) => single(queries.shared),
  },
  {
    name: 'tcpscope_query_cache_hits_total',
    type: 'counter',
    help: 'Queries answered from memory',
    labels: [],
    read: ({ queries }) => single(queries.cache.hits),
  },
  {
    name: 'tcpscope_query_cache_misses_total',
    type: 'counter',
    help: 'Queries that were not in memory',
    labels: [],
    read: ({ queries }) => single(queries.cache.misses),
  },
  {
    name: 'tcpscope_query_cache_bytes',
    type: 'gauge',
    help: 'Memory of remembered answers',
    labels: [],
    read: ({ queries }) => single(queries.cache.bytes),
  },
  {
    name: 'tcpscope_api_streams',
    type: 'gauge',
    help: 'Clients that follow the live totals',
    labels: [],
    read: ({ streams }) => single(streams),
  },
  {
    name: 'tcpscope_process_memory_bytes',
    type: 'gauge',
    help: 'Resident memory of the analyzer, without the database',
    labels: [],
    read: ({ memory }) => single(memory),
  },
  {
    name: 'tcpscope_process_cpu_seconds_total',
    type: 'counter',
    help: 'Processor time of the analyzer, without the database',
    labels: [],
    read: ({ processor }) => single(processor),
  },
  {
    name: 'tcpscope_build_info',
    type: 'gauge',
    help: 'Always 1; the version is a label',
    labels: ['version'],
    read: ({ version }) => [{ labels: { version }, value: 1 }],
  },
];

export const readMetrics: readonly ReadMetric[] = [...captureMetrics, ...storeMetrics, ...ownMetrics];

/** Metrics that the API keeps itself. */
export const keptMetrics = {
  requests: {
    name: 'tcpscope_api_requests_total',
    type: 'counter',
    help: 'Requests answered, by route, method and status',
    labels: ['route', 'method', 'status'],
  },
  requestSeconds: {
    name: 'tcpscope_api_request_seconds',
    type: 'histogram',
    help: 'Time to answer a request, by route; streams left out',
    labels: ['route'],
  },
  queries: {
    name: 'tcpscope_query_seconds',
    type: 'histogram',
    help: 'Time to answer a query, by kind',
    labels: ['kind'],
  },
  queryErrors: {
    name: 'tcpscope_query_errors_total',
    type: 'counter',
    help: 'Queries that were not answered, by code',
    labels: ['code'],
  },
} as const satisfies Record<string, MetricInfo>;

/** Every metric of /metrics, in the order of the reference. */
export const metricCatalogue: readonly MetricInfo[] = [...readMetrics, ...Object.values(keptMetrics)];
