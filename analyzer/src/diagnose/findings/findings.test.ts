import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFilter } from '@tcpscope/filter';
import { findings, findingKinds, type Ended, type FindingKind } from './index.js';

/** A good connection of client 10.0.0.1 to 10.0.9.1:443, at second `at` after the start. */
function good(at: number, more: Partial<Ended> = {}): Ended {
  return {
    client: '10.0.0.1',
    clientPort: 40_000 + Math.round(at),
    server: '10.0.9.1',
    port: 443,
    start: 1_700_000_000 + at,
    end: 1_700_000_001 + at,
    close: 'fin',
    cause: 'normal',
    confidence: 0.95,
    closer: 'client',
    aborter: null,
    syns: 1,
    established: true,
    handshake: 0.02,
    clientBytes: 300,
    serverBytes: 5000,
    quiet: null,
    midstream: false,
    oneway: false,
    ...more,
  };
}

const nothing = { established: false, handshake: null, clientBytes: 0, serverBytes: 0 } as const;
const refused = (at: number, more: Partial<Ended> = {}) =>
  good(at, { ...nothing, close: 'refused', cause: 'refused', ...more });
const silent = (at: number, more: Partial<Ended> = {}) =>
  good(at, { ...nothing, close: 'noanswer', cause: 'no-answer', ...more });
const client = (number: number) => `10.0.1.${number}`;
const many = (count: number, make: (i: number) => Ended) => Array.from({ length: count }, (_, i) => make(i));
const ended =
  (cause: Ended['cause'], more: Partial<Ended> = {}) =>
  (i: number) =>
    good(i * 3, { cause, close: 'rst', client: client(i), ...more });

const table: ReadonlyArray<readonly [FindingKind, match: Ended[], nearMiss: Ended[]]> = [
  [
    'port-scan',
    many(20, (i) => refused(i, { port: 1000 + i })),
    // As many refusals, but of one port: a client that does not give up.
    many(20, (i) => refused(i)),
  ],
  [
    'host-sweep',
    many(30, (i) => silent(i, { server: `10.0.9.${i}` })),
    // As many hosts, most of which answer: a crawler.
    many(30, (i) => (i % 4 === 0 ? silent(i, { server: `10.0.9.${i}` }) : good(i, { server: `10.0.9.${i}` }))),
  ],
  [
    'service-outage',
    [...many(5, (i) => good(i, { client: client(i) })), ...many(12, (i) => refused(60 + i, { client: client(i) }))],
    [
      ...many(20, (i) => good(i * 2, { client: client(i) })),
      ...many(6, (i) => refused(5 + i * 4, { client: client(i) })),
    ],
  ],
  [
    'refusal-storm',
    many(12, (i) => refused(i, { client: client(i) })),
    many(4, (i) => refused(i, { client: client(i) })),
  ],
  [
    'stale-client',
    many(8, (i) => refused(i * 60)),
    [...many(8, (i) => refused(i * 60)), good(30, { client: client(7) })],
  ],
  [
    'unreachable-service',
    many(8, (i) => silent(i, { client: client(i) })),
    many(8, (i) => refused(i, { client: client(i) })),
  ],
  [
    'backlog-overflow',
    [...many(10, (i) => good(i, { client: client(i), end: 1_700_000_030 })), ...many(4, (i) => silent(3 + i))],
    // The silence came hours after the last connection that stood: another story.
    [...many(10, (i) => good(i, { client: client(i) })), ...many(4, (i) => silent(9000 + i))],
  ],
  [
    'syn-loss',
    many(30, (i) => good(i, { syns: i % 5 === 0 ? 2 : 1 })),
    many(30, (i) => good(i, { syns: i === 0 ? 2 : 1 })),
  ],
  [
    'half-open-flood',
    many(40, (i) => good(i / 4, { ...nothing, close: 'halfopen', cause: 'half-open', client: client(i) })),
    many(40, (i) => good(i * 60, { ...nothing, close: 'halfopen', cause: 'half-open', client: client(i) })),
  ],
  [
    'backscatter',
    many(15, (i) => good(i, { ...nothing, close: 'orphan', cause: 'cannot-tell', client: client(i) })),
    many(15, (i) => good(i, { ...nothing, close: 'orphan', cause: 'cannot-tell' })),
  ],
  ['server-aborts', many(5, ended('server-abort', { serverBytes: 0 })), many(5, ended('client-abort'))],
  [
    'restart',
    [...many(5, ended('dead-peer', { aborter: 'server' })), good(100)],
    many(5, ended('dead-peer', { aborter: 'client' })),
  ],
  [
    'idle-timer',
    [...many(5, ended('idle-timeout', { quiet: 300 })), good(50, { quiet: 240 })],
    many(2, ended('idle-timeout', { quiet: 300 })),
  ],
  ['keepalive-mismatch', many(4, ended('keepalive-race')), many(4, ended('late-data'))],
  [
    'close-wait-leak',
    many(4, ended('half-closed', { close: 'halfclosed' })),
    // Two of either side: no side forgets to close.
    many(4, (i) => ended('half-closed', { close: 'halfclosed', closer: i % 2 === 0 ? 'client' : 'server' })(i)),
  ],
  ['injection', many(4, ended('injected')), many(2, ended('injected'))],
  [
    'closes-by-rst-by-design',
    many(10, ended('closes-by-rst')),
    [...many(10, ended('closes-by-rst')), ...many(10, (i) => good(i))],
  ],
  [
    'incomplete-capture',
    many(30, (i) => good(i, { client: client(i), midstream: i % 3 === 0 })),
    many(30, (i) => good(i, { client: client(i), midstream: i === 0 })),
  ],
];

const sorted = (all: readonly Ended[]) => [...all].sort((a, b) => a.start - b.start);
const kinds = (all: readonly Ended[]) => findings(sorted(all)).map(({ kind }) => kind);

for (const [kind, match, nearMiss] of table) {
  test(`${kind} is found, and not where it only looks like it`, () => {
    assert.ok(kinds(match).includes(kind), `not found, but ${kinds(match).join(', ')}`);
    assert.ok(!kinds(nearMiss).includes(kind));
  });
}

test('every kind of finding is tried', () => {
  assert.deepEqual(
    findingKinds.filter((kind) => !table.some(([tried]) => tried === kind)),
    []
  );
});

test('a finding has a confidence below 1, numbers in its text, and a filter that can be parsed', () => {
  for (const [, match] of table) {
    for (const { confidence, text, filter, nextCheck } of findings(sorted(match))) {
      assert.ok(confidence > 0.5 && confidence < 1, text);
      assert.match(text, /\d/);
      assert.doesNotMatch(text, /NaN|undefined|Infinity/);
      assert.notEqual(nextCheck, '');
      const parsed = parseFilter(filter, 'windows', { variables: 'refuse' });
      assert.ok(parsed.ok, filter);
    }
  }
});

test('filters of IPv6 addresses can be parsed too', () => {
  const [finding] = findings(many(12, (i) => refused(i, { client: `2001:db8::${i}`, server: '2001:db8::ffff' })));
  assert.ok(finding !== undefined && parseFilter(finding.filter, 'windows', { variables: 'refuse' }).ok);
});

test('more connections make a finding surer', () => {
  const of = (count: number) => findings(many(count, (i) => refused(i, { client: client(i) })))[0]?.confidence ?? 0;
  assert.ok(of(6) < of(12) && of(12) < of(40));
});

test('what a scanner was refused is not held against the service', () => {
  const scan = many(20, (i) => refused(i, { port: 430 + i }));
  const service = many(4, (i) => refused(100 + i, { client: client(i) }));
  assert.deepEqual(kinds([...scan, ...service]), ['port-scan']);
});

test('an incomplete capture comes first and silences what only missing packets may have caused', () => {
  const torn = many(30, (i) => good(i, { client: client(i), oneway: true }));
  const found = kinds([...torn, ...many(8, (i) => silent(i, { server: '10.0.9.2', client: client(i) }))]);
  assert.equal(found[0], 'incomplete-capture');
  assert.ok(!found.includes('unreachable-service'));
});

test('the outage says when the last good connection was, and when the service was back', () => {
  const [finding] = findings(
    sorted([
      ...many(5, (i) => good(i, { client: client(i) })),
      ...many(12, (i) => refused(60 + i, { client: client(i) })),
      good(120),
    ])
  );
  assert.match(finding?.text ?? '', /last good connection 22:13:24 UTC, back at 22:15:20 UTC/);
});

test('the idle timer is named with its value', () => {
  const lost = many(5, ended('idle-timeout', { quiet: 300 }));
  const found = findings(sorted([...lost, good(50, { quiet: 240 })]));
  assert.match(found[0]?.text ?? '', /5 min or more; the longest that one survived was 4 min/);
});
