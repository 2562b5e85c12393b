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
  allValue?: string;
}

/** Replaces `$name`, `${name:format}` and `[[name]]` as Grafana does: the format function gets the value. */
export function templateSrv(variables: FakeVariable[] = []): TemplateSrv {
  const valueOf = (name: string, scoped: Record<string, { value: unknown } | undefined>) => {
    const variable = variables.find((one) => one.name === name);
    const all = [variable?.value].flat().includes('$__all');
    return scoped[name]?.value ?? (all ? (variable?.allValue ?? variable?.options) : variable?.value);
  };
  return {
    getVariables: () =>
      variables.map(({ name, value, allValue }) => ({ name, type: 'query', current: { value }, allValue })),
    containsTemplate: (text?: string) => /\$/.test(text ?? ''),
    updateTimeRange() {},
    replace(text = '', scoped = {}, format?: unknown) {
      return text.replace(/\$\{(\w+)(?::\w+)?\}|\$(\w+)|\[\[(\w+)\]\]/g, (match, a, b, c) => {
        const value = valueOf(a ?? b ?? c, scoped);
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
