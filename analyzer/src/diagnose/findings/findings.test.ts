import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFilter } from '@tcpscope/filter';
import { defaultThresholds, findings, findingKinds, findingTexts, type Ended, type FindingKind } from './index.js';

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
  [
    'syn-flood',
    many(200, (i) => silent(i / 100, { client: client(i % 7) })),
    // As many attempts that nobody answers, but with the patience of clients: each SYN is sent again.
    many(200, (i) => silent(i / 100, { client: client(i % 7), syns: 4 })),
  ],
  [
    'zone-trouble',
    many(12, (i) => silent(i, { server: `10.0.9.${i % 4}`, port: 5432 + (i % 3), client: client(i) })),
    // The same, while most servers of the network answer.
    [
      ...many(12, (i) => silent(i, { server: `10.0.9.${i % 4}`, port: 5432, client: client(i) })),
      ...many(20, (i) => good(i / 2, { server: `10.0.9.${20 + i}` })),
    ],
  ],
  [
    'accept-then-close',
    many(5, ended('server-abort', { clientBytes: 0, serverBytes: 0 })),
    many(5, ended('server-abort', { serverBytes: 0 })),
  ],
  ['client-aborts', many(5, ended('client-abort')), [...many(5, ended('client-abort')), ...many(40, (i) => good(i))]],
  [
    'server-stalled',
    many(5, ended('client-abort', { stalled: 'server', zeroWindows: 3 })),
    many(5, ended('client-abort', { stalled: 'client', zeroWindows: 3 })),
  ],
  [
    'path-broken',
    many(5, ended('dead-peer', { unheard: 'client' })),
    many(5, ended('dead-peer', { aborter: 'server', unheard: null })),
  ],
  [
    'server-timeout',
    many(6, (i) => ended('server-abort', { waited: 30 + i / 50 })(i)),
    many(6, (i) => ended('server-abort', { waited: 5 + i * 7 })(i)),
  ],
  [
    'client-timeout',
    many(6, (i) => ended('client-abort', { waited: 10 + i / 50 })(i)),
    // Times of users, not of a timer.
    many(6, (i) => ended('client-abort', { waited: 2 ** i })(i)),
  ],
  [
    'lifetime-limit',
    many(6, (i) => good(i * 3, { cause: 'server-abort', close: 'rst', end: 1_700_000_000 + i * 3 + 3600 + i })),
    many(6, (i) => good(i * 3, { cause: 'server-abort', close: 'rst', end: 1_700_000_000 + i * 3 + 60 * (i + 1) })),
  ],
  [
    'late-writer',
    many(4, ended('late-data', { closer: 'server' })),
    many(4, (i) => ended('late-data', { closer: i % 2 === 0 ? 'client' : 'server' })(i)),
  ],
  [
    'closing-changed',
    [
      ...many(30, (i) => good(i * 10)),
      ...many(30, (i) => good(300 + i * 10, { cause: 'closes-by-rst', close: 'rst' })),
    ],
    // As many, but all the time.
    many(60, (i) => good(i * 10, i % 2 === 0 ? { cause: 'closes-by-rst', close: 'rst' } : {})),
  ],
  [
    'health-check',
    many(8, (i) => good(i * 5, { cause: 'port-probe', clientBytes: 0, serverBytes: 0 })),
    // Who also asks for something is a client.
    many(8, (i) => good(i * 5, i % 2 === 0 ? { cause: 'port-probe', clientBytes: 0, serverBytes: 0 } : {})),
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
    // Two of either side: no side forgets to close. Waits that are too short: watched.test.ts.
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

/** What looks alike but for one sign: each finding wins on its own rows, and its rival does not come up there. */
const rivals: ReadonlyArray<readonly [FindingKind, Ended[], FindingKind, Ended[]]> = [
  ['port-scan', many(20, (i) => refused(i, { port: 1000 + i })), 'stale-client', many(20, (i) => refused(i * 30))],
  [
    'service-outage',
    [...many(9, (i) => good(i)), ...many(12, (i) => silent(60 + i, { client: client(i), syns: 3 }))],
    'backlog-overflow',
    [
      ...many(20, (i) => good(i * 5, { end: 1_700_000_200 })),
      ...many(6, (i) => silent(33 + i * 7, { client: client(i) })),
    ],
  ],
  [
    'unreachable-service',
    many(60, (i) => silent(i, { client: client(i % 9), syns: 3 })),
    'syn-flood',
    many(60, (i) => silent(i / 50, { client: client(i % 9) })),
  ],
  [
    'accept-then-close',
    many(6, ended('server-abort', { clientBytes: 0, serverBytes: 0 })),
    'server-aborts',
    many(6, ended('server-abort')),
  ],
  [
    'restart',
    many(6, ended('dead-peer', { aborter: 'server', unheard: null })),
    'path-broken',
    many(6, ended('dead-peer', { unheard: 'client' })),
  ],
  [
    'closes-by-rst-by-design',
    many(40, ended('closes-by-rst')),
    'closing-changed',
    [...many(30, (i) => good(i)), ...many(30, (i) => good(90 + i, { cause: 'closes-by-rst' }))],
  ],
  [
    'idle-timer',
    many(6, (i) => ended('idle-timeout', { quiet: 300, waited: 300 + i })(i)),
    'lifetime-limit',
    many(6, (i) => good(i, { cause: 'closes-by-rst', end: 1_700_000_300 + i })),
  ],
  [
    'half-open-flood',
    many(40, (i) => good(i / 4, { ...nothing, close: 'halfopen', cause: 'half-open', client: client(i) })),
    'health-check',
    many(40, (i) => good(i / 4, { ...nothing, close: 'setupabort', cause: 'port-probe' })),
  ],
  [
    'keepalive-mismatch',
    many(4, ended('keepalive-race', { closer: 'server' })),
    'late-writer',
    many(4, ended('late-data')),
  ],
];

for (const [kind, rows, rival, rivalRows] of rivals) {
  test(`${kind} and ${rival} are told apart`, () => {
    assert.ok(kinds(rows).includes(kind) && !kinds(rows).includes(rival), kinds(rows).join(', '));
    assert.ok(kinds(rivalRows).includes(rival) && !kinds(rivalRows).includes(kind), kinds(rivalRows).join(', '));
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
    for (const { kind, origin, confidence, text, filter, nextCheck } of findings(sorted(match))) {
      assert.ok(confidence > 0.5 && confidence < 1, text);
      assert.match(text, /\d/);
      assert.doesNotMatch(text, /NaN|undefined|Infinity/);
      assert.notEqual(nextCheck, '');
      assert.ok(
        origin === null ? findingTexts[kind].origins.length === 0 : findingTexts[kind].origins.includes(origin)
      );
      const parsed = parseFilter(filter, 'windows', { variables: 'refuse' });
      assert.ok(parsed.ok, filter);
    }
  }
});

test('a stale client is refused, or meets silence: the two have different origins', () => {
  const origin = (all: readonly Ended[]) => findings(sorted(all)).find(({ kind }) => kind === 'stale-client')?.origin;
  assert.equal(origin(many(20, (i) => refused(i * 30))), 'refusal');
  assert.equal(origin(many(20, (i) => silent(i * 30))), 'lack of resources or network interruption');
});

test('trouble of a zone is named by its zone, or by its network in either family', () => {
  const trouble = (server: (i: number) => string, more: Partial<Ended> = {}) =>
    findings(many(12, (i) => silent(i, { server: server(i % 4), client: client(i), ...more }))).find(
      ({ kind }) => kind === 'zone-trouble'
    )?.filter;
  assert.equal(
    trouble((i) => `10.0.9.${i}`, { serverZone: '/Paris' }),
    'server.zone = "/Paris"'
  );
  assert.equal(
    trouble((i) => `10.0.9.${i}`),
    'server.ip in 10.0.9.0/24'
  );
  assert.equal(
    trouble((i) => `10.0.9.${i}`, { serverZone: '' }),
    'server.ip in 10.0.9.0/24',
    'where no zone is configured, or none fits'
  );
  assert.equal(
    trouble((i) => `10.0.${i}.9`, { serverZone: '' }),
    undefined,
    'servers of several networks have no zone in common'
  );
  const wide = trouble((i) => `2001:db8::${i}`);
  assert.equal(wide, 'server.ip in 2001:db8::/64');
  assert.ok(parseFilter(wide, 'windows', { variables: 'refuse' }).ok);
});

test('what servers suffer from with their whole zone is not held against each of them', () => {
  const silence = many(60, (i) => silent(i, { server: `10.0.9.${i % 4}`, client: client(i) }));
  const here = findings([
    ...silence,
    ...many(10, (i) => refused(i, { server: '10.0.9.1', port: 81, client: client(i) })),
  ]);
  assert.equal(here[0]?.kind, 'zone-trouble');
  const unreachable = here.filter(({ kind }) => kind === 'unreachable-service');
  assert.deepEqual(new Set(unreachable.map(({ severity }) => severity)), new Set(['low']));
  assert.match(unreachable[0]?.rival ?? '', /a part of what all of 10\.0\.9\.0\/24 suffered from/);
  // A refusal is the server's own.
  assert.equal(here.find(({ kind }) => kind === 'refusal-storm')?.severity, 'medium');
  // Silence long after it, too.
  const later = findings([...silence, ...many(8, (i) => silent(4000 + i, { server: '10.0.9.77', client: client(i) }))]);
  const alone = later.find(({ kind, server }) => kind === 'unreachable-service' && server === '10.0.9.77');
  assert.equal(alone?.severity, 'high');
});

test('a timeout is named with its value', () => {
  const [found] = findings(many(6, (i) => ended('server-abort', { waited: 30 + i / 50 })(i))).filter(
    ({ kind }) => kind === 'server-timeout'
  );
  assert.match(found?.text ?? '', /6 of 6 requests after the same 30 s/);
});

test('the change of how a service closes is dated', () => {
  const found = findings([
    ...many(30, (i) => good(i * 10)),
    ...many(30, (i) => good(300 + i * 10, { cause: 'closes-by-rst' })),
  ]);
  assert.match(
    found.find(({ kind }) => kind === 'closing-changed')?.text ?? '',
    /in 0 % of 30 cases before 22:18:20 UTC and in 100 % of 30 since/
  );
});

test('thresholds decide what is a finding', () => {
  const rows = many(6, (i) => refused(i, { client: client(i) }));
  assert.equal(findings(rows).length, 1);
  assert.deepEqual(findings(rows, { ...defaultThresholds, attempts: 20 }), []);
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

test('minutes in which packets were lost make a capture incomplete, and the finding names the reason', () => {
  const lost = (i: number) => good(i, { client: client(i), poorFeed: i % 3 === 0 ? '12 % were dropped' : null });
  const [found] = findings(sorted(many(30, lost)));
  assert.equal(found?.kind, 'incomplete-capture');
  assert.match(found.text, /^of 10 of 30 .*, 10 in minutes that lack packets \(12 % were dropped\)$/);
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
