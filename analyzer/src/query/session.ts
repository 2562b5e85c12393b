import { errorKinds, TcpscopeError } from '../errors.js';
import type { Store } from '../store/store.js';
import type { Statement } from './answer.js';

/** What this room needs of the store. */
export type Selecting = Pick<Store, 'select'>;

/** Rows of a statement, column by column. */
export interface Rows {
  readonly count: number;
  readonly columns: ReadonlyArray<readonly unknown[]>;
  /** Whether there were more than were asked for. */
  readonly more: boolean;
}

/** The statements of one question: they share a time limit, and are remembered to be shown. */
export class Session {
  readonly statements: Statement[] = [];
  private readonly deadline: number;

  /** @param timeout seconds for all statements together */
  constructor(
    private readonly store: Selecting,
    private readonly timeout: number,
    private readonly clock: () => number,
    private readonly signal: AbortSignal | undefined
  ) {
    this.deadline = clock() + timeout * 1000;
  }

  async ask(statement: Statement, maxRows: number): Promise<Rows> {
    this.statements.push(statement);
    const timeoutMs = this.deadline - this.clock();
    if (timeoutMs <= 0) {
      throw new TcpscopeError(errorKinds.queryTimeout, [this.timeout]);
    }
    const { sql, parameters } = statement;
    const options = { timeoutMs, maxRows, ...(this.signal === undefined ? {} : { signal: this.signal }) };
    const { rows, data, truncated } = await this.store.select(sql, parameters, options);
    return { count: rows, columns: data, more: truncated };
  }
}
