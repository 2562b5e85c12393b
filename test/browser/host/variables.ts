import type { ScopedVars, TypedVariableModel } from '@grafana/data';
import type { TemplateSrv } from '@grafana/runtime';
import type { Variable } from '../hostApi';

interface DataContext {
  value?: {
    frame?: { fields: Array<{ name: string; values: unknown[] }> };
    field?: { values: unknown[] };
    rowIndex?: number;
  };
}

/** Grafana's replacing of variables, as far as dashboards and data links of this plugin use it. */
export class Variables implements TemplateSrv {
  variables: Variable[] = [];
  range = { from: 'now-1h', to: 'now' };

  getVariables(): TypedVariableModel[] {
    return this.variables.map(
      ({ name, value, allValue }) =>
        ({ name, type: 'query', allValue, current: { value } }) as unknown as TypedVariableModel
    );
  }

  containsTemplate(text?: string): boolean {
    return /\$|\[\[/.test(text ?? '');
  }

  updateTimeRange(): void {}

  replace(text = '', scopedVars: ScopedVars = {}, format?: string | Function): string {
    return text.replace(
      /\$\{([^{}:]+)(?::([^{}]+))?\}|\$(\w+)|\[\[([\w.]+)(?::(\w+))?\]\]/g,
      (match, braced: string, bracedFormat: string, plain: string, old: string, oldFormat: string) => {
        const name = braced ?? plain ?? old;
        const value = this.valueOf(name, scopedVars);
        if (value === undefined) {
          return match;
        }
        if (name === '__url_time_range') {
          return String(value); // is a part of a URL already
        }
        const chosen = bracedFormat ?? oldFormat ?? format;
        if (typeof chosen === 'function') {
          return String((chosen as (...rest: unknown[]) => unknown)(value, { name, type: 'query' }));
        }
        const list = Array.isArray(value) ? value : [value];
        if (chosen === 'queryparam') {
          return list.map((item) => `var-${name}=${encodeURIComponent(String(item))}`).join('&');
        }
        return chosen === 'uriencode' || chosen === 'percentencode'
          ? encodeURIComponent(list.join(','))
          : list.length > 1
            ? `{${list.join(',')}}`
            : list.join('');
      }
    );
  }

  private valueOf(name: string, scopedVars: ScopedVars): unknown {
    const context = (scopedVars.__dataContext as DataContext | undefined)?.value;
    if (context?.rowIndex !== undefined) {
      if (name === '__value.raw' || name === '__value.text' || name === '__value') {
        return String(context.field?.values[context.rowIndex] ?? '');
      }
      const field = /^__data\.fields(?:\["([^"]+)"\]|\.(\w+)|\[(\d+)\])/.exec(name);
      if (field) {
        const fields = context.frame?.fields ?? [];
        const found = field[3] ? fields[Number(field[3])] : fields.find((one) => one.name === (field[1] ?? field[2]));
        return String(found?.values[context.rowIndex] ?? '');
      }
    }
    if (name === '__url_time_range') {
      return `from=${this.range.from}&to=${this.range.to}`;
    }
    const scoped = scopedVars[name]?.value;
    if (scoped !== undefined) {
      return scoped;
    }
    const variable = this.variables.find((one) => one.name === name);
    if (!variable) {
      return undefined;
    }
    const all = [variable.value].flat().includes('$__all');
    return all ? (variable.allValue ?? variable.options ?? []) : variable.value;
  }
}
