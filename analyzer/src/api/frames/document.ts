import type { ErrorPosition, TcpscopeError } from '../../errors.js';
import type { Frame } from './frame.js';

/** The answer to one query. Grafana's reader refuses keys that it does not know. */
export type Result =
  | { readonly status: 200; readonly frames: readonly Frame[] }
  | { readonly error: string; readonly errorSource: 'downstream'; readonly status: number };

/** Grafana's query-data document. */
export interface QueryDocument {
  readonly results: Readonly<Record<string, Result>>;
}

/** An error as one sentence, because a result has room for nothing else: message, what was meant, code and place. */
export function failure(error: TcpscopeError): Result {
  const { message, hint, code, position, status } = error;
  const meant = hint === undefined || message.includes(hint) ? '' : ` Did you mean ${hint}?`;
  const where = position === undefined ? '' : `, ${place(position)} of the filter`;
  return { error: `${message}${meant} (${code}${where})`, errorSource: 'downstream', status };
}

function place({ start, end }: ErrorPosition): string {
  return end - start > 1 ? `characters ${start + 1} to ${end}` : `character ${start + 1}`;
}
