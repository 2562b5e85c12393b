/**
 * What the store needs of a database engine: ClickHouse's SQL. The embedded one is `EmbeddedEngine`; a ClickHouse server
 * fits behind the same five methods (its Native blocks then travel as the body of INSERT … FORMAT Native).
 */
export interface Engine {
  readonly status: EngineStatus;
  /** Runs a statement without an answer: schema, maintenance. Never with text of a user in it. */
  execute(sql: string): Promise<void>;
  /** Runs a read-only query. Throws errors of the catalogue. */
  select(sql: string, parameters: Parameters, options: SelectOptions): Promise<Selection>;
  /** The same, and the answer is for `parseSelection` to read: of a large one, in another thread. */
  selectUnread(sql: string, parameters: Parameters, options: SelectOptions): Promise<UnreadSelection>;
  /**
   * Stores one block once: a block with a token that the table remembers is left out, in the rollups as well. Throws
   * `EngineFault`.
   */
  insertNative(insert: NativeInsert): Promise<void>;
  /** Resolves as soon as the engine takes requests, false when it does not within `patienceMs`. */
  ready(patienceMs: number): Promise<boolean>;
  stop(): Promise<void>;
}

export type EngineState = 'starting' | 'ready' | 'restarting' | 'stopped';

export interface EngineStatus {
  readonly state: EngineState;
  /** Milliseconds since 1970 since when the state holds. */
  readonly since: number;
  readonly version: string;
  /** How often the engine ended unasked. */
  readonly restarts: number;
  /** Why it ended last, null when it never did. */
  readonly lastFailure: string | null;
  /** Process of the engine, null when it has none. */
  readonly pid: number | null;
  readonly running: number;
  readonly queued: number;
}

export type Scalar = string | number | bigint | boolean;

/** `type` is the ClickHouse type of the placeholder `{name:type}`. */
export interface Parameter {
  readonly type: string;
  readonly value: Scalar | null | readonly Scalar[];
}
export type Parameters = Readonly<Record<string, Parameter>>;

export interface SelectOptions {
  /** Longest time the query may run; the configuration's `queryTimeout` bounds it. */
  readonly timeoutMs: number;
  /** Rows beyond are left out, and `truncated` says so. */
  readonly maxRows: number;
  /** Stops the query in the engine. */
  readonly signal?: AbortSignal;
}

export interface Selection {
  readonly columns: ReadonlyArray<{ readonly name: string; readonly type: string }>;
  readonly rows: number;
  /**
   * Values column by column. 64-bit integers are numbers up to 2^53 and decimal strings beyond; addresses, and times
   * (ISO 8601, UTC, with the digits of their type), are strings; NaN and infinities are null.
   */
  readonly data: ReadonlyArray<readonly unknown[]>;
  readonly truncated: boolean;
  /** Milliseconds in the engine, waiting for a free place left out. */
  readonly elapsedMs: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
}

/** An answer as the engine gave it. */
export interface UnreadSelection {
  /** For `parseSelection`, with the `maxRows` that were asked for. */
  readonly bytes: Uint8Array;
  /** Milliseconds from the engine and back, waiting for a free place left out. */
  readonly elapsedMs: number;
}

export interface NativeInsert {
  readonly table: string;
  readonly columns: ReadonlyArray<{ readonly name: string; readonly type: string }>;
  /** A file that holds one Native block. It may lack columns (stored as 0 or empty) and have unknown ones (ignored). */
  readonly path: string;
  readonly token: string;
}

/** What an engine said, or that it is gone (`code` null). Stays inside this room. */
export class EngineFault extends Error {
  constructor(
    message: string,
    /** ClickHouse's error code. */
    readonly code: number | null
  ) {
    super(message);
    this.name = 'EngineFault';
  }
}
