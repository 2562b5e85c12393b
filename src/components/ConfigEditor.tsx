import React, { useEffect, useState } from 'react';
import { css } from '@emotion/css';
import type { DataSourcePluginOptionsEditorProps, GrafanaTheme2 } from '@grafana/data';
import {
  AdvancedHttpSettings,
  Auth,
  AuthMethod,
  ConfigSection,
  ConnectionSettings,
  convertLegacyAuthProps,
  DataSourceDescription,
} from '@grafana/plugin-ui';
import { config } from '@grafana/runtime';
import { Divider, SecureSocksProxySettings, useStyles2 } from '@grafana/ui';
import type { TcpOptions, TcpSecureOptions } from '../types';
import { TokenInput } from './TokenInput';

export const defaultUrl = 'http://127.0.0.1:8477';
const tokenMethod = 'custom-token';

type Props = DataSourcePluginOptionsEditorProps<TcpOptions, TcpSecureOptions>;

/** Where the analyzer is and how to prove who asks. Everything is read by the plugin's backend, nothing by the browser. */
export function ConfigEditor({ options, onOptionsChange }: Props) {
  const styles = useStyles2(getStyles);
  const auth = convertLegacyAuthProps({ config: options, onChange: onOptionsChange });
  const saved = options.secureJsonFields?.token ? tokenMethod : undefined;
  const [chosen, setChosen] = useState<typeof auth.selectedMethod>();
  const method = chosen ?? (options.basicAuth ? AuthMethod.BasicAuth : (saved ?? AuthMethod.NoAuth));

  // A new data source begins with the analyzer's own default; one that was saved empty means the same to the backend.
  useEffect(() => {
    if (!options.url && !options.readOnly) {
      onOptionsChange({ ...options, url: defaultUrl });
    }
    // Once, not again while the user is typing.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  const setToken = (token: string | undefined, configured: boolean) =>
    onOptionsChange({
      ...options,
      secureJsonFields: { ...options.secureJsonFields, token: configured },
      secureJsonData: { ...options.secureJsonData, token },
    });

  const selectMethod = (next: typeof auth.selectedMethod) => {
    setChosen(next);
    // Only one of the two can be in the Authorization header: leaving the token behind would win over the password.
    onOptionsChange({
      ...options,
      basicAuth: next === AuthMethod.BasicAuth,
      ...(next !== tokenMethod && {
        secureJsonFields: { ...options.secureJsonFields, token: false },
        secureJsonData: { ...options.secureJsonData, token: '' },
      }),
    });
  };

  return (
    <>
      <DataSourceDescription
        dataSourceName="TCP Events"
        docsLink="https://github.com/tcpscope/tcpscope/blob/main/README.md"
        hasRequiredFields
      />
      <Divider spacing={4} />
      <ConnectionSettings
        config={options}
        onChange={onOptionsChange}
        urlPlaceholder={defaultUrl}
        urlTooltip="The analyzer’s address as seen from the Grafana server, not from your browser"
      />
      <Divider spacing={4} />
      <Auth
        {...auth}
        selectedMethod={method}
        visibleMethods={[tokenMethod, AuthMethod.BasicAuth, AuthMethod.NoAuth]}
        defaultOptionsOverrides={{
          [AuthMethod.NoAuth]: {
            label: 'No authentication',
            description: 'For an analyzer that listens on the loopback address only',
          },
          [AuthMethod.BasicAuth]: { description: 'For a proxy in front of the analyzer' },
        }}
        customMethods={[
          {
            id: tokenMethod,
            label: 'Token',
            description: 'One of the analyzer’s API tokens',
            component: (
              <TokenInput
                configured={Boolean(options.secureJsonFields?.token)}
                value={options.secureJsonData?.token ?? ''}
                readOnly={Boolean(options.readOnly)}
                onChange={(token) => setToken(token, false)}
                onReset={() => {
                  setChosen(tokenMethod); // stays on the page while there is none
                  setToken('', false);
                }}
              />
            ),
          },
        ]}
        onAuthMethodSelect={selectMethod}
      />
      <Divider spacing={4} />
      <ConfigSection
        title="Additional settings"
        description="Timeouts and cookies, for slow or unusual networks."
        isCollapsible
        isInitiallyOpen={false}
      >
        <div className={styles.advanced}>
          <AdvancedHttpSettings config={options} onChange={onOptionsChange} />
          {config.secureSocksDSProxyEnabled && (
            <SecureSocksProxySettings options={options} onOptionsChange={onOptionsChange} />
          )}
        </div>
      </ConfigSection>
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({ advanced: css({ marginTop: theme.spacing(1) }) });
