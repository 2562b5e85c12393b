import React, { useState } from 'react';
import { CoreApp } from '@grafana/data';
import { act, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { QueryEditor } from './QueryEditor';
import { fakeDatasource } from '../test/datasource';
import type { TcpQuery } from '../types';

/** Shows the editor as Grafana does and returns what it makes of the query. */
async function edit(
  model: Partial<TcpQuery>,
  answers: Parameters<typeof fakeDatasource>[0] = {},
  app = CoreApp.Dashboard
) {
  const fake = fakeDatasource(answers);
  const onRunQuery = jest.fn();
  const seen: { query: TcpQuery } = { query: { refId: 'A', ...model } };
  function Holder() {
    const [query, setQuery] = useState(seen.query);
    seen.query = query;
    return (
      <QueryEditor app={app} datasource={fake.datasource} query={query} onChange={setQuery} onRunQuery={onRunQuery} />
    );
  }
  render(<Holder />);
  await act(async () => {}); // the catalogue arrives
  return { ...fake, onRunQuery, seen, user: userEvent.setup() };
}

describe('the query editor', () => {
  test.each([
    ['timeseries', ['Show', 'Metrics', 'Group by', 'Filter', 'Legend'], ['Limit', 'Order by', 'Field']],
    ['top', ['Show', 'Metrics', 'Group by', 'Filter', 'Order by', 'Limit'], ['Legend', 'Field']],
    ['conversations', ['Show', 'Metrics', 'Also show', 'Filter', 'Order by', 'Limit'], ['Group by', 'Legend']],
    ['connections', ['Show', 'Columns', 'Filter', 'Order by', 'Limit'], ['Metrics', 'Group by', 'Legend']],
    ['causes', ['Show', 'Group by', 'Filter', 'Limit'], ['Metrics', 'Order by', 'Filter applies to']],
    ['findings', ['Show', 'Filter', 'Limit'], ['Metrics', 'Group by', 'Order by', 'Filter applies to']],
    ['feed', ['Show', 'Metrics', 'Group by', 'Order by', 'Limit'], ['Filter', 'Legend', 'Field']],
    ['feedseries', ['Show', 'Metrics', 'Group by', 'Limit', 'Legend'], ['Filter', 'Field']],
    ['closes', ['Show', 'Group by', 'Filter', 'Leave out'], ['Metrics', 'Order by', 'Limit']],
    ['values', ['Show', 'Field', 'Limit'], ['Metrics', 'Filter', 'Group by', 'Leave out']],
    ['health', ['Show'], ['Metrics', 'Filter', 'Group by', 'Limit']],
  ] as const)('has for %s what it can use', async (kind, shown, hidden) => {
    await edit({ kind });
    const control = (label: string) => screen.queryAllByLabelText(new RegExp(`^${label}`));
    for (const label of shown) {
      expect([label, control(label).length > 0]).toEqual([label, true]);
    }
    for (const label of hidden) {
      expect([label, control(label).length > 0]).toEqual([label, false]);
    }
  });

  test('a grouped time series has an order and a limit', async () => {
    await edit({ groupBy: ['client.ip'] });
    expect(screen.getByLabelText(/^Limit/)).toBeInTheDocument();
    expect(screen.getByLabelText(/^Order by/)).toBeInTheDocument();
  });

  test('typing changes the query, and Enter runs it', async () => {
    const { seen, onRunQuery, user } = await edit({});
    await user.type(screen.getByLabelText('Filter'), 'rst.count > 0');
    expect(seen.query.filter).toBe('rst.count > 0');
    expect(onRunQuery).not.toHaveBeenCalled();
    await user.keyboard('{Enter}');
    expect(seen.query.filter).toBe('rst.count > 0');
    expect(onRunQuery).toHaveBeenCalled();
  });

  test('a limit is a number or a variable, and nothing is the default', async () => {
    const { seen, user } = await edit({ kind: 'connections' });
    const limit = screen.getByLabelText(/^Limit/);
    for (const [typed, saved] of [
      ['25', 25],
      ['$most', '$most'],
    ] as const) {
      await user.clear(limit);
      await user.type(limit, `${typed}{Enter}`);
      expect(seen.query.limit).toBe(saved);
    }
    await user.clear(limit);
    await user.tab();
    expect(limit).toHaveValue('100');
  });

  test('says where a filter is wrong and puts the suggestion in its place', async () => {
    const problem = {
      code: 'X',
      message: 'There is no field "rst.cuont".',
      position: { start: 0, end: 9 },
      hint: 'rst.count',
    };
    const { seen, onRunQuery, user } = await edit({ filter: 'rst.cuont > 0' }, { filter: { ok: false, problem } });
    expect(await screen.findByText('There is no field "rst.cuont".')).toBeInTheDocument();
    expect(screen.getByLabelText('Where the filter is wrong')).toHaveTextContent('rst.cuont > 0');
    expect(screen.getByLabelText('Filter')).toBeInvalid();
    await user.click(screen.getByRole('button', { name: 'Use rst.count' }));
    expect(seen.query.filter).toBe('rst.count > 0');
    expect(onRunQuery).toHaveBeenCalled();
  });

  test('offers the filter that the analyzer advises', async () => {
    const advice = [
      { code: 'ratio-null', message: 'syn.ratio is null at times.', filter: 'syn.ratio > 3 or ct.count = 0' },
    ];
    const { seen, user } = await edit({ filter: 'syn.ratio > 3' }, { filter: { ok: true, advice } });
    await user.click(await screen.findByRole('button', { name: 'Use it' }));
    expect(seen.query.filter).toBe('syn.ratio > 3 or ct.count = 0');
  });

  test('shows advice that has no filter to offer', async () => {
    const advice = [{ code: 'rst-noconn', message: 'This counts refusals, too.' }];
    await edit({ filter: 'rst.count > 0 and ct.count = 0' }, { filter: { ok: true, advice } });
    expect(await screen.findByText('This counts refusals, too.')).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Use it' })).not.toBeInTheDocument();
  });

  test('asks about a filter once it rests, not about an empty one', async () => {
    const { postResource, user } = await edit({});
    await user.type(screen.getByLabelText('Filter'), 'ct.count = 0');
    await waitFor(() => expect(postResource).toHaveBeenCalled());
    expect(postResource).toHaveBeenCalledTimes(1);
    expect(postResource.mock.calls[0].slice(0, 2)).toEqual(['filter', { text: 'ct.count = 0', rows: 'windows' }]);
  });

  test('says when the analyzer cannot be asked', async () => {
    await edit({ filter: 'x' }, { fields: new Error('Nothing listens'), filter: new Error('Nothing listens') });
    expect(screen.getByText('The list of fields could not be loaded')).toBeInTheDocument();
    expect(await screen.findByText('The filter could not be checked: Nothing listens')).toBeInTheDocument();
  });

  test('warns of variables where there is no dashboard', async () => {
    await edit({ filter: 'server.ip = $server' }, {}, CoreApp.UnifiedAlerting);
    expect(screen.getByText('Alert rules have no dashboard variables')).toBeInTheDocument();
  });
});
