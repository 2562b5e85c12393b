import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rules } from '../../analyzer/src/diagnose/index.js';
import { testedOnFacts } from '../../analyzer/src/diagnose/rules-fixture.js';
import { verdictsOf } from './analysis.js';
import { specimen } from './specimens.js';

/** Rule: a capture in which it must hold for a connection, and a near miss in which it must hold for none. */
const onCaptures: Readonly<Record<string, readonly [match: string, nearMiss: string]>> = {
  'syn-answered-by-rst': ['refused', 'syn-scan-of-an-open-port'],
  'syn-without-answer': ['drop-by-host', 'replies-dropped'],
  'handshake-never-completed': ['replies-dropped', 'drop-by-host'],
  'reset-before-the-handshake': ['syn-scan-of-an-open-port', 'health-check-by-reset'],
  'two-fins': ['client-closes', 'half-close-kept-open'],
  'one-fin': ['half-close-kept-open', 'client-closes'],
  'reset-by-a-host-that-knew-it': ['client-always-resets', 'server-always-resets'],
  'reset-by-a-server-that-knew-it': ['server-always-resets', 'client-always-resets'],
  'reset-by-a-host-that-did-not-know-it': ['state-lost-during-transfer', 'server-resets-response'],
  'closed-port-answer': ['refused', 'syn-scan-of-an-open-port'],
  'from-the-hosts-distance': ['port-scan', 'reject-by-near-router'],
  'rejected-from-another-distance': ['reject-by-near-router', 'port-scan'],
  'rejected-by-icmp-on-the-path': ['icmp-of-far-router', 'icmp-of-host-firewall'],
  'rejected-by-icmp-of-the-host': ['icmp-of-host-firewall', 'icmp-of-near-router'],
  'nobody-there-says-the-path': ['no-route-to-host', 'drop-by-host'],
  'syn-again-and-again': ['drop-by-host', 'replies-dropped'],
  'answer-never-acknowledged': ['replies-dropped', 'setup-aborted-by-client'],
  'probe-resets-at-once': ['syn-scan-of-an-open-port', 'setup-aborted-by-client'],
  'client-no-longer-waiting': ['setup-aborted-by-client', 'syn-scan-of-an-open-port'],
  'connected-and-left-by-reset': ['health-check-by-reset', 'client-resets-while-waiting'],
  'connected-and-left': ['health-check-by-close', 'banner-then-client-closes'],
  'both-sides-said-goodbye': ['client-closes', 'health-check-by-close'],
  'server-leaves-at-once': ['server-closes-at-accept', 'server-closes'],
  'other-side-never-closes': ['half-close-kept-open', 'half-close-used-well'],
  'client-leaves-before-the-answer': ['client-resets-while-waiting', 'client-always-resets'],
  'server-resets-instead-of-answering': ['server-resets-on-request', 'server-always-resets'],
  'response-still-arriving': ['client-resets-download', 'client-always-resets'],
  'client-had-stopped-reading': ['client-closes-unread', 'client-always-resets'],
  'response-cut-off': ['server-resets-response', 'server-always-resets'],
  'acknowledgements-came-too-late': ['server-resets-response', 'server-always-resets'],
  'more-came-for-the-client': ['client-resets-download', 'client-always-resets'],
  'server-resets-at-once': ['server-resets-at-accept', 'server-resets-on-request'],
  'server-closes-during-the-request': ['server-closes-during-upload', 'keepalive-race'],
  'request-just-after-the-close': ['keepalive-race', 'client-writes-to-a-closed-server'],
  'client-ignores-the-close': ['client-writes-to-a-closed-server', 'keepalive-race'],
  'client-leaves-before-the-response': ['client-quits-before-the-response', 'server-writes-to-a-closed-client'],
  'client-leaves-during-the-response': ['client-closes-download', 'server-writes-to-a-closed-client'],
  'server-ignores-the-close': ['server-writes-to-a-closed-client', 'client-closes-download'],
  'host-does-not-know-it': ['state-lost-during-transfer', 'client-writes-to-a-closed-server'],
  'the-host-itself': ['state-lost-while-idle', 'firewall-forgets-and-rejects'],
  'no-longer-heard': ['host-gone-for-good', 'host-gone-and-back'],
  'waited-in-vain-for-a-request': ['server-tired-of-waiting', 'server-closes-at-accept'],
  'reset-out-of-silence': ['proxy-resets-when-idle', 'server-always-resets'],
  'forgotten-on-the-path': ['firewall-forgets-and-rejects', 'state-lost-while-idle'],
  'unheard-after-a-pause': ['firewall-forgets-and-drops', 'host-gone-for-good'],
  'exchange-was-complete': ['server-always-resets', 'server-resets-response'],
  'from-another-distance': ['injected-between-exchanges', 'server-resets-response'],
  'from-the-usual-distance': ['server-always-resets', 'injected-between-exchanges'],
};

for (const [name, [match, nearMiss]] of Object.entries(onCaptures)) {
  test(`${name} holds in ${match} and not in ${nearMiss}`, () => {
    const held = (capture: string) =>
      [4, 6].map((family) =>
        verdictsOf(specimen(`${capture}-${family}`).file).some((one) => one.rules().includes(name))
      );
    assert.ok(held(match).includes(true), `does not hold in ${match}`);
    assert.deepEqual(held(nearMiss), [false, false], `holds in ${nearMiss}`);
  });
}

test('every rule has a match and a near miss, on a capture or on facts', () => {
  const names = rules.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length, 'names are unique');
  const tested = new Set([...Object.keys(onCaptures), ...testedOnFacts.map(({ rule }) => rule)]);
  assert.deepEqual(
    names.filter((name) => !tested.has(name)),
    []
  );
});
