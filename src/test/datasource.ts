import type { DataSourceInstanceSettings } from '@grafana/data';
import type { TemplateSrv } from '@grafana/runtime';
import { TcpDataSource } from '../datasource';
import type { FieldInfo, FilterAnswer, TcpOptions } from '../types';

/** A few fields as the analyzer lists them. */
export const someFields: FieldInfo[] = [
  field('client.ip', 'dimension', 'ip', null, 'Address of the side that opened the connection'),
  field('server.port', 'dimension', 'port', null, 'TCP port that was connected to'),
  field('syn.count', 'counter', 'integer', 'packets', 'SYN packets without ACK'),
  field('rst.ratio.clt', 'ratio', 'number', 'per connection', 'RST packets of the client per connection'),
  field('rst.ratio.srv', 'ratio', 'number', 'per connection', 'RST packets of the server per connection'),
  { ...field('interface', 'dimension', 'string', null, 'Network interface'), rows: 'feed' },
  { ...field('feed.gaps.share', 'ratio', 'number', 'share', 'Share of data never captured'), rows: 'feed' },
  { ...field('close', 'attribute', 'string', null, 'How the connection ended'), rows: 'connections' },
  { ...field('start', 'attribute', 'time', null, 'Time of the first packet'), rows: 'connections' },
];

function field(
  name: string,
  kind: FieldInfo['kind'],
  type: FieldInfo['type'],
  unit: string | null,
  summary: string
): FieldInfo {
  return { name, aliases: [], kind, type, unit, side: null, summary, rows: 'both' };
}

/** Variables as Grafana's template service knows them; `$__all` is "All". */
export interface FakeVariable {
  name: string;
  value: string | string[];
  options?: string[];
  /** What a dashboard defines "All" to be. */
  allValue?: string;
  /** `query` when left out. */
  type?: string;
  /** What its list is asked of, and what narrows it. */
  datasource?: { type: string };
  query?: object | string;
  regex?: string;
}

/**
 * Replaces `$name`, `${name:format}` and `[[name]]` as Grafana does: the format function gets the value, but never what the
 * dashboard defines "All" to be, which is put in as it is.
 */
export function templateSrv(variables: FakeVariable[] = []): TemplateSrv {
  const of = (name: string) => variables.find((one) => one.name === name);
  const isAll = (name: string) => [of(name)?.value].flat().includes('$__all');
  const valueOf = (name: string, scoped: Record<string, { value: unknown } | undefined>) =>
    scoped[name]?.value ?? (isAll(name) ? of(name)?.options : of(name)?.value);
  return {
    getVariables: () =>
      variables.map(({ name, value, options, ...rest }) => ({
        ...{ name, type: 'query', options, current: { value } },
        ...rest,
      })),
    containsTemplate: (text?: string) => /\$/.test(text ?? ''),
    updateTimeRange() {},
    replace(text = '', scoped = {}, format?: unknown) {
      return text.replace(/\$\{(\w+)(?::\w+)?\}|\$(\w+)|\[\[(\w+)\]\]/g, (match, a, b, c) => {
        const name = String(a ?? b ?? c);
        const { allValue } = of(name) ?? {};
        if (allValue && isAll(name) && !(name in scoped)) {
          return allValue;
        }
        const value = valueOf(name, scoped);
        return value === undefined ? match : typeof format === 'function' ? format(value) : String(value);
      });
    },
  } as unknown as TemplateSrv;
}

/** A data source whose backend answers from here. */
export function fakeDatasource(
  answers: { fields?: FieldInfo[] | Error; filter?: FilterAnswer | Error; values?: string[] } = {},
  variables: FakeVariable[] = []
) {
  const settings = { id: 1, uid: 'tcpevents', type: 'tcpscope-tcpevents-datasource', name: 'TCP Events', jsonData: {} };
  const datasource = new TcpDataSource(settings as unknown as DataSourceInstanceSettings<TcpOptions>, () =>
    templateSrv(variables)
  );
  const { fields = someFields, filter = { ok: true }, values = ['10.0.0.1', '10.0.0.2'] } = answers;
  const answer = async (value: unknown) => {
    if (value instanceof Error) {
      throw value;
    }
    return value;
  };
  const getResource = jest
    .spyOn(datasource, 'getResource')
    .mockImplementation((path) =>
      answer(path === 'fields' ? (fields instanceof Error ? fields : { fields }) : { values })
    );
  const postResource = jest.spyOn(datasource, 'postResource').mockImplementation(() => answer(filter) as never);
  return { datasource, getResource, postResource };
}
