import { z } from 'zod';

const share = (fallback: number) => z.number().min(0.001).max(1).default(fallback);
const least = (fallback: number) => z.int().min(1).max(1_000_000_000).default(fallback);

/**
 * When a minute of a capture is too poor to say why connections ended. Shares are 0 to 1; a share above its limit fails
 * the gate, so that 1 switches a measure off. A share of fewer than the least number is not looked at.
 */
export const feedConfigSchema = z.strictObject({
  // Of packets left out at random one in twenty turned 8 % of the verdicts into wrong ones, one in ten 14 %, one in fifty
  // 3 % (docs/feed-quality.md, three kinds of traffic). Beyond 5 % they are worse than verdicts may be at all.
  drops: share(0.05).describe('Packets that the kernel dropped, of all that came'),
  // Zeek's policy capture-loss notices when 10 % is missing (CaptureLoss::too_much_loss). A receiver may acknowledge two
  // segments at once, of which the first is not missed then: this share came to half of the packets left out, and to all
  // of them where each segment has its acknowledgement.
  gaps: share(0.05).describe(
    'Acknowledgements of data that were never captured, of all: half the share of the packets that are missing, or more'
  ),
  // What is seen in both directions is seen; but silence means nothing where every second answer passes by elsewhere.
  oneway: share(0.5).describe('Connections of which one direction only was captured, of those that ended'),
  midstream: share(0.5).describe(
    'Connections whose start was missed though the capture had settled, of those that ended'
  ),
  settle: z
    .number()
    .min(0)
    .max(86_400)
    .default(300)
    .describe('Seconds for which connections may come up that stood before the capture began'),
  packets: least(1000).describe('Fewest packets in the minute before the share of drops counts'),
  acks: least(200).describe('Fewest acknowledgements before the share of gaps counts'),
  connections: least(20).describe('Fewest connections before shares of them count'),
});

export type FeedLimits = z.output<typeof feedConfigSchema>;

export const defaultFeedLimits: FeedLimits = feedConfigSchema.parse({});
