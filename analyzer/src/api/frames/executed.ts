import type { Statement } from '../../query/index.js';
import type { Parameter } from '../../store/index.js';

/** Longest value shown. */
const longest = 300;

/** What was asked of the store, for Grafana's query inspector: words, SQL with placeholders, values as comments. */
export function executedQuery(statements: readonly Statement[]): string {
  return statements
    .map(({ what, sql, parameters }) => {
      const values = Object.entries(parameters).map(([name, parameter]) => `-- ${name} = ${shown(parameter)}`);
      return [`-- ${oneLine(what)}`, sql, ...values].join('\n');
    })
    .join('\n\n');
}

function shown({ value }: Parameter): string {
  const text = Array.isArray(value)
    ? `[${value.join(', ')}]`
    : JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? item.toString() : item));
  return text.length > longest ? `${text.slice(0, longest)}… (${text.length} characters)` : text;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 1000);
}
