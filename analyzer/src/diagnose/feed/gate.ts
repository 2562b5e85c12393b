import type { FeedLimits } from './config.js';
import type { FeedSums } from './feed-window.js';

/** Seconds over which a capture is judged. */
export const gateSeconds = 60;

/**
 * Why the capture of a minute is too poor to say why connections ended (semantics: rule 27, the veto), in words and
 * numbers; null when it is good enough, or when there is too little to tell.
 */
export function poorness(minute: FeedSums, limits: FeedLimits): string | null {
  const { packets, drops, acks, gapAcks, connections, oneway, missed } = minute;
  const came = packets + (drops ?? 0);
  const reasons: string[] = [];
  const look = (part: number, whole: number, fewest: number, limit: number, what: string) => {
    if (whole >= fewest && part / whole > limit) {
      reasons.push(`${part} of ${whole} ${what} (${percent(part / whole)})`);
    }
  };
  look(drops ?? 0, came, limits.packets, limits.drops, 'packets were dropped before they could be read');
  look(gapAcks, acks, limits.acks, limits.gaps, 'acknowledgements were for data that were not captured');
  look(oneway, connections, limits.connections, limits.oneway, 'connections were captured in one direction only');
  look(
    missed,
    connections,
    limits.connections,
    limits.midstream,
    'connections began without their start being captured'
  );
  return reasons.length === 0 ? null : `in that minute ${reasons.join(', ')}`;
}

function percent(share: number): string {
  const value = share * 100;
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} %`;
}
