import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { causes } from './causes.js';
import { diagnose, explain, rulesThatHold } from './diagnosis.js';
import type { ConnectionFacts } from './facts.js';
import { abortReset, answeredConnection, plainFin, resetBy, strangerReset, surroundings } from './facts-fixture.js';
import { foreignAnswer, testedOnFacts } from './rules-fixture.js';
import { rules } from './rules/index.js';

for (const { rule, match, nearMiss, around, elsewhere } of testedOnFacts) {
  test(`${rule} holds for its match and not for the near miss`, () => {
    assert.ok(rulesThatHold(match, surroundings(around)).includes(rule));
    assert.ok(!rulesThatHold(nearMiss, surroundings(elsewhere ?? around)).includes(rule));
  });
}

test('a connection that has not ended has no cause', () => {
  assert.equal(diagnose(answeredConnection), null);
});

test('one that is open but no longer heard has', () => {
  const unheard = { ...answeredConnection, client: { ...answeredConnection.client, retries: 5, retrySeconds: 6 } };
  assert.equal(diagnose(unheard)?.cause, 'dead-peer');
});

test('one whose SYN was missed, and whose SYN+ACK was answered, is open: nobody left it half-open', () => {
  const missed: ConnectionFacts = {
    ...answeredConnection,
    close: 'halfopen',
    midstream: true,
    handshake: null,
    syns: 0,
  };
  assert.equal(diagnose(missed), null);
  assert.equal(diagnose({ ...missed, midstream: false, syns: 1 })?.cause, 'half-open');
  const unheard = { ...missed, client: { ...missed.client, retries: 5, retrySeconds: 6 } };
  assert.equal(diagnose(unheard)?.cause, 'dead-peer');
});

test('a client that repeats its SYN and resets the answers gives up, and is heard', () => {
  const repeated = { ...resetBy('client', abortReset), close: 'setupabort' as const, handshake: null, syns: 6 };
  assert.equal(
    diagnose({ ...repeated, client: { ...repeated.client, retries: 5, retrySeconds: 6 } })?.cause,
    'setup-aborted'
  );
});

test('what repeats faster than any host does is not taken for one that is no longer heard', () => {
  const copies = { ...answeredConnection, client: { ...answeredConnection.client, retries: 19, retrySeconds: 0 } };
  assert.equal(diagnose(copies), null);
});

test('what other connections of the service do changes the confidence', () => {
  const reset = resetBy('client', abortReset);
  const alone = diagnose(reset)?.confidence ?? 0;
  const usual = diagnose(reset, surroundings({ completed: 20, resetByClient: 20 }))?.confidence ?? 0;
  const odd = diagnose(reset, surroundings({ completed: 20, resetByClient: 0 }))?.confidence ?? 0;
  assert.ok(odd < alone && alone < usual, `${odd} < ${alone} < ${usual}`);
});

test('a SYN that was refused and sent again is refused, however often: it is no data, and was answered', () => {
  const refusal = testedOnFacts.find(({ match }) => match.close === 'refused')?.match as ConnectionFacts;
  const again = { ...refusal, syns: 7, client: { ...refusal.client, retries: 6, retrySeconds: 9 } };
  const explanation = explain(again);
  assert.equal(explanation?.cause, 'refused');
  assert.doesNotMatch([...explanation.evidence, ...explanation.against].join(), /same data/);
});

test('a SYN+ACK that does not acknowledge the SYN must be reset: the client neither probes nor has given up', () => {
  for (const syns of [1, 6]) {
    const explanation = explain({ ...foreignAnswer, syns, synAcks: syns });
    assert.equal(explanation?.cause, 'setup-aborted');
    assert.match(explanation.evidence[0] ?? '', /SYN\+ACK does not acknowledge the client's SYN/);
    assert.doesNotMatch([...explanation.evidence, ...explanation.against].join(), /given up by then|the port answered/);
  }
});

test('a poor capture turns every sure cause into "cannot tell"', () => {
  const poor = surroundings({ poorFeed: 'a third of it is missing' });
  assert.equal(diagnose(resetBy('client', abortReset), poor)?.cause, 'cannot-tell');
  assert.equal(diagnose(resetBy('server', strangerReset), poor)?.cause, 'cannot-tell');
});

test('of a lone RST cannot be told what it ended, because nothing else was captured', () => {
  const { client, server } = answeredConnection;
  const lone = resetBy(
    'client',
    { ...strangerReset, gap: 0, time: 0, lastData: null },
    {
      close: 'orphan',
      stage: 'post_syn',
      certain: false,
      handshake: null,
      clientLeg: null,
      syns: 0,
      synAcks: 0,
      lastData: null,
    },
    { packets: 1, bytes: 0, ttl: null }
  );
  const alone = { ...lone, server: { ...server, packets: 0, bytes: 0, ttl: null } };
  assert.equal(explain(alone)?.cause, 'cannot-tell');
  assert.deepEqual(explain(alone)?.evidence, ['nothing but 1 RST was captured', 'which side is the client is a guess']);
  const burst = { ...alone, client: { ...alone.client, packets: 3, resets: 3 } };
  assert.equal(explain(burst)?.evidence[0], 'nothing but 3 RSTs was captured');
  // A probe without ACK is a packet, but of no connection.
  const probed = { ...alone, server: { ...client, packets: 1, bytes: 0 } };
  assert.equal(explain(probed)?.evidence[0], '1 RST, and no packet of a connection to be ended was captured');
});

test('"cannot tell" is as sure as the best explanation there is, not as the lack of one', () => {
  for (const facts of [
    resetBy('client', abortReset, { oneway: true }),
    resetBy('server', strangerReset, { close: 'orphan', midstream: true, certain: false }),
  ]) {
    const said = diagnose(facts);
    assert.equal(said?.cause, 'cannot-tell');
    assert.ok(said.confidence < 0.5);
    assert.ok(said.rival === null ? said.confidence < 0.01 : said.rival.confidence === said.confidence);
  }
});

test('a server that closes at once broke off, one that waited long for a request gave up waiting', () => {
  const after = (micros: number): ConnectionFacts => ({
    ...answeredConnection,
    close: 'fin',
    lastData: null,
    client: { ...answeredConnection.client, bytes: 0, fin: { ...plainFin, afterPeerFin: true, lastData: null } },
    server: { ...answeredConnection.server, bytes: 0, fin: { ...plainFin, gap: micros, lastData: null } },
  });
  assert.equal(diagnose(after(2_000))?.cause, 'server-abort');
  assert.equal(diagnose(after(60e6))?.cause, 'idle-timeout');
});

test('one SYN at the very end of a capture is less of a silence than one that was watched', () => {
  const attempt: ConnectionFacts = {
    ...answeredConnection,
    close: 'noanswer',
    handshake: null,
    clientLeg: null,
    duration: 0,
    synAcks: 0,
    lastData: null,
  };
  const confidence = (cutOff: boolean) => diagnose({ ...attempt, cutOff })?.confidence ?? 0;
  assert.ok(confidence(true) < confidence(false));
});

test('a RST that the accepting server never sent is not its own', () => {
  const early = resetBy('server', { ...abortReset, zeroSequence: true, time: 9_000, lastData: null });
  assert.equal(diagnose(early)?.cause, 'injected');
});

test('the longer the silence before a RST, the surer the idle timeout', () => {
  const after = (seconds: number) =>
    diagnose(resetBy('server', { ...abortReset, lastData: 'own', gap: seconds * 1e6 }));
  assert.equal(after(0.1)?.cause, 'closes-by-rst');
  const confidences = [3, 10, 60, 350].map((seconds) => {
    assert.equal(after(seconds)?.cause, 'idle-timeout');
    return after(seconds)?.confidence ?? 0;
  });
  assert.deepEqual(
    confidences,
    [...confidences].sort((a, b) => a - b)
  );
  // Rounded as it is shown: not even years of silence make it certain.
  assert.equal(after(1e8)?.confidence.toFixed(4), '0.9999');
});

test('confidence is a probability and the rival is never surer, whatever the facts', () => {
  const micros = fc.double({ min: 0, max: 1e10, noNaN: true });
  const bytes = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  const arbitrary = fc.record({
    by: fc.constantFrom('client' as const, 'server' as const),
    close: fc.constantFrom('rst', 'finrst', 'setupabort', 'refused', 'orphan', 'fin') as fc.Arbitrary<'rst'>,
    reset: fc.record({
      acknowledges: fc.boolean(),
      ahead: bytes,
      unacked: bytes,
      ackAhead: bytes,
      gap: micros,
      ttl: fc.integer({ min: 0, max: 255 }),
      lastData: fc.constantFrom('own' as const, 'peer' as const, null),
    }),
    facts: fc.record({
      midstream: fc.boolean(),
      oneway: fc.boolean(),
      handshake: fc.option(micros),
      clientLeg: fc.option(micros),
    }),
  });
  fc.assert(
    fc.property(arbitrary, ({ by, close, reset, facts }) => {
      const said = explain(resetBy(by, { ...abortReset, ...reset }, { ...facts, close }));
      assert.ok(said !== null && said.confidence > 0 && said.confidence <= 0.9999);
      assert.ok(said.rival === null || said.rival.confidence <= said.confidence);
      assert.ok([...said.evidence, ...said.against].every((text) => !/NaN|undefined|Infinity/.test(text)));
    })
  );
});

test('rules name causes that exist, and each says something', () => {
  for (const { name, says } of rules) {
    assert.ok(Object.keys(says).length > 0, name);
    assert.ok(
      Object.keys(says).every((cause) => (causes as readonly string[]).includes(cause)),
      name
    );
  }
});
