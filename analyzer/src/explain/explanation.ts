import { causeTexts, type CauseText, type Explanation as Verdict } from '../diagnose/index.js';
import type { Cause } from '@tcpscope/filter';
import type { Sequence } from './kept-steps.js';
import type { Messages } from './message.js';

/** Why a connection ended, in words. */
export interface VerdictWords {
  readonly cause: Cause;
  readonly title: string;
  readonly severity: CauseText['severity'];
  /** 0 to 1. */
  readonly confidence: number;
  /** What was seen, the strongest first, and what speaks against it. */
  readonly evidence: readonly string[];
  readonly against: readonly string[];
  /** The explanation that it beat. */
  readonly rival: { readonly cause: Cause; readonly title: string; readonly confidence: number } | null;
  readonly nextCheck: string | null;
}

/** Everything that is said of one connection. */
export interface ConnectionExplanation {
  /** Facts by the names of the catalogue, as in the report. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Wireshark's `tcp.stream` of its first packet; null when it does not come from a file. */
  readonly stream: number | null;
  /** Null when it has not ended. */
  readonly verdict: VerdictWords | null;
  /** Everything that limits what can be said, a sentence each. */
  readonly limits: readonly string[];
  /** A Wireshark display filter that shows it. */
  readonly displayFilter: string;
  readonly sequence: Sequence;
  /** What ICMP said of its segments; nothing where only segments are kept. */
  readonly messages: Messages;
}

/** A probability with as many digits as mean anything. */
function rounded(probability: number): number {
  return Number(probability.toFixed(4));
}

export function verdictWords(verdict: Verdict | null): VerdictWords | null {
  if (verdict === null) {
    return null;
  }
  const { cause, confidence, evidence, against, rival } = verdict;
  const { title, severity, nextCheck } = causeTexts[cause];
  return {
    cause,
    title,
    severity,
    confidence: rounded(confidence),
    evidence,
    against,
    rival:
      rival === null
        ? null
        : { cause: rival.cause, title: causeTexts[rival.cause].title, confidence: rounded(rival.confidence) },
    nextCheck,
  };
}
