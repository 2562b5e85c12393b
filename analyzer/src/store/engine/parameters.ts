import { errorKinds, TcpscopeError } from '../../errors.js';
import type { Parameters, Scalar } from './engine.js';

/**
 * Parameters travel as `SET param_NAME = 'TEXT'` in the same request as the query: the binding's own parameter call
 * serialises all sessions of the process (811 ms where this takes 204, four sessions). TEXT is what ClickHouse parses
 * as the placeholder's type, so no value is ever part of the query.
 */
export function setParameters(sql: string, parameters: Parameters): string {
  check(sql, parameters);
  const settings = Object.entries(parameters).map(
    ([name, { value }]) => `param_${name} = ${sqlString(parameterText(value))}`
  );
  return settings.length === 0 ? '' : `SET ${settings.join(', ')};\n`;
}

/** Every placeholder needs a value in this request: one left over from an earlier query must never be used. */
function check(sql: string, parameters: Parameters): void {
  if (sql.includes(';')) {
    throw new TcpscopeError(errorKinds.storeParameter, ['it is more than one statement']);
  }
  for (const [, name] of sql.matchAll(/\{\s*([A-Za-z_]\w*)\s*:/g)) {
    if (!Object.hasOwn(parameters, name!)) {
      throw new TcpscopeError(errorKinds.storeParameter, [`{${name}:…} has no value`]);
    }
  }
  for (const name of Object.keys(parameters)) {
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      throw new TcpscopeError(errorKinds.storeParameter, [`"${name}" is not a parameter name`]);
    }
  }
}

const escapes: Record<string, string> = {
  '\\': '\\\\',
  '\0': '\\0',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  "'": "\\'",
};

/** Backslash escapes as both the TabSeparated format and quoted strings of ClickHouse read them. */
function escape(text: string): string {
  return text.replace(/[\\\0\b\f\n\r\t']/g, (char) => escapes[char]!);
}

export function sqlString(text: string): string {
  return `'${escape(text)}'`;
}

function parameterText(value: Scalar | null | readonly Scalar[]): string {
  if (value === null) {
    return '\\N';
  }
  if (typeof value === 'object') {
    return `[${value.map((item) => (typeof item === 'string' ? sqlString(item) : String(item))).join(',')}]`;
  }
  return typeof value === 'string' ? escape(value) : String(value);
}
