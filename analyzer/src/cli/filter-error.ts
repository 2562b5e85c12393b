import type { FilterProblem } from '@tcpscope/filter';
import { TcpscopeError } from '../errors.js';

/** A filter that is wrong, with the place shown under it. */
export function filterError(text: string, problem: FilterProblem): TcpscopeError {
  const { start, end } = problem.position;
  const marks = ' '.repeat(start) + '^'.repeat(Math.max(1, end - start));
  const error = TcpscopeError.received(problem.code, 400, `${problem.message}\n  ${text}\n  ${marks}`);
  if (problem.hint !== undefined) {
    error.hint = problem.hint;
  }
  return error;
}
