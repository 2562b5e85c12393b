import assert from 'node:assert/strict';
import { test } from 'node:test';
import { causes, type Cause } from '../../analyzer/src/diagnose/index.js';
import { analyzeBytes } from '../traffic/analyze.js';
import { judge, verdictsOf } from './analysis.js';
import { specimen, specimenNames, thinned } from './specimens.js';
import { scenarios } from './scenarios/index.js';

test('every scenario is kept in both address families', () => {
  for (const { name } of scenarios) {
    for (const family of [4, 6]) {
      assert.ok(specimenNames.includes(`${name}-${family}`), `${name}-${family} is missing`);
    }
  }
});

for (const name of specimenNames) {
  test(`${name}: every connection ends for its true cause`, () => {
    const { file, truths } = specimen(name);
    assert.ok(truths.length > 0);
    for (const { truth, said, verdict } of judge(file, truths)) {
      assert.notEqual(verdict, null, `the capture does not show port ${truth.clientPort}`);
      assert.equal(said, truth.cause, `port ${truth.clientPort}: ${verdict?.rules().join(' ')}`);
      const explanation = verdict?.explain() ?? null;
      if (truth.cause !== null) {
        assert.ok(explanation !== null && explanation.evidence.length > 0, 'a cause without evidence');
        assert.ok(explanation.confidence > 0.4 && explanation.confidence < 1);
      }
    }
  });
}

/** What ends alike on the wire but for one sign: each wins in its own capture. */
const rivals: ReadonlyArray<readonly [Cause, string, Cause, string]> = [
  ['refused', 'port-scan', 'rejected-on-path', 'reject-by-far-router'],
  ['refused', 'icmp-of-host-firewall', 'rejected-on-path', 'icmp-of-near-router'],
  ['rejected-on-path', 'icmp-of-far-router', 'no-answer', 'no-route-to-host'],
  ['no-answer', 'drop-by-host', 'half-open', 'replies-dropped'],
  ['setup-aborted', 'setup-aborted-by-client', 'port-probe', 'syn-scan-of-an-open-port'],
  ['port-probe', 'health-check-by-close', 'normal', 'client-closes'],
  ['server-abort', 'server-closes-at-accept', 'normal', 'server-closes'],
  ['client-abort', 'client-resets-download', 'closes-by-rst', 'client-always-resets'],
  ['server-abort', 'server-resets-response', 'closes-by-rst', 'server-always-resets'],
  ['closes-by-rst', 'server-always-resets', 'idle-timeout', 'proxy-resets-when-idle'],
  ['idle-timeout', 'server-tired-of-waiting', 'server-abort', 'server-closes-at-accept'],
  ['keepalive-race', 'keepalive-race', 'late-data', 'client-writes-to-a-closed-server'],
  ['late-data', 'server-writes-to-a-closed-client', 'client-abort', 'client-closes-download'],
  ['dead-peer', 'state-lost-while-idle', 'idle-timeout', 'firewall-forgets-and-rejects'],
  ['dead-peer', 'host-gone-for-good', 'idle-timeout', 'firewall-forgets-and-drops'],
  ['injected', 'injected-after-the-request', 'server-abort', 'server-resets-on-request'],
  ['half-closed', 'half-close-kept-open', 'normal', 'half-close-used-well'],
];

for (const [cause, capture, rival, otherCapture] of rivals) {
  for (const family of [4, 6]) {
    test(`${cause} beats ${rival} in ${capture}-${family} and loses to it in ${otherCapture}-${family}`, () => {
      const said = (name: string) => new Set(verdictsOf(specimen(name).file).map((one) => one.diagnosis?.cause));
      assert.ok(said(`${capture}-${family}`).has(cause));
      assert.ok(said(`${otherCapture}-${family}`).has(rival));
      assert.ok(!said(`${otherCapture}-${family}`).has(cause) || capture === otherCapture || cause === 'normal');
    });
  }
}

test('every cause but "cannot tell" has a capture', () => {
  const shown = new Set(specimenNames.flatMap((name) => specimen(name).truths.map(({ cause }) => cause)));
  assert.deepEqual(
    causes.filter((cause) => cause !== 'cannot-tell' && !shown.has(cause)),
    []
  );
});

test('of a capture of one direction nothing is said', () => {
  for (const name of ['client-always-resets-4', 'client-closes-download-4', 'server-resets-on-request-4']) {
    const { file, truths } = specimen(name);
    const client = truths[0]?.client.split('.').map(Number) ?? [];
    const oneWay = thinned(file, (packet) => client.every((byte, at) => packet[12 + at] === byte));
    for (const { diagnosis } of verdictsOf(oneWay)) {
      assert.equal(diagnosis?.cause ?? 'cannot-tell', 'cannot-tell');
    }
  }
});

test('without its start a connection is told with less confidence, and never otherwise than the whole one surely is', () => {
  for (const name of ['client-closes-download-4', 'server-resets-response-4', 'client-writes-to-a-closed-server-4']) {
    const { file, truths } = specimen(name);
    const torn = verdictsOf(thinned(file, (_, number) => number >= 4));
    const whole = judge(file, truths)[0]?.verdict?.diagnosis;
    assert.equal(torn.length, 1);
    const diagnosis = torn[0]?.diagnosis;
    assert.ok(diagnosis != null && whole != null);
    assert.ok(diagnosis.confidence < whole.confidence);
    if (diagnosis.confidence >= 0.8) {
      assert.equal(diagnosis.cause, whole.cause);
    }
  }
});

for (const name of specimenNames.filter((one) => specimen(one).finding !== null)) {
  test(`${name}: the finding of the group is reported`, () => {
    const { file, finding } = specimen(name);
    const found = analyzeBytes(file).findings;
    assert.ok(
      found.some(({ kind }) => kind === finding),
      `found ${found.map(({ kind }) => kind).join(', ') || 'nothing'}`
    );
  });
}
