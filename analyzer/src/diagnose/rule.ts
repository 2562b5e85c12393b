import type { Case } from './case.js';
import type { Cause } from './causes.js';

export type Family =
  | 'stage'
  | 'refusal'
  | 'unreachable'
  | 'setup'
  | 'normal'
  | 'abort'
  | 'closes-by-rst'
  | 'late'
  | 'dead-peer'
  | 'idle'
  | 'injected'
  | 'feed';

/**
 * One piece of evidence. When it holds, it speaks for some causes and against others, in log-odds: 1 makes a cause 2.7
 * times as likely as before, 3 twenty times. The weights were set by hand from what each fact can mean, then checked
 * against the laboratory (`docs/diagnosis.md`).
 */
export interface Rule {
  readonly name: string;
  readonly family: Family;
  /** What is seen when it holds, in a few words, for the reference. */
  readonly sign: string;
  /** Log-odds for (above 0) and against (below 0) causes. */
  readonly says: Readonly<Partial<Record<Cause, number>>>;
  when(facts: Case): boolean;
  /** How strongly it holds; multiplies all that it says. 1 by default. */
  strength?(facts: Case): number;
  /** The evidence in words and numbers; null for rules that only say where to begin. */
  evidence: ((facts: Case) => string) | null;
}
