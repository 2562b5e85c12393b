import { addSums, noSums, undecodedOf, type FeedSums, type FeedWindow } from '../diagnose/index.js';
import { windowSeconds } from '../flow/index.js';
import { duration } from './format.js';
import { timeText } from './names.js';

/** A time in which the capture was too poor to say why connections ended. */
export interface PoorTime {
  /** Start of its first window, and end of its last, RFC 3339. */
  readonly from: string;
  readonly until: string;
  readonly seconds: number;
  /** What was wrong in the end, in words and numbers. */
  readonly reason: string;
}

/** How good a capture was over the whole input (docs/feed-quality.md); null is what nobody can tell. */
export interface Feed {
  readonly sums: FeedSums;
  readonly poor: readonly PoorTime[];
}

/** @param windows in order of time */
export function feedOf(windows: readonly FeedWindow[]): Feed {
  const sums = noSums();
  const poor: Array<{ from: number; until: number; reason: string }> = [];
  for (const window of windows) {
    addSums(sums, window);
    if (window.poor !== null) {
      const last = poor.at(-1);
      const until = window.window + windowSeconds;
      if (last?.until === window.window) {
        Object.assign(last, { until, reason: window.poor });
      } else {
        poor.push({ from: window.window, until, reason: window.poor });
      }
    }
  }
  return {
    sums,
    poor: poor.map(({ from, until, reason }) => {
      return { from: timeText(from, 0), until: timeText(until, 0), seconds: until - from, reason };
    }),
  };
}

const share = (part: number | null, whole: number) => (part === null || whole === 0 ? null : part / whole);

/** As JSON has it: names as in the catalogue's fields of captures, without their `feed.`. */
export function feedJson({ sums, poor }: Feed): Record<string, unknown> {
  const { packets, tcp, duplicates, drops, clockSteps, acks, gapAcks, connections, ...counts } = sums;
  return {
    packets,
    tcp,
    undecoded: undecodedOf(sums),
    duplicates,
    drops,
    'clock.steps': clockSteps,
    acks,
    gaps: gapAcks,
    connections,
    ...counts,
    'gaps.share': share(gapAcks, acks),
    'oneway.share': share(counts.oneway, connections),
    'midstream.share': share(counts.midstream, connections),
    'missed.share': share(counts.missed, connections),
    'guesses.share': share(counts.guesses, connections),
    poor,
  };
}

/** What a reader must know of the capture. */
export function feedSentences({ sums, poor }: Feed): string[] {
  const { acks, gapAcks, clockSteps } = sums;
  const percent = `${((100 * gapAcks) / Math.max(1, acks)).toFixed(1)} %`;
  const [first] = poor;
  const most = poor.reduce((seconds, one) => seconds + one.seconds, 0);
  return [
    ...(gapAcks > 0 ? [`${gapAcks} of ${acks} acknowledgements (${percent}) of data that were not captured`] : []),
    ...(clockSteps > 0 ? [`the packets' clock was set back ${clockSteps === 1 ? 'once' : `${clockSteps} times`}`] : []),
    ...(first === undefined
      ? []
      : [`no verdicts for ${duration(most)}, from ${first.from.slice(0, 19).replace('T', ' ')} on: ${first.reason}`]),
  ];
}
