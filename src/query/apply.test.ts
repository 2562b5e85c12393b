import { applyVariables, usesVariables } from './apply';
import { variableLookup } from './lookup';
import { templateSrv, type FakeVariable } from '../test/datasource';
import type { TcpQuery } from '../types';

const variables: FakeVariable[] = [
  { name: 'server', value: ['10.0.0.1', '10.0.0.2'], options: ['10.0.0.1', '10.0.0.2', '10.0.0.3'] },
  { name: 'any', value: ['$__all'], options: ['a', 'b'] },
  { name: 'custom', value: '$__all', options: ['a', 'b'], allValue: '10.0.0.0/8' },
  { name: 'pattern', value: '$__all', options: ['a', 'b'], allValue: '.*' },
  { name: 'site', value: ['$__all'], options: ['/Paris', '/Lyon'], type: 'custom' },
  { name: 'some', value: '$__all', options: ['10.0.0.1', '10.0.0.2'], regex: '/^10\\./' },
  {
    name: 'found',
    value: ['$__all'],
    options: ['10.0.0.1'],
    query: { kind: 'values', field: 'server.ip', search: '10.' },
  },
  { name: 'listed', value: ['$__all'], options: ['10.9.9.9'], datasource: { type: 'inventory' } },
  { name: 'columns', value: ['$__all'], options: ['rst.count', 'fin.count'], type: 'custom' },
  { name: 'by', value: ['client.ip', 'server.port'] },
  { name: 'most', value: '25' },
  { name: 'word', value: 'many' },
];
const apply = (model: Partial<TcpQuery>, scoped = {}, filters: Parameters<typeof applyVariables>[2] = []) =>
  applyVariables({ refId: 'A', ...model }, variableLookup(templateSrv(variables), scoped), filters);

describe('a query as it is sent', () => {
  test.each([
    ['several values', 'server.ip = $server', 'server.ip in {"10.0.0.1", "10.0.0.2"}'],
    ['all values', 'server.ip = ${any:csv} and rst.count > 0', 'rst.count > 0'],
    ['all values, as the dashboard defines them', 'server.ip in $custom', 'server.ip in "10.0.0.0/8"'],
    ['all values, as a pattern', 'application ~ "$pattern" and rst.count > 0', 'rst.count > 0'],
    ['all values of a list of the dashboard', 'server.zone = $site', 'server.zone in {"/Paris", "/Lyon"}'],
    ['all values that a pattern keeps', 'server.ip = $some', 'server.ip in {"10.0.0.1", "10.0.0.2"}'],
    ['all values that contain something', 'server.ip = $found', 'server.ip = "10.0.0.1"'],
    ['all values of another data source', 'server.ip = $listed', 'server.ip = "10.9.9.9"'],
    ['a name that no variable has', 'server.ip = $nobody', 'server.ip = $nobody'],
  ])('filter with %s', (_, filter, expected) => {
    expect(apply({ filter }).filter).toBe(expected);
  });

  test('a panel repeated for each value sees its own, though the dashboard shows all', () => {
    const scoped = { any: { text: 'b', value: 'b' } };
    expect(apply({ filter: 'server.ip = $any' }, scoped).filter).toBe('server.ip = "b"');
  });

  test('lists of names, the limit and the rest', () => {
    const sent = apply({
      groupBy: ['$by', 'client.ip'],
      metrics: ['rst.count'],
      limit: '$most',
      legend: '{{client.ip}} of $most',
      orderBy: { field: 'rst.count', direction: 'desc' },
    });
    expect(sent.groupBy).toEqual(['client.ip', 'server.port']);
    expect(sent.limit).toBe(25);
    expect(sent.legend).toBe('{{client.ip}} of 25');
    expect(sent.orderBy).toEqual({ field: 'rst.count', direction: 'desc' });
  });

  test('a query that was written by hand, as the analyzer takes it', () => {
    const written = { kind: 'top', metrics: 'rst.count', groupBy: '$by', orderBy: 'rst.count asc', legend: null };
    const { metrics, groupBy, orderBy } = apply(written as unknown as TcpQuery);
    expect({ metrics, groupBy, orderBy }).toEqual({
      metrics: ['rst.count'],
      groupBy: ['client.ip', 'server.port'],
      orderBy: { field: 'rst.count', direction: 'asc' },
    });
    const several = ['rst.count asc', { field: 'client.ip', direction: 'asc' }];
    expect(apply({ orderBy: several } as unknown as TcpQuery).orderBy).toEqual(several);
    expect(apply({ orderBy: null } as unknown as TcpQuery)).not.toHaveProperty('orderBy');
  });

  test('all names of a list of the dashboard are all of them', () => {
    expect(apply({ metrics: ['$columns'] }).metrics).toEqual(['rst.count', 'fin.count']);
  });

  test('a limit that is no number is left for the analyzer to refuse', () => {
    expect(apply({ limit: '$word' }).limit).toBe('many');
  });

  test('ad hoc filters come after those from clicks, and unfinished ones not at all', () => {
    const own = { key: 'client.ip', operator: '=', value: '$most' };
    const added = [
      { key: 'server.ip', operator: '=|', value: 'a', values: ['a', 'b'] },
      { key: '', operator: '=', value: '' },
    ];
    expect(apply({ adHoc: [own] }, {}, added).adHoc).toEqual([
      { key: 'client.ip', operator: '=', value: '25' },
      { key: 'server.ip', operator: '=|', value: 'a', values: ['a', 'b'] },
    ]);
  });

  test('an ad hoc filter that was cleared to "All" is none, whatever its field', () => {
    const cleared = { key: 'client.ip', operator: '=~', value: '.*', values: ['.*'], origin: 'dashboard' };
    expect(apply({}, {}, [cleared]).adHoc).toEqual([]);
  });

  test.each([
    [{}, false],
    [{ filter: 'rst.count > 0' }, false],
    [{ filter: 'server.ip = $server' }, true],
    [{ filter: 'application = "$server"' }, true],
    [{ limit: '$most' }, true],
    [{ groupBy: ['${by}'] }, true],
    [{ adHoc: [{ key: 'client.ip', operator: '=', value: '[[server]]' }] }, true],
  ])('%o uses variables: %s', (model, expected) => {
    expect(usesVariables({ refId: 'A', ...model })).toBe(expected);
  });
});
