import { causes, causeTexts, type Cause } from '../diagnose/index.js';
import { displayFilterOf } from './display-filter.js';
import type { ConnectionExplanation, VerdictWords } from './explanation.js';
import { keptPackets, keptSequence } from './kept-sequence.js';
import { sentencesOf } from './limits.js';
import { Messages } from './message.js';
import { counted } from '../report/format.js';

/** A connection as the store has it: facts by the names of the catalogue, times in RFC 3339. */
export type StoredFacts = Readonly<Record<string, unknown>>;

/**
 * Explains a connection from its stored facts and the packets that were kept with it.
 * @param words as stored; empty when none were kept
 */
export function explainStored(facts: StoredFacts, words: ArrayLike<number>): ConnectionExplanation {
  const six = String(facts['client.ip']).includes(':');
  const packets = keptPackets(words, six);
  const all = Number(facts['packets.clt']) + Number(facts['packets.srv']);
  const shortcomings = {
    midstream: facts['midstream'] === true,
    guessed: facts['role'] === 'guess',
    oneway: facts['oneway'] === true,
  };
  return {
    facts,
    stream: null,
    verdict: storedVerdict(facts),
    limits: [
      ...sentencesOf(shortcomings, 'It began before the capture.'),
      ...(packets.length === 0
        ? [
            'No packets were kept of this connection: they are kept of connections that end badly, some of each kind, by live capture (settings "recent").',
          ]
        : []),
      ...(packets.length > 0 && packets.length < all
        ? [`Of its ${counted(all, 'packet')} ${packets.length} were kept: numbers are counted from the first of these.`]
        : []),
    ],
    displayFilter: displayFilterOf(facts),
    sequence: keptSequence(packets),
    messages: new Messages(),
  };
}

function storedVerdict(facts: StoredFacts): VerdictWords | null {
  const cause = facts['cause'] as Cause | null | undefined;
  if (cause == null || !causes.includes(cause)) {
    return null;
  }
  const { title, severity, nextCheck } = causeTexts[cause];
  const rival = facts['rival'] as { cause: Cause; confidence: number } | null | undefined;
  return {
    cause,
    title,
    severity,
    confidence: Number(facts['confidence'] ?? 0),
    evidence: (facts['evidence'] as string[] | undefined) ?? [],
    against: (facts['against'] as string[] | undefined) ?? [],
    rival: rival == null ? null : { ...rival, title: causeTexts[rival.cause].title },
    nextCheck,
  };
}
