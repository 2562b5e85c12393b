import React, { useState } from 'react';
import type { DataSourceSettings } from '@grafana/data';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { ConfigEditor, defaultUrl } from './ConfigEditor';
import type { TcpOptions, TcpSecureOptions } from '../types';

type Options = DataSourceSettings<TcpOptions, TcpSecureOptions>;

function edit(options: Partial<Options>) {
  const seen = { options: { jsonData: {}, secureJsonFields: {}, url: '', ...options } as Options };
  function Holder() {
    const [current, setCurrent] = useState(seen.options);
    seen.options = current;
    return <ConfigEditor options={current} onOptionsChange={setCurrent} />;
  }
  render(<Holder />);
  return { seen, user: userEvent.setup() };
}

describe('the settings', () => {
  test('begin with the analyzer’s own address', () => {
    expect(edit({}).seen.options.url).toBe(defaultUrl);
  });

  test('leave a saved address, and a provisioned data source, as they are', () => {
    expect(edit({ url: 'https://tcp.example' }).seen.options.url).toBe('https://tcp.example');
    expect(edit({ url: '', readOnly: true }).seen.options.url).toBe('');
  });

  test('a stored token is not shown, and can be replaced', async () => {
    const { seen, user } = edit({ secureJsonFields: { token: true } });
    expect(screen.getByDisplayValue('configured')).toBeDisabled();
    await user.click(screen.getByRole('button', { name: 'Reset' }));
    expect(seen.options.secureJsonFields.token).toBe(false);
    await user.type(screen.getByPlaceholderText('Token'), 'new');
    expect(seen.options.secureJsonData?.token).toBe('new');
  });

  test('a token is forgotten when another method is chosen', async () => {
    const { seen, user } = edit({ secureJsonFields: { token: true } });
    await user.click(screen.getByLabelText('Authentication method'));
    await user.click(await screen.findByText('For a proxy in front of the analyzer'));
    expect(seen.options.basicAuth).toBe(true);
    expect(seen.options.secureJsonFields.token).toBe(false);
    expect(seen.options.secureJsonData?.token).toBe('');
  });
});
