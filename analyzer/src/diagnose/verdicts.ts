import type { ConnectionBatch } from '../flow/index.js';
import type { Surroundings } from './case.js';
import { causes, type Cause } from './causes.js';
import { diagnose, type Diagnosis } from './diagnosis.js';
import { readFacts, type ConnectionFacts } from './facts.js';
import type { Neighbourhood } from './surroundings.js';

/** What is concluded of each connection of a batch, column by column. */
export interface Verdicts {
  /** 0 none, because it has not ended; else 1 + index into `causes`. */
  readonly cause: Uint8Array;
  /** Probability with four decimals; NaN without a cause. */
  readonly confidence: Float64Array;
  /** As `cause`; 0 when nothing else is worth a word. */
  readonly rival: Uint8Array;
  readonly rivalConfidence: Float64Array;
  /** Longest silence known of, seconds: before the RST of an idle timeout, or one that it outlived, to 10 ms; NaN when unknown. */
  readonly silence: Float64Array;
  /** What other connections told: `aroundWords` words a row, as `Around` lays them out. */
  readonly around: Int32Array;
  /** 0 when the capture can be trusted where the connection ended; else 1 + index into `poorFeeds`, which says why not. */
  readonly poorFeed: Uint8Array;
  readonly poorFeeds: readonly string[];
}

/** Connections with what is concluded of them. */
export type DiagnosedBatch = ConnectionBatch & { readonly verdicts: Verdicts };

const enum Around {
  Completed = 0,
  ResetByClient = 1,
  ResetByServer = 2,
  /** Up to four times to live, 8 bits each, lowest first. */
  Ttls = 3,
  Words = 4,
}
export const aroundWords: number = Around.Words;

/** Judges every connection of a batch that has been learned from. */
export function judge(batch: ConnectionBatch, neighbourhood: Neighbourhood): DiagnosedBatch {
  const { rows } = batch;
  const poorFeeds: string[] = [];
  const verdicts = {
    cause: new Uint8Array(rows),
    confidence: new Float64Array(rows).fill(NaN),
    rival: new Uint8Array(rows),
    rivalConfidence: new Float64Array(rows).fill(NaN),
    silence: new Float64Array(rows).fill(NaN),
    around: new Int32Array(rows * Around.Words),
    poorFeed: new Uint8Array(rows),
    poorFeeds,
  };
  for (let row = 0; row < rows; row++) {
    const facts = readFacts(batch, row);
    const around = neighbourhood.around(batch, row, facts);
    const diagnosis = diagnose(facts, around);
    verdicts.poorFeed[row] = placeOf(around.poorFeed, poorFeeds);
    writeAround(verdicts.around, row * Around.Words, around);
    verdicts.silence[row] = silenceOf(facts, diagnosis) ?? NaN;
    if (diagnosis !== null) {
      const { cause, confidence, rival } = diagnosis;
      verdicts.cause[row] = 1 + causes.indexOf(cause);
      verdicts.confidence[row] = rounded(confidence);
      if (rival !== null) {
        verdicts.rival[row] = 1 + causes.indexOf(rival.cause);
        verdicts.rivalConfidence[row] = rounded(rival.confidence);
      }
    }
  }
  return { ...batch, verdicts };
}

/** Lets every connection of a batch tell what it knows of its hosts and its service. */
export function learn(batch: ConnectionBatch, neighbourhood: Neighbourhood): void {
  for (let row = 0; row < batch.rows; row++) {
    neighbourhood.learn(batch, row, readFacts(batch, row));
  }
}

export function diagnosisOf({ verdicts }: DiagnosedBatch, row: number): Diagnosis | null {
  const cause = verdicts.cause[row] as number;
  const rival = verdicts.rival[row] as number;
  return cause === 0
    ? null
    : {
        cause: causes[cause - 1] as Cause,
        confidence: verdicts.confidence[row] as number,
        rival:
          rival === 0
            ? null
            : { cause: causes[rival - 1] as Cause, confidence: verdicts.rivalConfidence[row] as number },
      };
}

/** What was known around a connection when it was judged. */
export function surroundingsOf({ verdicts }: DiagnosedBatch, row: number): Surroundings {
  return readAround(verdicts.around, row * Around.Words, poorFeedOf(verdicts, row));
}

/** Why the capture cannot be trusted where a connection ended; null when it can. */
export function poorFeedOf({ poorFeed, poorFeeds }: Verdicts, row: number): string | null {
  return poorFeeds[(poorFeed[row] as number) - 1] ?? null;
}

export function readAround(words: ArrayLike<number>, at: number, poorFeed: string | null): Surroundings {
  const ttls = words[at + Around.Ttls] as number;
  return {
    completed: words[at + Around.Completed] as number,
    resetByClient: words[at + Around.ResetByClient] as number,
    resetByServer: words[at + Around.ResetByServer] as number,
    serverTtls: [0, 8, 16, 24].map((shift) => (ttls >>> shift) & 0xff).filter((ttl) => ttl !== 0),
    poorFeed,
  };
}

function writeAround(words: Int32Array, at: number, around: Surroundings): void {
  words[at + Around.Completed] = around.completed;
  words[at + Around.ResetByClient] = around.resetByClient;
  words[at + Around.ResetByServer] = around.resetByServer;
  words[at + Around.Ttls] = around.serverTtls.reduce((all, ttl, i) => all | (ttl << (8 * i)), 0);
}

/** 1 + its place in the list, to which it is added; 0 for none. A batch has few: there is one for a window. */
function placeOf(text: string | null, list: string[]): number {
  if (text === null) {
    return 0;
  }
  const known = list.indexOf(text);
  return 1 + (known < 0 ? list.push(text) - 1 : known);
}

function silenceOf(facts: ConnectionFacts, diagnosis: Diagnosis | null): number | null {
  const before =
    facts.pause?.fresh === true ? facts.pause.micros : (facts[facts.aborter ?? 'server'].reset?.gap ?? null);
  const micros = diagnosis?.cause === 'idle-timeout' ? before : (facts.pause?.micros ?? null);
  return micros === null ? null : Math.round(micros / 1e4) / 100;
}

/** A probability with as many digits as mean anything. */
function rounded(probability: number): number {
  return Math.round(probability * 1e4) / 1e4;
}
