import { type DataQueryRequest, dateTime } from '@grafana/data';
import { lastValueFrom } from 'rxjs';
import { fakeDatasource } from './test/datasource';
import type { TcpQuery } from './types';
import { readVariableQuery, type TcpVariableSupport } from './variables';

const range = { from: dateTime(1000), to: dateTime(2000), raw: { from: 'now-1h', to: 'now' } };

describe('the data source', () => {
  test('neither a hidden query nor one without metrics is asked', () => {
    const { datasource } = fakeDatasource();
    expect(datasource.filterQuery({ refId: 'A' })).toBe(true);
    expect(datasource.filterQuery({ refId: 'A', hide: true })).toBe(false);
    expect(datasource.filterQuery({ refId: 'A', metrics: [] })).toBe(false);
  });

  test('the catalogue is asked for once, and again after a failure', async () => {
    const { datasource, getResource } = fakeDatasource();
    await Promise.all([datasource.fields(), datasource.fields()]);
    expect(getResource).toHaveBeenCalledTimes(1);

    const failing = fakeDatasource({ fields: new Error('away') });
    await expect(failing.datasource.fields()).rejects.toThrow('away');
    await expect(failing.datasource.fields()).rejects.toThrow('away');
    expect(failing.getResource).toHaveBeenCalledTimes(2);
  });

  test('ad hoc filters offer dimensions, and values of the time range', async () => {
    const { datasource, getResource } = fakeDatasource();
    expect((await datasource.getTagKeys()).map(({ text }) => text)).toEqual(['client.ip', 'server.port']);
    const values = await datasource.getTagValues({ key: 'client.ip', filters: [], timeRange: range });
    expect(values.map(({ text }) => text)).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(getResource).toHaveBeenLastCalledWith('values', { field: 'client.ip', limit: 1000, from: 1000, to: 2000 });
  });

  test('a click on a value in Explore adds a condition beside the filter, and the opposite replaces it', () => {
    const { datasource } = fakeDatasource();
    const query = { refId: 'A', filter: 'rst.count > 0' };
    const options = { key: 'client.ip', value: '10.0.0.1' };
    const added = datasource.modifyQuery(query, { type: 'ADD_FILTER', options });
    expect(added).toEqual({ ...query, adHoc: [{ ...options, operator: '=' }] });
    const out = datasource.modifyQuery(added, { type: 'ADD_FILTER_OUT', options });
    expect(out.adHoc).toEqual([{ ...options, operator: '!=' }]);
    expect(datasource.modifyQuery(query, { type: 'SOMETHING', options })).toBe(query);
  });
});

describe('variables', () => {
  const ask = (target: TcpQuery | string, variables = {}) => {
    const fake = fakeDatasource({}, [{ name: 'field', value: 'server.port', ...variables }]);
    const request = { targets: [target], range, scopedVars: {} } as unknown as DataQueryRequest<TcpQuery>;
    return { ...fake, answer: lastValueFrom((fake.datasource.variables as TcpVariableSupport).query(request)) };
  };

  test.each([
    ['client.ip', 'client.ip'],
    [' values(server.port) ', 'server.port'],
    ['', ''],
  ])('the text "%s" means the values of "%s"', (text, field) => {
    expect(readVariableQuery(text)).toEqual({ refId: 'variable', kind: 'values', field });
  });

  test('are the values of a field', async () => {
    const { answer, getResource } = ask({ refId: 'v', kind: 'values', field: '$field', search: '4' });
    expect((await answer).data).toEqual([
      { text: '10.0.0.1', value: '10.0.0.1' },
      { text: '10.0.0.2', value: '10.0.0.2' },
    ]);
    const expected = { field: 'server.port', limit: 1000, search: '4', from: 1000, to: 2000 };
    expect(getResource).toHaveBeenCalledWith('values', expected);
  });

  test.each(['', null])('without a field are none: %o', async (saved) => {
    const { answer, getResource } = ask(saved as string);
    expect((await answer).data).toEqual([]);
    expect(getResource).not.toHaveBeenCalled();
  });

  test.each([
    [{}, 1000],
    [{ limit: 5 }, 5],
    [{ limit: '$field', field: '$field' }, 7],
    [{ limit: null }, 1000],
    [{ limit: '' }, 1000],
  ])('with %o are at most %i', async (saved, limit) => {
    const target = { refId: 'v', kind: 'values', field: 'client.ip', ...saved } as TcpQuery;
    const { answer, getResource } = ask(target, { value: '7' });
    await answer;
    expect(getResource).toHaveBeenCalledWith('values', expect.objectContaining({ limit }));
  });
});
