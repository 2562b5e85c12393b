import type { SeriesAnswer } from '../../query/index.js';
import { fieldConfig } from './config.js';
import { frameField, type Frame, type FrameMeta } from './frame.js';

/** One frame for each series and metric; dimensions are labels, so alert rules and expressions tell series apart. */
export function seriesFrames(answer: SeriesAnswer, refId: string, legend: string, meta: FrameMeta): Frame[] {
  const { metrics, groupBy, series, times, step } = answer;
  const time = frameField('time', 'time', { nullable: false, config: { interval: step * 1000 } });
  const instants = times.map((second) => second * 1000);
  const frames = metrics.flatMap((metric, m) =>
    series.map(({ keys, values }): Frame => {
      const labels = Object.fromEntries(groupBy.map(({ name }, i) => [name, keys[i] ?? '']));
      const name = legend === '' ? {} : { displayNameFromDS: legendText(legend, metric.name, labels) };
      const config = { ...fieldConfig(metric), ...name };
      const value = frameField(metric.name, 'number', { nullable: true, labels, config });
      return { schema: { refId, meta, fields: [time, value] }, data: { values: [instants, values[m] ?? []] } };
    })
  );
  // What was asked and what to know of it is said once.
  return frames.map(({ schema, data }, i) => ({ schema: i === 0 ? schema : { ...schema, meta: bare(meta) }, data }));
}

function bare({ type, typeVersion }: FrameMeta): FrameMeta {
  return { type, typeVersion };
}

/** `{{metric}}` and `{{dimension}}` replaced; what is not known stays as it is. */
export function legendText(legend: string, metric: string, labels: Readonly<Record<string, string>>): string {
  return legend.replace(/\{\{\s*([^{}]*?)\s*\}\}/g, (written, name: string) =>
    name === 'metric' ? metric : Object.hasOwn(labels, name) ? labels[name]! : written
  );
}
