/** What was counted since the analyzer started, told once a second. */
export interface LiveTotals {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Connections that are followed now. */
  readonly connections: number;
  /** Counters by their names in the catalogue, since the start: whoever misses an event loses nothing. */
  readonly totals: Readonly<Record<string, number | null>>;
}

/** Where live totals come from. */
export interface LiveFeed {
  /** Calls the listener about once a second until the returned function is called. */
  subscribe(listener: (totals: LiveTotals) => void): () => void;
}
