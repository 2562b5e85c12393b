import { caseOf, isHalfOpen, unknownSurroundings, type Case, type Surroundings } from './case.js';
import { causes, type Cause } from './causes.js';
import type { ConnectionFacts } from './facts.js';
import type { Rule } from './rule.js';
import { rules } from './rules/index.js';
import { unheard } from './unheard.js';

/** Why a connection ended, how sure that is, and what else it could be. Words are made by `explain`, on demand. */
export interface Diagnosis {
  readonly cause: Cause;
  /**
   * Probability that the cause is right, 0 to 1, as far as the evidence goes. Of "cannot tell" it is that of the best
   * explanation there is, the rival: what is known, not how surely nothing is.
   */
  readonly confidence: number;
  /** The next best explanation and its probability ("cannot tell" explains nothing); null when none is worth a word. */
  readonly rival: { readonly cause: Cause; readonly confidence: number } | null;
}

export interface Explanation extends Diagnosis {
  /** What was seen, in words and numbers, the strongest first. */
  readonly evidence: readonly string[];
  /** What was seen that speaks for something else. */
  readonly against: readonly string[];
}

/** Log-odds of a cause that nothing speaks for, and of "cannot tell", which needs nothing to speak for it. */
const UNLIKELY = -6;
const IGNORANCE = -4;
/** Nothing is certain: no confidence is rounded to 1. */
const HIGHEST = 0.9999;
/** A rival below this probability is not worth mentioning. */
const WORTH_MENTIONING = 0.01;

const places = new Map(causes.map((cause, at) => [cause, at]));
const CANNOT_TELL = places.get('cannot-tell') as number;
/** What each rule says, by the cause's place, so that scoring makes no objects. */
const compiled = rules.map((rule) => ({
  rule,
  says: Object.entries(rule.says).map(([cause, weight]) => [places.get(cause as Cause) as number, weight] as const),
}));
const scores = new Float64Array(causes.length);

/** Connections that have not ended have nothing to explain, unless somebody spoke and was not heard. */
function hasEnded(facts: ConnectionFacts): boolean {
  return !goesOn(facts) || unheard(facts) !== null;
}

/** A SYN+ACK that was answered opens a connection, also where its SYN was missed. */
function goesOn(facts: ConnectionFacts): boolean {
  const { close } = facts;
  return close === 'open' || close === 'midstream' || (close === 'halfopen' && !isHalfOpen(facts));
}

/**
 * Weighs the evidence: every rule that holds adds what it says to the causes' log-odds; the probabilities are those of
 * one cause among all (softmax). Pure; the same facts give the same answer.
 * @returns null when the connection has not ended
 */
export function diagnose(facts: ConnectionFacts, around: Surroundings = unknownSurroundings): Diagnosis | null {
  return hasEnded(facts) ? weigh(caseOf(facts, around)) : null;
}

function weigh(facts: Case): Diagnosis {
  scores.fill(UNLIKELY);
  scores[CANNOT_TELL] = IGNORANCE;
  for (const { rule, says } of compiled) {
    if (rule.when(facts)) {
      const strength = rule.strength?.(facts) ?? 1;
      for (const [cause, weight] of says) {
        scores[cause] = (scores[cause] as number) + weight * strength;
      }
    }
  }
  let best = CANNOT_TELL;
  let second = -1;
  let sum = 0;
  for (let at = 0; at < scores.length; at++) {
    const score = scores[at] as number;
    sum += Math.exp(score);
    if (score > (scores[best] as number)) {
      second = best === CANNOT_TELL ? second : best;
      best = at;
    } else if (at !== CANNOT_TELL && (second < 0 || score > (scores[second] as number))) {
      second = at;
    }
  }
  const probability = (at: number) => Math.min(HIGHEST, Math.exp(scores[at] as number) / sum);
  const rival = probability(second);
  return {
    cause: causes[best] as Cause,
    confidence: best === CANNOT_TELL ? rival : probability(best),
    rival: rival < WORTH_MENTIONING ? null : { cause: causes[second] as Cause, confidence: rival },
  };
}

/** The same, with the evidence in words. */
export function explain(facts: ConnectionFacts, around: Surroundings = unknownSurroundings): Explanation | null {
  return explainVerdict(diagnose(facts, around), facts, around);
}

/**
 * Words for a verdict that was given before, from the facts it was given on: what of them speaks for it by the rules of
 * this version, which may not be those that gave it.
 */
export function explainVerdict(
  diagnosis: Diagnosis | null,
  facts: ConnectionFacts,
  around: Surroundings
): Explanation | null {
  if (diagnosis === null) {
    return null;
  }
  const seen = caseOf(facts, around);
  const weightOf = (rule: Rule) => (rule.says[diagnosis.cause] ?? 0) * (rule.strength?.(seen) ?? 1);
  const held = rules.filter((rule) => rule.evidence !== null && rule.when(seen));
  const words = (list: readonly Rule[]) =>
    [...list].sort((a, b) => Math.abs(weightOf(b)) - Math.abs(weightOf(a))).map((rule) => rule.evidence?.(seen) ?? '');
  return {
    ...diagnosis,
    evidence: words(held.filter((rule) => weightOf(rule) > 0)),
    against: words(held.filter((rule) => weightOf(rule) <= 0)),
  };
}

/** Names of the rules that hold, for tests and for people who want to know. */
export function rulesThatHold(facts: ConnectionFacts, around: Surroundings = unknownSurroundings): string[] {
  const seen = caseOf(facts, around);
  return rules.filter((rule) => rule.when(seen)).map((rule) => rule.name);
}
