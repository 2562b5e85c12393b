import { setImmediate } from 'node:timers/promises';
import { errorKinds, TcpscopeError } from '../errors.js';
import type { Store } from '../store/store.js';
import type { Statement } from './answer.js';

/** What this room needs of the store. */
export type Selecting = Pick<Store, 'select' | 'selectUnread'>;

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
    const { rows, data, truncated } = await this.store.select(...this.selecting(statement, maxRows));
    // To read ten thousand rows took 25 ms, and what is made of them takes longer: others have their turn in between.
    await setImmediate();
    return { count: rows, columns: data, more: truncated };
  }

  /** The answer for `parseSelection`, in whatever thread. */
  async askUnread(statement: Statement, maxRows: number): Promise<Uint8Array> {
    return (await this.store.selectUnread(...this.selecting(statement, maxRows))).bytes;
  }

  /** Does what belongs to the question beside its statements. The signal says when to give up, its reason with which error. */
  async within<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const cancel = () => controller.abort(new TcpscopeError(errorKinds.queryCancelled));
    const late = () => controller.abort(this.tooLate());
    const timer = setTimeout(late, this.deadline - this.clock());
    this.signal?.addEventListener('abort', cancel, { once: true });
    if (this.signal?.aborted === true) {
      cancel();
    }
    try {
      return await work(controller.signal);
    } finally {
      clearTimeout(timer);
      this.signal?.removeEventListener('abort', cancel);
    }
  }

  private selecting(statement: Statement, maxRows: number): Parameters<Selecting['select']> {
    this.statements.push(statement);
    const timeoutMs = this.deadline - this.clock();
    if (timeoutMs <= 0) {
      throw this.tooLate();
    }
    const options = { timeoutMs, maxRows, ...(this.signal === undefined ? {} : { signal: this.signal }) };
    return [statement.sql, statement.parameters, options];
  }

  private tooLate(): TcpscopeError {
    return new TcpscopeError(errorKinds.queryTimeout, [this.timeout]);
  }
}
