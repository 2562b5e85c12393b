import './boot';
import 'uplot/dist/uPlot.min.css';
import React, { useState } from 'react';
import { createRoot } from 'react-dom/client';
import {
  type DataQueryResponse,
  type DataSourceApi,
  type DataSourcePlugin,
  ThemeContext,
  createTheme,
  dateTime,
} from '@grafana/data';
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import { firstValueFrom, from, last } from 'rxjs';
import type { HostApi, PanelResult, Variable } from '../hostApi';
import { DashboardView, type Dashboard } from './dashboard';
import { loadPlugin } from './modules';
import { startServices, variables } from './services';

type Plugin = DataSourcePlugin<DataSourceApi>;
type Editor = React.ComponentType<Record<string, unknown>>;

const theme = createTheme({
  colors: { mode: new URLSearchParams(location.search).get('theme') === 'light' ? 'light' : 'dark' },
});

const settings = {
  id: 1,
  uid: 'tcpevents',
  type: 'tcpscope-tcpevents-datasource',
  name: 'TCP Events',
  url: '/api/datasources/proxy/uid/tcpevents',
  access: 'proxy',
  jsonData: {},
  readOnly: false,
  meta: { id: 'tcpscope-tcpevents-datasource', name: 'TCP Events', info: {} },
};

function Page({ children }: { children: React.ReactNode }) {
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div style={{ padding: 16, background: theme.colors.background.primary, minHeight: '100vh' }}>{children}</div>
      <PortalContainer />
    </ThemeContext.Provider>
  );
}

const root = createRoot(document.getElementById('root')!);
const show = (element: React.ReactNode) => root.render(<Page>{element}</Page>);

function rangeOf(fromMs: number, toMs: number) {
  const range = { from: dateTime(fromMs).utc(), to: dateTime(toMs).utc() };
  return { ...range, raw: range };
}

/** Holds what an editor edits, as Grafana does, and lets a test read it. */
function Edited({
  editor: Component,
  initial,
  pass,
}: {
  editor: Editor;
  initial: object;
  pass: (value: object, set: (value: object) => void) => object;
}) {
  const [value, setValue] = useState(initial);
  state.edited = value;
  return <Component {...pass(value, setValue)} />;
}

const state = { edited: {} as object, runs: 0, panels: [] as PanelResult[] };

/** What tests call in the page. */
const host: HostApi & { plugin: Plugin; datasource: DataSourceApi } = {
  react: React.version,
  state,
  async open(): Promise<void> {
    const { plugin } = await loadPlugin<{ plugin: Plugin }>('/plugin/module.js');
    Object.assign(host, { plugin, datasource: new plugin.DataSourceClass(settings as never) });
  },
  plugin: undefined as unknown as Plugin,
  datasource: undefined as unknown as DataSourceApi,

  showConfigEditor(options: object): void {
    const initial = { ...settings, url: '', basicAuth: false, basicAuthUser: '', user: '', database: '', ...options };
    const empty = { secureJsonFields: {}, secureJsonData: {}, ...initial };
    show(
      <Edited
        key={Math.random()}
        editor={host.plugin.components.ConfigEditor as unknown as Editor}
        initial={empty}
        pass={(value, set) => ({ options: value, onOptionsChange: set })}
      />
    );
  },

  showQueryEditor(query: object, app = 'dashboard'): void {
    state.runs = 0;
    const first = { ...host.datasource.getDefaultQuery?.(app as never), refId: 'A', ...query };
    show(
      <Edited
        key={Math.random()}
        editor={host.plugin.components.QueryEditor as unknown as Editor}
        initial={first}
        pass={(value, set) => ({
          app,
          datasource: host.datasource,
          query: value,
          onChange: set,
          onRunQuery: () => (state.runs += 1),
        })}
      />
    );
  },

  showVariableEditor(query: object): void {
    const support = host.datasource.variables as unknown as { editor: Editor };
    show(
      <Edited
        key={Math.random()}
        editor={support.editor}
        initial={query}
        pass={(value, set) => ({
          datasource: host.datasource,
          query: value,
          onChange: set,
          onRunQuery: () => undefined,
        })}
      />
    );
  },

  /** Values of a query variable. */
  async variableValues(query: object, fromMs: number, toMs: number): Promise<string[]> {
    const support = host.datasource.variables as unknown as { query(request: object): Parameters<typeof from>[0] };
    const request = { targets: [query], range: rangeOf(fromMs, toMs), scopedVars: {} };
    const answer = (await firstValueFrom(from(support.query(request)))) as DataQueryResponse;
    return (answer.data as unknown as Array<{ text: string }>).map(({ text }) => text);
  },

  setVariables(list: Variable[]): void {
    variables.variables = list;
  },

  /** Answers of a query as a panel gets them. */
  async query(targets: object[], fromMs: number, toMs: number, filters: object[] = []) {
    const request = { requestId: 'Q', range: rangeOf(fromMs, toMs), targets, scopedVars: {}, filters };
    const answer = (await firstValueFrom(
      from(host.datasource.query({ ...request, intervalMs: 10_000, maxDataPoints: 300 } as never)).pipe(last())
    )) as DataQueryResponse;
    return {
      errors: answer.errors?.map(({ message, refId }) => ({ message, refId })) ?? [],
      frames: answer.data.map((frame: { refId: string; fields: Array<{ name: string }>; length: number }) => ({
        refId: frame.refId,
        fields: frame.fields.map(({ name }) => name),
        rows: frame.length,
      })),
    };
  },

  /** Draws a dashboard and waits until every panel has its answer. */
  async showDashboard(json: object, fromMs: number, toMs: number): Promise<PanelResult[]> {
    const dashboard = json as Dashboard;
    state.panels = [];
    variables.range = { from: String(fromMs), to: String(toMs) };
    const expected = dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]).length;
    await new Promise<void>((resolve) => {
      const onPanel = (result: PanelResult) => {
        state.panels.push(result);
        if (state.panels.length === expected) {
          resolve();
        }
      };
      const width = Math.max(document.documentElement.clientWidth - 32, 300);
      const range = rangeOf(fromMs, toMs);
      const view = { dashboard, range, width, onPanel, datasource: host.datasource };
      show(<DashboardView key={Math.random()} {...view} />);
    });
    await new Promise((resolve) => setTimeout(resolve, 300)); // the last panel is being drawn
    return state.panels;
  },
};

startServices();
Object.assign(window, { host });
