import { backscatter, incompleteCapture } from './feed.js';
import { defaultThresholds, findingKinds, type Ended, type Finding, type Thresholds } from './finding.js';
import { scans } from './scans.js';
import { services } from './services.js';
import { partOfZone, zones } from './zones.js';

export * from './finding.js';
export { scanSurplus } from './scans.js';
export { findingTexts, type FindingText } from './texts.js';

const order = { high: 0, medium: 1, low: 2 } as const;

/**
 * What groups of connections have in common, the most severe first. Connections of scanners are left out of what is said
 * about services. When the capture itself is incomplete, nothing is said that rests on what may not have been captured.
 * @param all in order of their start
 */
export function findings(all: readonly Ended[], thresholds: Thresholds = defaultThresholds): Finding[] {
  const veto = incompleteCapture(all, thresholds);
  const scanning = scans(all, thresholds);
  const rest = scanning.length === 0 ? all : withoutScanned(all, scanning);
  const troubles = zones(rest, thresholds);
  const found = [
    ...scanning,
    ...troubles.map(({ finding }) => finding),
    ...services(rest, thresholds).map((finding) => partOfZone(finding, troubles)),
    ...backscatter(rest, thresholds),
  ];
  const believed = veto === null ? found : found.filter(({ kind }) => !needsCompleteCapture.has(kind));
  return [...(veto === null ? [] : [veto]), ...believed].sort(
    (a, b) =>
      Number(b.kind === 'incomplete-capture') - Number(a.kind === 'incomplete-capture') ||
      order[a.severity] - order[b.severity] ||
      b.connections - a.connections ||
      findingKinds.indexOf(a.kind) - findingKinds.indexOf(b.kind) ||
      a.since - b.since
  );
}

/** Leaves out what scanners did to the hosts, and on the ports, that they scanned. */
function withoutScanned(all: readonly Ended[], scans: readonly Finding[]): readonly Ended[] {
  const byClient = new Map<string, Set<string | number | null>>();
  for (const { client, server, port } of scans) {
    const targets = byClient.get(client ?? '') ?? new Set();
    byClient.set(client ?? '', targets.add(server ?? port));
  }
  return all.filter(({ client, server, port }) => {
    const targets = byClient.get(client);
    return targets === undefined || !(targets.has(server) || targets.has(port));
  });
}

/** Findings that an incomplete capture imitates: what is missing looks like silence. */
const needsCompleteCapture: ReadonlySet<Finding['kind']> = new Set([
  'zone-trouble',
  'unreachable-service',
  'backlog-overflow',
  'syn-flood',
  'half-open-flood',
  'backscatter',
  'close-wait-leak',
  'path-broken',
  'restart',
  'injection',
]);
