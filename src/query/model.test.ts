import { changeKind, changeNames, complete, defaultQuery, displayText, isRunnable } from './model';
import { kinds } from './kinds';
import { queryKinds, type TcpQuery } from '../types';

const query = (model: Partial<TcpQuery>): TcpQuery => ({ refId: 'A', ...model });

describe('the query model', () => {
  test('a query without anything is the default query', () => {
    expect(complete(query({}))).toEqual({ refId: 'A', ...defaultQuery });
  });

  test('a kind of a later version is read as a time series', () => {
    expect(complete(query({ kind: 'of-tomorrow' as never })).kind).toBe('timeseries');
  });

  test('a list that was emptied stays empty, and the query waits', () => {
    expect(complete(query({ metrics: [] })).metrics).toEqual([]);
    expect(isRunnable(query({ metrics: [] }))).toBe(false);
  });

  test.each([
    ['a new query', {}, true],
    ['connections without metrics', { kind: 'connections', metrics: [] }, true],
    ['values without a field', { kind: 'values' }, false],
    ['values of a field', { kind: 'values', field: 'client.ip' }, true],
    ['health', { kind: 'health' }, true],
  ] as const)('%s runs: %o %s', (_, model, expected) => {
    expect(isRunnable(query(model as Partial<TcpQuery>))).toBe(expected);
  });

  test.each([
    [{}, 'Time series rst.ratio.clt, rst.ratio.srv'],
    [
      { kind: 'top', metrics: ['rst.count'], groupBy: ['client.ip'], filter: ' rst.count > 0\n and ct.count = 0 ' },
      'Top rst.count by client.ip where rst.count > 0 and ct.count = 0',
    ],
    [
      { kind: 'connections', adHoc: [{ key: 'server.ip', operator: '=|', value: 'a', values: ['a', 'b'] }] },
      'Connections where server.ip =| {a, b}',
    ],
    [{ kind: 'values', field: 'client.ip' }, 'Values of client.ip'],
    [{ kind: 'values' }, 'Values of …'],
  ])('%o reads %s', (model, text) => {
    expect(displayText(query(model as Partial<TcpQuery>))).toBe(text);
  });
});

describe('another kind of the same query', () => {
  test('defaults give way to defaults', () => {
    const { metrics, groupBy, orderBy } = changeKind(query({}), 'top');
    expect(metrics).toEqual(kinds.top.defaultMetrics);
    expect(groupBy).toEqual(['client.ip']);
    expect(orderBy).toEqual({ field: 'rst.count.srv', direction: 'desc' });
    expect(changeKind(query({ ...changeKind(query({}), 'top') }), 'timeseries')).toMatchObject(defaultQuery);
  });

  test('choices are kept where they mean the same', () => {
    const chosen = query({ metrics: ['refused.count'], groupBy: ['server.ip'], filter: 'ct.count = 0', limit: 25 });
    expect(changeKind(chosen, 'top')).toMatchObject({
      ...chosen,
      kind: 'top',
      orderBy: { field: 'refused.count', direction: 'desc' },
    });
    expect(changeKind(chosen, 'conversations')).toMatchObject({ metrics: ['refused.count'], groupBy: [], limit: 25 });
  });

  test('what is left out stays out of kinds that count windows, and is forgotten by others', () => {
    const chosen = query({ ...changeKind(query({}), 'top'), leaveOut: ['scans', 'poor-captures'] });
    expect(changeKind(chosen, 'closes').leaveOut).toEqual(['scans', 'poor-captures']);
    expect(changeKind(chosen, 'connections').leaveOut).toBeUndefined();
  });

  test('nothing is left that the new kind would read otherwise', () => {
    const there = changeKind(query({ metrics: ['refused.count'], groupBy: ['server.ip'] }), 'connections');
    expect(there).toMatchObject({
      metrics: [],
      groupBy: [],
      limit: 100,
      orderBy: { field: 'start', direction: 'desc' },
    });
    const back = changeKind({ ...there, metrics: ['close', 'history'] }, 'timeseries');
    expect(back).toEqual({ refId: 'A', ...defaultQuery });
  });

  test('an order by a name that is still there is kept', () => {
    const ordered = query({
      kind: 'top',
      metrics: ['syn.count', 'rst.count'],
      orderBy: { field: 'syn.count', direction: 'asc' },
    });
    expect(changeKind(ordered, 'conversations').orderBy).toEqual(ordered.orderBy);
    expect(changeNames(ordered, { metrics: ['rst.count'] }).orderBy).toBeUndefined();
  });

  test.each(queryKinds)('%s is complete and runnable from a new query, but for a field to choose', (kind) => {
    expect(isRunnable({ ...changeKind(query({}), kind), field: 'client.ip' })).toBe(true);
  });
});
