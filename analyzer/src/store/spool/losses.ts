/** Why rows never reached the tables. */
export type LossReason =
  /** The spool held as many bytes as it may, and memory too. */
  | 'spool-full'
  /** The disk was full, and memory too. */
  | 'disk-full'
  /** The spool folder could not be written for another reason, and memory was full too. */
  | 'spool-error'
  /** The analyzer stopped before there was space. */
  | 'stopped'
  /** The engine does not accept the rows, or their file is damaged; the file is kept in the quarantine folder. */
  | 'quarantined'
  /** As above, and the quarantine folder was full: the file is deleted. */
  | 'quarantine-full'
  /** Somebody else removed the spool file. */
  | 'vanished'
  /** Blocks of an import that was begun with other options before. */
  | 'import-conflict';

export interface Loss {
  rows: number;
  batches: number;
  /** Milliseconds since 1970. */
  lastAt: number;
}

/** Counts every row that was not written, by reason. */
export class Losses {
  private readonly counts = new Map<LossReason, Loss>();

  constructor(private readonly now: () => number) {}

  add(reason: LossReason, rows: number): void {
    const loss = this.counts.get(reason) ?? { rows: 0, batches: 0, lastAt: 0 };
    loss.rows += rows;
    loss.batches += 1;
    loss.lastAt = this.now();
    this.counts.set(reason, loss);
  }

  snapshot(): Partial<Record<LossReason, Loss>> {
    return Object.fromEntries([...this.counts].map(([reason, loss]) => [reason, { ...loss }]));
  }
}
