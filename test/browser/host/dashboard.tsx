import { useEffect, useState } from 'react';
import {
  type DataFrame,
  type DataSourceApi,
  type Field,
  type FieldConfig,
  type GrafanaTheme2,
  LoadingState,
  type TimeRange,
  applyFieldOverrides,
  cacheFieldDisplayNames,
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
  renderMarkdown,
  transformDataFrame,
} from '@grafana/data';
import {
  BarGauge,
  BigValue,
  BigValueColorMode,
  BigValueGraphMode,
  PanelChrome,
  TimeSeries,
  useTheme2,
} from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { BarGaugeDisplayMode, VizOrientation } from '@grafana/schema';
import { firstValueFrom, from, last } from 'rxjs';
import type { PanelResult } from '../hostApi';
import { variables } from './services';

/* Dashboard JSON is Grafana's, and only what the panels below use of it. */
export interface Dashboard {
  title: string;
  panels: Panel[];
  templating?: { list: Array<{ name: string; type: string }> };
}
interface Panel {
  id: number;
  title?: string;
  type: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: Array<Record<string, unknown> & { refId: string; hide?: boolean; datasource?: { uid?: string } }>;
  fieldConfig?: { defaults: FieldConfig; overrides: Override[] };
  options?: Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any
  transformations?: Array<{ id: string; options: Record<string, unknown> }>;
  maxDataPoints?: number;
  panels?: Panel[];
}
interface Override {
  matcher: { id: string; options: string };
  properties: Array<{ id: string; value: unknown }>;
}

const cell = { width: 1 / 24, height: 38 };

function matches({ id, options }: Override['matcher'], field: Field): boolean {
  switch (id) {
    case 'byName':
      return field.name === options;
    case 'byRegexp':
      return new RegExp(options.replace(/^\/|\/\w*$/g, '')).test(field.name);
    case 'byType':
      return field.type === options;
    default:
      return false;
  }
}

/** A display name in which labels of the field may stand. */
const named = (text: string, { labels = {} }: Field) =>
  text.replace(/\$\{__field\.labels\.(\w+)\}/g, (_, label: string) => labels[label] ?? '');

/** The panel's settings laid over those that came in the frame, as Grafana does: defaults first, overrides last. */
function configured(field: Field, panel: Panel): Field {
  const { defaults = {}, overrides = [] } = panel.fieldConfig ?? {};
  const color = { mode: panel.type === 'timeseries' ? 'palette-classic' : 'thresholds' };
  const config: Record<string, unknown> = { color, ...defaults, ...field.config };
  const custom: Record<string, unknown> = { lineWidth: 1, fillOpacity: 10, showPoints: 'never', ...defaults.custom };
  for (const { properties } of overrides.filter(({ matcher }) => matches(matcher, field))) {
    for (const { id, value } of properties) {
      const written = id === 'displayName' ? named(String(value), field) : value;
      (id.startsWith('custom.') ? custom : config)[id.replace(/^custom\./, '')] = written;
    }
  }
  return { ...field, config: { ...config, custom } };
}

async function load(panel: Panel, datasource: DataSourceApi, range: TimeRange, width: number): Promise<DataFrame[]> {
  const targets = (panel.targets ?? []).filter((target) => target.datasource?.uid !== '__expr__');
  const asked = targets
    .map(({ datasource: _, ...target }) => target)
    .filter((target) => datasource.filterQuery?.(target as never) ?? true);
  if (asked.length === 0) {
    return [];
  }
  const span = range.to.valueOf() - range.from.valueOf();
  const maxDataPoints = panel.maxDataPoints ?? Math.max(Math.round(width), 1);
  const request = { requestId: `Q${panel.id}`, range, targets: asked, scopedVars: {}, maxDataPoints };
  const interval = { intervalMs: Math.max(Math.round(span / maxDataPoints), 1000), interval: '1s' };
  const answer = await firstValueFrom(
    from(datasource.query({ ...request, ...interval, app: 'dashboard', timezone: 'utc', startTime: 0 } as never)).pipe(
      last()
    )
  );
  if (answer.state === LoadingState.Error || (answer.errors?.length ?? 0) > 0) {
    throw new Error(answer.errors?.map(({ message }) => message).join('; ') ?? 'error without a message');
  }
  const transformations = panel.transformations ?? [];
  return transformations.length === 0
    ? answer.data
    : firstValueFrom(transformDataFrame(transformations as never, answer.data as DataFrame[]));
}

interface DashboardProps {
  dashboard: Dashboard;
  datasource: DataSourceApi;
  range: TimeRange;
  width: number;
  onPanel: (result: PanelResult) => void;
}

/** Draws a dashboard with the components that Grafana's own panels are made of. */
export function DashboardView({ dashboard, datasource, range, width, onPanel }: DashboardProps) {
  const panels = dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  const height = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h)) * cell.height;
  return (
    <div>
      <h2>{dashboard.title}</h2>
      <div data-testid="variables" style={{ display: 'flex', gap: 16, marginBottom: 8 }}>
        {variables.variables.map(({ name, value }) => (
          <span key={name}>
            {name}: <b>{[value].flat().join(', ').replace('$__all', 'All')}</b>
          </span>
        ))}
      </div>
      <div style={{ position: 'relative', width, height }}>
        {panels.map((panel) => (
          <PanelView key={panel.id} {...{ panel, datasource, range, onPanel }} total={width} />
        ))}
      </div>
    </div>
  );
}

type PanelProps = Omit<DashboardProps, 'dashboard' | 'width'> & { panel: Panel; total: number };

function PanelView({ panel, datasource, range, total, onPanel }: PanelProps) {
  const theme = useTheme2();
  const [frames, setFrames] = useState<DataFrame[]>();
  const [error, setError] = useState<string>();
  const { x, y, w, h } = panel.gridPos;
  const size = { width: w * cell.width * total - 8, height: h * cell.height - 8 };
  const title = variables.replace(panel.title ?? '');

  useEffect(() => {
    const done = (loaded: DataFrame[], failure?: string) =>
      onPanel({
        title,
        type: panel.type,
        ...(failure !== undefined && { error: failure }),
        frames: loaded.map((frame) => ({ fields: frame.fields.map(({ name }) => name), rows: frame.length })),
        notices: loaded.flatMap((frame) => frame.meta?.notices?.map(({ text }) => text) ?? []),
      });
    load(panel, datasource, range, size.width).then(
      (loaded) => (setFrames(loaded), done(loaded)),
      (failure: Error) => (setError(failure.message), done([], failure.message))
    );
    // One load for each panel: the page is made anew for another time range or other variables.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  if (panel.type === 'row') {
    return <h4 style={{ position: 'absolute', left: 0, top: y * cell.height }}>{title}</h4>;
  }
  return (
    <div
      style={{ position: 'absolute', left: x * cell.width * total, top: y * cell.height }}
      data-testid={`panel ${title}`}
    >
      <PanelChrome title={title} {...size}>
        {(width: number, height: number) =>
          error !== undefined ? (
            <pre role="alert">{error}</pre>
          ) : (
            <PanelBody {...{ panel, theme, range, width, height }} frames={frames ?? []} />
          )
        }
      </PanelChrome>
    </div>
  );
}

interface BodyProps {
  panel: Panel;
  frames: DataFrame[];
  theme: GrafanaTheme2;
  range: TimeRange;
  width: number;
  height: number;
}

function PanelBody({ panel, frames, theme, range, width, height }: BodyProps) {
  const replaceVariables = variables.replace.bind(variables);
  if (panel.type === 'text') {
    const text = replaceVariables(String(panel.options?.content ?? ''));
    return <div className="markdown-html" dangerouslySetInnerHTML={{ __html: renderMarkdown(text) }} />;
  }
  if (frames.every((frame) => frame.length === 0)) {
    return <div>No data</div>;
  }
  const fieldConfig = { defaults: {}, overrides: [] };
  const data = applyFieldOverrides({
    data: frames.map((frame) => ({ ...frame, fields: frame.fields.map((field) => configured(field, panel)) })),
    fieldConfig,
    replaceVariables,
    theme,
    timeZone: 'utc',
  });
  cacheFieldDisplayNames(data);
  switch (panel.type) {
    case 'timeseries': {
      const legend = {
        showLegend: true,
        displayMode: 'list',
        placement: 'bottom',
        calcs: [],
        ...panel.options?.legend,
      };
      return (
        <TimeSeries frames={data} timeRange={range} timeZone="utc" {...{ legend, width, height }} structureRev={1} />
      );
    }
    case 'stat':
    case 'gauge':
    case 'bargauge':
    case 'piechart':
    case 'barchart': {
      const reduceOptions = { values: panel.type === 'piechart' || panel.type === 'barchart', calcs: ['lastNotNull'] };
      const values = getFieldDisplayValues({
        fieldConfig,
        reduceOptions: { ...reduceOptions, ...panel.options?.reduceOptions },
        replaceVariables,
        theme,
        data,
        timeZone: 'utc',
      });
      const stat = panel.type === 'stat';
      const text = panel.options?.text;
      const alignmentFactors = getDisplayValueAlignmentFactors(values);
      // Grafana gives all bars of a panel the room that the longest title needs.
      const longest = values.map(({ display }) => display.title ?? '').sort((a, b) => b.length - a.length)[0];
      alignmentFactors.title = longest;
      const each = stat ? { width: width / values.length, height } : { width, height: height / values.length };
      return (
        <div style={{ display: 'flex', flexDirection: stat ? 'row' : 'column' }}>
          {values.map(({ display, field }, i) =>
            stat ? (
              <BigValue
                key={i}
                value={display}
                theme={theme}
                colorMode={BigValueColorMode.Value}
                graphMode={BigValueGraphMode.None}
                text={text}
                {...each}
              />
            ) : (
              <BarGauge
                key={i}
                value={display}
                field={field}
                theme={theme}
                displayMode={BarGaugeDisplayMode.Basic}
                orientation={VizOrientation.Horizontal}
                {...{ text, alignmentFactors }}
                {...each}
              />
            )
          )}
        </div>
      );
    }
    default:
      return (
        <TableNG
          data={data[0]}
          structureRev={1}
          {...{ width, height, fieldConfig }}
          disableKeyboardEvents // of no use here, and one reason less to draw anew
        />
      );
  }
}
