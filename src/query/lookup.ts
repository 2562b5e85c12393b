import type { ScopedVars } from '@grafana/data';
import type { TemplateSrv } from '@grafana/runtime';
import type { Lookup } from './interpolate';

/** `$name`, `${name}`, `${name:format}` and `[[name:format]]` without the format, which has no meaning here. */
function withoutFormat(reference: string): { plain: string; name: string } {
  const path = reference.replace(/^\$\{?|^\[\[|\}$|\]\]$/g, '').replace(/:.*$/s, '');
  return { plain: `\${${path}}`, name: path.replace(/[.[].*$/s, '') };
}

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
      return text === plain ? null : [text];
    }
    // A panel repeated for each value sees one value, though the dashboard's own choice is "All".
    if (given === '$__all' || (Array.isArray(given) && (given.includes('$__all') || isAll(name)))) {
      return 'all';
    }
    return (Array.isArray(given) ? given : [given]).map((value) => String(value ?? ''));
  };
}
