import type {
  AdHocVariableFilter,
  DataSourceGetTagKeysOptions,
  DataSourceGetTagValuesOptions,
  DataSourceInstanceSettings,
  MetricFindValue,
  QueryFixAction,
  ScopedVars,
  TimeRange,
} from '@grafana/data';
import { DataSourceWithBackend, getTemplateSrv, type TemplateSrv } from '@grafana/runtime';
import { applyVariables } from './query/apply';
import { interpolateFilter } from './query/interpolate';
import { isDimension } from './query/kinds';
import { variableLookup } from './query/lookup';
import { complete, defaultQuery, displayText, isRunnable } from './query/model';
import type { FieldInfo, FilterAnswer, TcpOptions, TcpQuery } from './types';
import { TcpVariableSupport } from './variables';

/** Most values that one list of suggestions asks for. */
const suggestionLimit = 1000;

/**
 * Asks the analyzer through the plugin's backend. It prepares queries and asks for the editors; it never touches answers:
 * alert rules and expressions ask the backend themselves, and must see the same frames.
 */
export class TcpDataSource extends DataSourceWithBackend<TcpQuery, TcpOptions> {
  private catalogue: Promise<FieldInfo[]> | undefined;

  constructor(
    settings: DataSourceInstanceSettings<TcpOptions>,
    private readonly templateSrv: () => TemplateSrv = getTemplateSrv
  ) {
    super(settings);
    this.variables = new TcpVariableSupport(this);
  }

  getDefaultQuery(): Partial<TcpQuery> {
    return { ...defaultQuery };
  }

  filterQuery(query: TcpQuery): boolean {
    return !query.hide && isRunnable(query);
  }

  getQueryDisplayText(query: TcpQuery): string {
    return displayText(query);
  }

  applyTemplateVariables(query: TcpQuery, scopedVars: ScopedVars, filters?: AdHocVariableFilter[]): TcpQuery {
    return applyVariables(query, variableLookup(this.templateSrv(), scopedVars), filters);
  }

  /** Explore: a click on a value narrows the query down, beside the user's own text. */
  modifyQuery(query: TcpQuery, { type, options }: QueryFixAction): TcpQuery {
    const operator = type === 'ADD_FILTER' ? '=' : type === 'ADD_FILTER_OUT' ? '!=' : null;
    if (operator === null || !options?.key) {
      return query;
    }
    const { key, value = '' } = options;
    const others = complete(query).adHoc.filter((filter) => filter.key !== key || filter.value !== value);
    return { ...query, adHoc: [...others, { key, operator, value }] };
  }

  getSupportedQueryModifications(): string[] {
    return ['ADD_FILTER', 'ADD_FILTER_OUT'];
  }

  /** The analyzer's catalogue of fields, asked for once. */
  fields(): Promise<FieldInfo[]> {
    this.catalogue ??= this.getResource<{ fields: FieldInfo[] }>('fields').then(
      ({ fields }) => fields,
      (error) => {
        this.catalogue = undefined; // the next editor tries again
        throw error;
      }
    );
    return this.catalogue;
  }

  /** The analyzer's judgement of a filter, its variables replaced by what they are now. */
  async checkFilter(text: string, rows: 'windows' | 'connections'): Promise<FilterAnswer> {
    return this.postResource<FilterAnswer>('filter', { text, rows }, { showErrorAlert: false });
  }

  /** A filter as it would be sent now. */
  interpolateFilter(text: string): string {
    return interpolateFilter(text, variableLookup(this.templateSrv()));
  }

  /** Values that a field takes in a time range, of those that contain the search text. */
  async fieldValues(field: string, range?: TimeRange, search = '', limit = suggestionLimit): Promise<string[]> {
    const parameters = {
      field,
      limit,
      ...(search && { search }),
      ...(range && { from: range.from.valueOf(), to: range.to.valueOf() }),
    };
    return (await this.getResource<{ values: string[] }>('values', parameters)).values;
  }

  async getTagKeys(_options?: DataSourceGetTagKeysOptions<TcpQuery>): Promise<MetricFindValue[]> {
    return (await this.fields()).filter(isDimension).map(({ name }) => ({ text: name, value: name }));
  }

  async getTagValues(options: DataSourceGetTagValuesOptions<TcpQuery>): Promise<MetricFindValue[]> {
    const values = await this.fieldValues(options.key, options.timeRange);
    return values.map((value) => ({ text: value, value }));
  }
}
