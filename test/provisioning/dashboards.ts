import { readFileSync, readdirSync } from 'node:fs';
import { inRepository } from '../plugin-host/paths.js';

/* What the tests look at of Grafana's dashboard JSON. */
export interface Target {
  refId: string;
  kind: string;
  metrics?: string[];
  groupBy?: string[];
  filter?: string;
  [key: string]: unknown;
}
export interface Link {
  title: string;
  url: string;
}
export interface Panel {
  id: number;
  type: string;
  title?: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets: Target[];
  fieldConfig: {
    defaults: Record<string, unknown>;
    overrides: Array<{
      matcher: { id: string; options: string };
      properties: Array<{ id: string; value: unknown }>;
    }>;
  };
  transformations?: Array<{ id: string }>;
}
export interface Dashboard {
  uid: string;
  title: string;
  description: string;
  tags: string[];
  schemaVersion: number;
  panels: Panel[];
  templating: { list: Array<{ name: string; type: string; label?: string; query?: string }> };
}

const folder = inRepository('src/dashboards');

/** The dashboards that come with the plugin, by file name. */
export const dashboards: ReadonlyArray<readonly [file: string, dashboard: Dashboard]> = readdirSync(folder).map(
  (file) => [file, JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as Dashboard]
);

/** Every data link of a panel, with the field whose cells carry it. */
export function linksOf(panel: Panel): Array<{ field: string; link: Link }> {
  return panel.fieldConfig.overrides.flatMap(({ matcher, properties }) =>
    properties
      .filter(({ id }) => id === 'links')
      .flatMap(({ value }) => (value as Link[]).map((link) => ({ field: matcher.options, link })))
  );
}

/** Values of a row, and of dashboard variables. */
export interface Context {
  field: string;
  row: Record<string, string>;
  variables: Record<string, string>;
}

/**
 * Follows a data link as Grafana does: values with the format `percentencode` are encoded whole, `queryparam` writes
 * `var-NAME=…`, everything else stays. Throws for what the dashboard cannot know.
 */
export function follow(url: string, { field, row, variables }: Context): URL {
  const written = url.replace(/\$\{([^{}]+)\}/g, (reference, inside: string) => {
    const [, name = '', format = ''] = /^(.*?)(?::([a-z]+))?$/.exec(inside) ?? [];
    if (name === '__url_time_range') {
      return 'from=1000&to=2000';
    }
    const other = /^__data\.fields\["([^"]+)"\]$/.exec(name)?.[1];
    const value = name === '__value.raw' ? row[field] : other !== undefined ? row[other] : variables[name];
    if (value === undefined) {
      throw new Error(`nothing is known of ${reference}`);
    }
    switch (format) {
      case 'percentencode':
        return encodeURIComponent(value);
      case 'queryparam':
        return `var-${name}=${encodeURIComponent(value)}`;
      default:
        throw new Error(`${reference} would be put into a URL as it is`);
    }
  });
  return new URL(written, 'http://grafana');
}
