import { dimensions, feedCounters, feedDimensions, feedRatios, type Dimension } from '@tcpscope/filter';
import { errorKinds, TcpscopeError } from '../errors.js';
import type { FeedMetric } from './question.js';

const metrics: readonly FeedMetric[] = [...feedCounters, ...feedRatios];
/** What the rows of captures can be grouped by. */
export const feedGroups: readonly Dimension[] = [
  ...dimensions.filter(({ name }) => name === 'probe'),
  ...feedDimensions,
];
const groupNames = feedGroups.map(({ name }) => name).join(', ');

/** The number of a capture under a name. Throws `queryFeed`. */
export function feedMetricOf(name: string): FeedMetric {
  const wanted = name.trim().toLowerCase();
  const found = metrics.find((metric) => metric.name === wanted || metric.name === `feed.${wanted}`);
  if (found === undefined) {
    throw new TcpscopeError(errorKinds.queryFeed, [`no number of captures is called "${name}"`]);
  }
  return found;
}

/** What tells captures apart. Throws `queryFeed`. */
export function feedDimensionOf(name: string): Dimension {
  const found = feedGroups.find((dimension) => dimension.name === name.trim().toLowerCase());
  if (found === undefined) {
    throw new TcpscopeError(errorKinds.queryFeed, [`captures are grouped by ${groupNames}, not by "${name}"`]);
  }
  return found;
}

/** What tells most over time, and what a table begins with. */
export const feedShares = ['drops.share', 'gaps.share', 'oneway.share', 'missed.share'].map(feedMetricOf);
export const feedNumbers = [
  ...['packets', 'rate', 'drops', 'drops.share', 'duplicates.share', 'gaps.share', 'connections', 'oneway.share'],
  ...['midstream.share', 'missed.share', 'guesses.share', 'clock.steps', 'evicted', 'poor'],
].map(feedMetricOf);
