import type { ConnectionBatch } from '../flow/index.js';
import type { FeedLimits } from './feed/config.js';
import { FeedBook } from './feed/feed-book.js';
import type { FeedWindow } from './feed/feed-window.js';
import { Neighbourhood } from './surroundings.js';
import { judge, learn, type DiagnosedBatch } from './verdicts.js';

/** What is concluded of an input. */
export interface DiagnosedInput {
  /** In the order of their epochs. */
  readonly batches: readonly DiagnosedBatch[];
  /** How good the capture was, in order of time. */
  readonly feed: readonly FeedWindow[];
}

/** Judges all connections of an input that is in memory: the same verdicts as a `Diagnoser` gives while they come in. */
export function diagnoseInput(batches: readonly ConnectionBatch[], limits?: FeedLimits): DiagnosedInput {
  const feed = new FeedBook(limits);
  const epochs = new Map<number, ConnectionBatch[]>();
  for (const batch of batches) {
    if (batch.feed !== undefined) {
      feed.add(batch.feed);
      epochs.set(batch.feed.epoch, epochs.get(batch.feed.epoch) ?? []);
    }
    if (batch.rows === 0) {
      continue;
    }
    const epoch = epochs.get(batch.epoch);
    if (epoch === undefined) {
      epochs.set(batch.epoch, [batch]);
    } else {
      epoch.push(batch);
    }
  }
  const neighbourhood = new Neighbourhood(feed);
  const windows: FeedWindow[] = [];
  const judged = [...epochs]
    .sort(([a], [b]) => a - b)
    .flatMap(([number, together]) => {
      together.forEach((batch) => learn(batch, neighbourhood));
      const window = feed.settle(number);
      windows.push(...(window === null ? [] : [window]));
      const verdicts = together.map((batch) => judge(batch, neighbourhood));
      if (together.length > 0) {
        neighbourhood.endEpoch();
      }
      return verdicts;
    });
  return { batches: judged, feed: windows };
}

/** The same without how good the capture was. */
export function diagnoseAll(batches: readonly ConnectionBatch[], limits?: FeedLimits): readonly DiagnosedBatch[] {
  return diagnoseInput(batches, limits).batches;
}
