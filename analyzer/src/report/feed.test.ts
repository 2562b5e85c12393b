import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noSums, type FeedWindow } from '../diagnose/index.js';
import { analyzeBytes } from '../../../test/traffic/analyze.js';
import { pcap } from '../../../test/traffic/capture-file.js';
import { talk, together } from '../../../test/traffic/talk.js';
import { rowsOf } from '../../../test/traffic/rows.js';
import { feedJson, feedOf, feedSentences } from './feed.js';

const window = (after: number, change: Partial<FeedWindow> = {}): FeedWindow => {
  return { ...noSums(), window: 1_700_000_000 + after, packets: 100, tcp: 90, poor: null, ...change };
};

test('a report adds up the windows; what nobody knows stays null', () => {
  const feed = feedJson(feedOf([window(0, { acks: 10, gapAcks: 1 }), window(10, { duplicates: 4, connections: 4 })]));
  assert.equal(feed.packets, 200);
  assert.equal(feed.undecoded, 16);
  assert.equal(feed.duplicates, 4);
  assert.equal(feed.drops, null);
  assert.equal(feed['gaps.share'], 0.1);
  assert.equal(feed['oneway.share'], 0);
  assert.equal(feedJson(feedOf([window(0)]))['gaps.share'], null);
});

test('windows that follow one another without verdicts are one time', () => {
  const feed = feedOf([window(0), window(10, { poor: 'a' }), window(20, { poor: 'b' }), window(40, { poor: 'c' })]);
  assert.deepEqual(feed.poor, [
    { from: '2023-11-14T22:13:30.000000000Z', until: '2023-11-14T22:13:50.000000000Z', seconds: 20, reason: 'b' },
    { from: '2023-11-14T22:14:00.000000000Z', until: '2023-11-14T22:14:10.000000000Z', seconds: 10, reason: 'c' },
  ]);
  assert.match(feedSentences(feed).join('\n'), /^no verdicts for 30 s, from 2023-11-14 22:13:30 on: b$/m);
});

test('a capture that has everything gets no line', () => {
  assert.deepEqual(feedSentences(feedOf([window(0, { acks: 100, connections: 20 })])), []);
});

test('of a file with holes the report says so, for any number of workers, and its verdicts are veiled', () => {
  const talks = Array.from({ length: 20 }, (_, i) => {
    const one = talk({ client: `10.0.1.${i + 1}:40000`, start: 1_700_000_000 + i / 2 }).open();
    for (let exchange = 0; exchange < 10; exchange++) {
      one.exchange();
    }
    one.packets.splice(5, 1);
    one.packets.splice(8, 1);
    return one.rst('server');
  });
  const file = pcap(together(...talks), { nanoseconds: true });
  const { report } = rowsOf(file);
  const { feed } = JSON.parse(report) as { feed: Record<string, unknown> };
  assert.ok((feed.gaps as number) >= 20);
  assert.equal((feed.poor as unknown[]).length, 1);
  assert.equal(rowsOf(file, { workers: 3 }).report, report);
  const causes = analyzeBytes(file).connections.map(({ cause }) => cause);
  assert.deepEqual([...new Set(causes)], ['cannot-tell']);
});
