import { contractVersion, type FrameType } from '../../analyzer/src/api/frames/frame.js';
import { captureNumbers, storeNumbers, undecodedNumber } from '../../analyzer/src/query/health-numbers.js';
import { feedFields, fields, type Field } from '../../filter/src/catalogue/index.js';

/** What the fake analyzer is asked; the query model with Grafana's additions. */
export interface FlatQuery {
  refId: string;
  from: number;
  to: number;
  intervalMs: number;
  maxDataPoints: number;
  kind?: string;
  metrics?: string[];
  groupBy?: string[];
  filter?: string;
  field?: string;
  limit?: number;
  legend?: string;
}

interface FrameField {
  name: string;
  type: 'time' | 'number' | 'string' | 'boolean';
  goType: string;
  labels?: Record<string, string>;
  config?: object;
  values: unknown[];
}

const catalogue = new Map<string, Field>([...fields, ...feedFields].map((field) => [field.name, field]));

/** Five conversations, of which one server refuses everything. */
const hosts = [
  { 'client.ip': '10.1.0.11', 'server.ip': '10.2.0.5', 'server.port': '443', application: 'shop', resets: 2 },
  { 'client.ip': '10.1.0.12', 'server.ip': '10.2.0.5', 'server.port': '443', application: 'shop', resets: 0 },
  { 'client.ip': '10.1.0.77', 'server.ip': '10.2.0.9', 'server.port': '1194', application: 'vpn', resets: 60 },
  { 'client.ip': '10.1.0.11', 'server.ip': '10.2.0.8', 'server.port': '5432', application: 'NC', resets: 5 },
  { 'client.ip': '2001:db8::17', 'server.ip': '10.2.0.8', 'server.port': '5432', application: 'NC', resets: 1 },
];

const units: Record<string, string> = { seconds: 's', share: 'percentunit', bytes: 'decbytes' };
const config = (name: string) => {
  const unit = units[catalogue.get(name)?.unit ?? ''];
  return unit === undefined ? {} : { unit };
};

const refusing = (host: (typeof hosts)[number]) => host.resets === 60;

/** A made-up but steady value: `wave` moves it by time, a ratio without connections is null. */
function value(name: string, host: (typeof hosts)[number], wave: number): number | null {
  const ratio = catalogue.get(name)?.kind === 'ratio';
  const level = name.startsWith('rst') || name === 'refused.count' ? host.resets : name.startsWith('noanswer') ? 0 : 40;
  if (refusing(host) && (name === 'ct.count' || name.startsWith('fin'))) {
    return 0;
  }
  if (name === 'refused.ratio') {
    return refusing(host) ? 1 : 0;
  }
  if (ratio) {
    return refusing(host) ? null : Math.round(level * wave * 25) / 1000;
  }
  return Math.round(level * wave);
}

/** Grafana's frame document; in `data`, `values` must come before anything else. */
function frame(refId: string, meta: object, columns: FrameField[]): object {
  return {
    schema: {
      refId,
      name: '',
      meta,
      fields: columns.map(({ name: column, type, goType, labels, config: settings }) => ({
        name: column,
        type,
        typeInfo: { frame: goType, nullable: type !== 'time' },
        ...(labels && { labels }),
        ...(settings && { config: settings }),
      })),
    },
    data: { values: columns.map((column) => column.values) },
  };
}

const text = (name: string, values: unknown[]): FrameField => ({
  name,
  type: 'string',
  goType: 'string',
  config: { filterable: true },
  values,
});
const number = (name: string, values: unknown[], labels?: Record<string, string>): FrameField => ({
  name,
  type: 'number',
  goType: 'float64',
  config: config(name),
  values,
  ...(labels && { labels }),
});
const instant = (name: string, values: number[]): FrameField => ({ name, type: 'time', goType: 'time.Time', values });

const contract = (type: FrameType) => ({ type, typeVersion: contractVersion(type) });
const plain = { preferredVisualisationType: 'table' };

type Host = (typeof hosts)[number];
const labelsOf = (host: Host, groupBy: string[]) =>
  Object.fromEntries(groupBy.map((name) => [name, String(host[name as keyof Host] ?? '')]));

/** One host for each different group, those with the most resets first. */
function groups(groupBy: string[], limit: number): Host[] {
  const sorted = [...hosts].sort((a, b) => b.resets - a.resets);
  const first = new Map(sorted.reverse().map((host) => [JSON.stringify(labelsOf(host, groupBy)), host]));
  return [...first.values()].reverse().slice(0, limit);
}

/** Frames for one query, or the error that the analyzer would answer. */
export function framesFor(query: FlatQuery): object[] | { error: string; status: number } {
  const { refId, from, to, kind = 'timeseries', metrics = [], groupBy = [], limit = 10 } = query;
  const unknown = kind === 'health' ? undefined : metrics.find((name) => !catalogue.has(name));
  if (unknown !== undefined) {
    return { error: `There is no metric "${unknown}" (TCPS_E_QUERY_METRIC)`, status: 400 };
  }
  switch (kind) {
    case 'timeseries': {
      const step = Math.max(query.intervalMs, Math.ceil((to - from) / Math.max(query.maxDataPoints, 1)));
      const times: number[] = [];
      for (let at = Math.ceil(from / step) * step; at < to; at += step) {
        times.push(at);
      }
      return metrics.flatMap((metric) =>
        groups(groupBy, limit).map((host, i) => {
          const wave = (at: number) => 1 + 0.6 * Math.sin(at / 300_000 + i + (metric.endsWith('srv') ? 1 : 0));
          const values = times.map((at) => value(metric, { ...host, resets: host.resets + 3 }, wave(at)));
          const series = number(metric, values, labelsOf(host, groupBy));
          return frame(refId, contract('timeseries-multi'), [instant('time', times), series]);
        })
      );
    }
    case 'top':
    case 'conversations': {
      const keys = kind === 'top' ? groupBy : ['client.ip', 'server.ip', 'server.port', 'application'];
      const rows = groups(keys, limit);
      const columns = [
        ...keys.map((key) =>
          text(
            key,
            rows.map((host) => labelsOf(host, keys)[key])
          )
        ),
        ...metrics.map((metric) =>
          number(
            metric,
            rows.map((host) => value(metric, host, 1))
          )
        ),
      ];
      return [frame(refId, { ...contract('numeric-long'), ...plain }, columns)];
    }
    case 'connections': {
      const rows = hosts.slice(0, limit);
      return [
        frame(refId, { ...contract('table'), ...plain }, [
          instant(
            'start',
            rows.map((_, i) => to - 60_000 * (i + 1))
          ),
          text(
            'client.ip',
            rows.map((host) => host['client.ip'])
          ),
          text(
            'server.ip',
            rows.map((host) => host['server.ip'])
          ),
          text(
            'close',
            rows.map((host) => (refusing(host) ? 'refused' : host.resets > 0 ? 'rst' : 'fin'))
          ),
          text(
            'history',
            rows.map((host) => (refusing(host) ? 'Sr' : 'ShADadFf'))
          ),
          number(
            'duration',
            rows.map((_, i) => 0.25 * i)
          ),
        ]),
      ];
    }
    case 'closes':
      return [
        frame(refId, { ...contract('numeric-long'), ...plain }, [
          text('close', ['fin', 'finrst', 'rst', 'refused', 'noanswer']),
          number('conn.count', [812, 40, 25, 60, 3]),
        ]),
      ];
    case 'causes':
      return [
        frame(refId, { ...contract('numeric-long'), ...plain }, [
          text('cause', ['normal', 'refused', 'server-abort']),
          number('conn.count', [812, 60, 25]),
          number('confidence', [0.98, 0.92, null]),
        ]),
      ];
    case 'findings':
      return [frame(refId, { ...contract('table'), ...plain }, findingColumns(to))];
    case 'feed': {
      const asked = metrics.length > 0 ? metrics : ['feed.packets', 'feed.drops.share', 'feed.gaps.share', 'feed.poor'];
      return [
        frame(refId, { ...contract('numeric-long'), ...plain }, [
          text(
            'probe',
            captures.map(() => 'paris')
          ),
          text('interface', captures),
          ...asked.map((name) =>
            number(
              name,
              captures.map((_, i) => captured(name, i, 1))
            )
          ),
        ]),
      ];
    }
    case 'feedseries':
      return feedSeries(query, metrics.length > 0 ? metrics : ['feed.drops.share', 'feed.gaps.share']);
    case 'values':
      return [
        frame(refId, { ...contract('table'), ...plain }, [
          text(query.field ?? 'value', valuesOf(query.field ?? '', '')),
        ]),
      ];
    case 'health':
      return [frame(refId, contract('numeric-wide'), healthColumns(metrics))];
    default:
      return { error: `There is no kind "${kind}" (TCPS_E_QUERY_KIND)`, status: 400 };
  }
}

/** What a service that is gone and a scan look like. */
function findingColumns(to: number): FrameField[] {
  return [
    text('finding', ['service-outage', 'port-scan']),
    text('severity', ['high', 'medium']),
    text('text', ['192.0.2.7:443 refused 60 of 60 attempts of 3 clients', '10.0.0.9 tried 40 ports of 192.0.2.7']),
    instant('since', [to - 600_000, to - 60_000]),
    number('confidence', [0.97, 0.88]),
    text('next', ['What happened to the server process?', 'Who is the client?']),
    text('filter', ['server.ip = 192.0.2.7 and server.port = 443', 'client.ip = 10.0.0.9']),
  ];
}

const captures = ['eth0', 'eth1'];

/** Steady numbers: the second capture loses more; nobody knows of copies. */
function captured(name: string, capture: number, wave: number): number | null {
  const ratio = catalogue.get(name)?.kind === 'ratio';
  const level = (1 + 3 * capture) * wave;
  return name.startsWith('feed.duplicates') ? null : ratio ? Math.round(level * 12) / 1000 : Math.round(level * 1000);
}

function feedSeries(query: FlatQuery, metrics: readonly string[]): object[] {
  const { refId, from, to } = query;
  const step = Math.max(query.intervalMs, 10_000);
  const times = Array.from({ length: Math.min(200, Math.ceil((to - from) / step)) }, (_, i) => from + i * step);
  return metrics.flatMap((name) =>
    captures.map((capture, c) =>
      frame(refId, contract('timeseries-multi'), [
        instant('time', times),
        number(
          name,
          times.map((_, i) => captured(name, c, 1 + Math.sin(i / 3) / 2)),
          { probe: 'paris', interface: capture }
        ),
      ])
    )
  );
}

/** One row of numbers, of two interfaces and the store; what only a real kernel knows is null. */
function healthColumns(metrics: string[]): FrameField[] {
  const made = (name: string) =>
    name.startsWith('drops') ? null : /running|ready/.test(name) ? 1 : name.length * 1000;
  const all = [
    ...['eth0', 'eth1'].flatMap((one) => [
      ...captureNumbers.map(({ name }) => number(name, [made(name)], { interface: one })),
      ...['not_tcp', 'truncated'].map((reason) => number(undecodedNumber.name, [12], { interface: one, reason })),
    ]),
    ...storeNumbers.map(({ name }) => number(name, [made(name)])),
  ];
  return metrics.length === 0 ? all : all.filter(({ name }) => metrics.includes(name));
}

export function valuesOf(field: string, search: string): string[] {
  const values = hosts.map((host) => String(host[field as keyof Host] ?? '')).filter((known) => known !== '');
  return [...new Set(values)].filter((known) => known.includes(search)).sort();
}
