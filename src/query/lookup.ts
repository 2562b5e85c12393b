import type { ScopedVars } from '@grafana/data';
import type { TemplateSrv } from '@grafana/runtime';
import type { Lookup } from './interpolate';

const pluginType = 'tcpscope-tcpevents-datasource';

/** `$name`, `${name}`, `${name:format}` and `[[name:format]]` without the format, which has no meaning here. */
function withoutFormat(reference: string): { plain: string; name: string } {
  const path = reference.replace(/^\$\{?|^\[\[|\}$|\]\]$/g, '').replace(/:.*$/s, '');
  return { plain: `\${${path}}`, name: path.replace(/[.[].*$/s, '') };
}

type Variable = ReturnType<TemplateSrv['getVariables']>[number];

/**
 * Whether "All" of a variable is everything that there is, and so sets no limit: its list is asked of this data source, and
 * nothing is kept out of it. Any other list is what the dashboard is about, and "All" is all of that list.
 */
function hasWholeList(variable: Variable): boolean {
  if (variable.type !== 'query') {
    return false;
  }
  const { regex, datasource } = variable;
  const query: unknown = variable.query;
  const search = typeof query === 'object' && query !== null && 'search' in query ? query.search : '';
  return !regex && !search && (!datasource?.type || datasource.type === pluginType);
}

/** What dashboards write as their own value of "All" where a language has patterns. */
const anything = /^(\.[*+]|\*)$/;

/** Asks Grafana for the values of dashboard variables, those of a repeated panel first. */
export function variableLookup(templateSrv: TemplateSrv, scopedVars?: ScopedVars): Lookup {
  const isAll = (name: string) => {
    const model = templateSrv.getVariables().find((variable) => variable.name === name);
    if (model === undefined || !('current' in model)) {
      return false;
    }
    const custom = 'allValue' in model ? model.allValue : undefined;
    return (
      !custom &&
      hasWholeList(model) &&
      [model.current].flatMap((current) => (current && 'value' in current ? current.value : [])).includes('$__all')
    );
  };

  return (reference) => {
    const { plain, name } = withoutFormat(reference);
    let given: unknown;
    let asked = false;
    const text = templateSrv.replace(plain, scopedVars, (value: unknown) => {
      asked = true;
      given = value;
      return '';
    });
    if (!asked) {
      // A dashboard's own value of "All" comes as it is written.
      return text === plain ? null : anything.test(text) ? 'all' : [text];
    }
    // A panel repeated for each value sees one value, though the dashboard's own choice is "All".
    if (given === '$__all' || (Array.isArray(given) && (given.includes('$__all') || isAll(name)))) {
      return 'all';
    }
    return (Array.isArray(given) ? given : [given]).map((value) => String(value ?? ''));
  };
}
