/**
 * Grafana's data frames as JSON. The reader of Grafana's plugin SDK depends on the order of keys: `schema` before `data`,
 * `values` before `nanos`.
 */
export interface Frame {
  readonly schema: {
    readonly refId: string;
    readonly meta: FrameMeta;
    readonly fields: readonly FrameField[];
  };
  readonly data: {
    readonly values: ReadonlyArray<readonly unknown[]>;
    readonly nanos?: ReadonlyArray<readonly number[] | null>;
  };
}

export type FrameType = 'timeseries-multi' | 'numeric-long' | 'numeric-wide' | 'table';

export interface FrameMeta {
  readonly type: FrameType;
  /** [0, 1] is the version of the dataplane contract; tables have none. */
  readonly typeVersion: readonly [number, number];
  readonly executedQueryString?: string;
  readonly notices?: ReadonlyArray<{ readonly severity: 'info' | 'warning'; readonly text: string }>;
  readonly preferredVisualisationType?: 'graph' | 'table';
}

export interface FrameField {
  readonly name: string;
  readonly type: 'time' | 'number' | 'string' | 'boolean';
  readonly typeInfo: { readonly frame: 'time.Time' | 'float64' | 'string' | 'bool'; readonly nullable: boolean };
  readonly labels?: Readonly<Record<string, string>>;
  readonly config?: FieldConfig;
}

export interface FieldConfig {
  readonly unit?: string;
  readonly description?: string;
  readonly filterable?: boolean;
  /** Milliseconds between two points. */
  readonly interval?: number;
  /** The name that the user chose; without it Grafana makes one of name and labels, which the user may change. */
  readonly displayNameFromDS?: string;
  readonly mappings?: readonly unknown[];
}

const goTypes = { time: 'time.Time', number: 'float64', string: 'string', boolean: 'bool' } as const;

export function frameField(
  name: string,
  type: FrameField['type'],
  options: { nullable: boolean; labels?: FrameField['labels']; config?: FieldConfig }
): FrameField {
  const { nullable, labels, config } = options;
  return {
    name,
    type,
    typeInfo: { frame: goTypes[type], nullable },
    ...(labels === undefined ? {} : { labels }),
    ...(config === undefined ? {} : { config }),
  };
}

export function contractVersion(type: FrameType): readonly [number, number] {
  return type === 'table' ? [0, 0] : [0, 1];
}
