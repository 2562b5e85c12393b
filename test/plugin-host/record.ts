import { mkdirSync, writeFileSync } from 'node:fs';
import { startFakeAnalyzer } from './fakeAnalyzer.js';
import { inRepository } from './paths.js';

/**
 * Records what an analyzer answers to one query of each kind, for the backend's golden tests: `tsx record.ts`, with
 * TCPSCOPE_URL for a real analyzer. Afterwards `go test ./pkg/... -update` writes what the backend makes of it.
 */
const queries: Record<string, object> = {
  timeseries: { kind: 'timeseries', metrics: ['rst.ratio.clt', 'rst.ratio.srv'], groupBy: ['server.ip'] },
  top: { kind: 'top', metrics: ['syn.count', 'ct.count', 'syn.ratio', 'rst.count.srv'], groupBy: ['client.ip'] },
  conversations: { kind: 'conversations', metrics: ['syn.count', 'ct.count', 'rst.count.srv'] },
  connections: { kind: 'connections' },
  closes: { kind: 'closes' },
  causes: { kind: 'causes' },
  findings: { kind: 'findings' },
  feed: { kind: 'feed', metrics: ['feed.packets', 'feed.drops.share', 'feed.poor'] },
  feedseries: { kind: 'feedseries', metrics: ['feed.drops.share', 'feed.gaps.share'] },
  values: { kind: 'values', field: 'server.port' },
  health: { kind: 'health' },
};

const fake = process.env.TCPSCOPE_URL === undefined ? await startFakeAnalyzer() : undefined;
const url = process.env.TCPSCOPE_URL ?? fake?.url;
const token = process.env.TCPSCOPE_TOKEN;
const to = fake ? Date.UTC(2026, 0, 2, 12) : Date.now();
const folder = inRepository('pkg/plugin/testdata/documents');
mkdirSync(folder, { recursive: true });
for (const [kind, query] of Object.entries(queries)) {
  const time = { from: to - 600_000, to, intervalMs: 60_000, maxDataPoints: 10 };
  const response = await fetch(`${url}/api/v1/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ queries: [{ refId: 'A', limit: 3, scope: 'flows', ...query, ...time }], fromAlert: false }),
  });
  if (!response.ok) {
    throw new Error(`${kind}: ${response.status} ${await response.text()}`);
  }
  writeFileSync(`${folder}/${kind}.json`, `${await response.text()}\n`);
}
await fake?.close();
