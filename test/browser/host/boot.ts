/** What Grafana's server puts into the page. It must be there before @grafana/runtime is evaluated. */
const query = new URLSearchParams(window.location.search);

Object.assign(window, {
  grafanaBootData: {
    assets: { dark: '', light: '' },
    settings: {
      appSubUrl: '',
      buildInfo: { version: '0.0.0', commit: '', env: 'development' },
      datasources: {},
      defaultDatasource: 'TCP Events',
      featureToggles: {},
      language: 'en-US',
      namespace: 'default',
      secureSocksDSProxyEnabled: false,
    },
    user: {
      theme: query.get('theme') ?? 'dark',
      orgId: 1,
      isSignedIn: true,
      locale: 'en-US',
      timezone: 'utc',
      weekStart: 'monday',
      permissions: {},
    },
    navTree: [],
  },
});
